package view_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(tidy{m}) }

// tidy are the tests of the package with what is to be done after them.
type tidy struct{ *testing.M }

// afterTests ends what the tests share.
var afterTests = func() {}

func (m tidy) Run() int {
	defer func() { afterTests() }()
	return m.M.Run()
}
