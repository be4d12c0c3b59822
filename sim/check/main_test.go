package check

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also demands that the tests have shown each rule to be broken by some
// history: a checker that cannot fail is none.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		for _, r := range Rules() {
			if !broken[r.ID] {
				fmt.Printf("no test breaks rule %s\n", r.ID)
				code = 1
			}
		}
	}
	if err := goleak.Find(); err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}
