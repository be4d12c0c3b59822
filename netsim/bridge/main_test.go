package bridge

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// What the tests of hanging stacks leave behind cannot be ended.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/collider-amqp/collider/netsim/bridge.neverReturn"))
}
