package shim

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// fakeEnv makes the test binary a shim: a script of broken ones, or the fake
// with a bug.
const fakeEnv = "COLLIDER_FAKE_SHIM"

func TestMain(m *testing.M) {
	mode, is := os.LookupEnv(fakeEnv)
	switch {
	case !is:
		goleak.VerifyTestMain(m)
	case strings.HasPrefix(mode, "bug:"):
		runFake(strings.TrimPrefix(mode, "bug:"))
	default:
		runScript(mode)
	}
}

// options returns the Options that start this test binary as a shim.
func options(mode string) Options {
	// A race build sleeps a second at its end otherwise.
	env := []string{fakeEnv + "=" + mode, "GORACE=atexit_sleep_ms=0"}
	return Options{Command: []string{os.Args[0]}, Env: env}
}

const scriptHello = `{"re":1,"ok":{"proto":1,"name":"script","ops":["ping","stats","run","barrier","reset"]}}`

// runScript answers the first command with the script's first line, and so on:
// lines are separated by "|", the parts of one answer by "+". Words in capitals
// do something else.
func runScript(script string) {
	in := bufio.NewScanner(os.Stdin)
	for _, answer := range strings.Split(script, "|") {
		if !in.Scan() {
			return
		}
		for _, part := range strings.Split(answer, "+") {
			switch part {
			case "HELLO":
				fmt.Println(scriptHello)
			case "CRASH":
				fmt.Fprintln(os.Stderr, "terminate called")
				os.Exit(134)
			case "EXIT":
				os.Exit(0)
			case "SLEEP":
				time.Sleep(time.Hour)
			case "LONG":
				fmt.Println(strings.Repeat("x", maxLine+1))
			case "NOTHING":
			default:
				fmt.Println(part)
			}
		}
	}
	for in.Scan() { // until the end of the input, as a shim does
	}
}
