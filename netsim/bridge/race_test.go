//go:build race

package bridge

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

const childEnv = "COLLIDER_BRIDGE_RACE_CHILD"

// A data race inside a bubble is reported, and the process lives to tell.
func TestRaceInABubble(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		n := 0
		err := Host(func(*sim.Host) {
			go func() { n++ }()
			n++
			time.Sleep(1)
		})
		t.Logf("the bubble has ended: %v", err)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRaceInABubble$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	out, _ := cmd.CombinedOutput()
	if s := string(out); !strings.Contains(s, "DATA RACE") || !strings.Contains(s, "the bubble has ended") {
		t.Errorf("child said\n%s", out)
	}
}
