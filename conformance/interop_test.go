//go:build interop

package conformance

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// These tests run the suite against servers in processes of their own:
//
//	go test -tags interop ./conformance -run Interop -v

// protonBroker is the source of Proton's example, as Debian installs it (libqpid-proton11-dev-examples).
const protonBroker = "/usr/share/proton/examples/cpp/broker.cpp"

// protonKnown are the verdicts on Proton 0.37 that accuse it. The wire logs of
// 1.5-descriptor-1 and -5, 2.3.1-frame-6, 2.3.2-frame-1:no-descriptor and 2.7.1-open-2 were read and confirm them.
var protonKnown = map[string]string{
	"1.5-descriptor-1@srv":            "symbolic descriptors are not dispatched: the connection is dead, not even closed",
	"1.5-descriptor-5@srv":            "the same for a descriptor that names no performative",
	"2.3.1-frame-6@srv":               "the same for a frame of type 2",
	"2.3.2-frame-1@srv:no-descriptor": "the same for a body without descriptor",
	"2.3.2-frame-1@srv:sasl":          "the same for a SASL performative",
	"2.3.2-frame-1@srv:section":       "the same for a message section",
	"2.7.1-open-2@srv":                "attach is sent in a frame larger than the partner's max-frame-size",
}

func TestInteropServedNodes(t *testing.T) {
	simrun := filepath.Join(t.TempDir(), "simrun")
	if out, err := exec.Command("go", "build", "-o", simrun, "../cmd/simrun").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, args := range []string{
		"broker", "broker -threads 4", "broker -sasl required", "broker -max-frame 512", "echo", "sink", "source",
	} {
		t.Run(args, func(t *testing.T) {
			words := append([]string{"serve"}, strings.Fields(args)...)
			line := start(t, exec.Command(simrun, append(words, "-listen", "127.0.0.1:0")...))
			address, ok := strings.CutPrefix(line, "listening on ")
			if !ok {
				t.Fatalf("the first line is %q", line)
			}
			judgeServer(t, address, nil)
		})
	}
}

func TestInteropProtonBroker(t *testing.T) {
	if _, err := os.Stat(protonBroker); err != nil {
		t.Skip("the examples of Qpid Proton are not installed")
	}
	broker := filepath.Join(t.TempDir(), "broker")
	build := exec.Command("g++", "-std=c++17", "-o", broker, protonBroker, "-lqpid-proton-cpp", "-lpthread")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the broker does not compile: %v\n%s", err, out)
	}
	address := freeAddress(t)
	start(t, exec.Command(broker, "-a", address))
	judgeServer(t, address, protonKnown)
}

// start runs a server until the test ends and returns the first line that it prints.
func start(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s := bufio.NewScanner(out)
		for s.Scan() {
			select {
			case lines <- s.Text():
			default:
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		<-drained
		cmd.Wait()
		kill.Stop()
	})
	select {
	case line := <-lines:
		return line
	case <-time.After(10 * time.Second):
		t.Fatalf("%s prints nothing", cmd.Path)
		return ""
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// judgeServer runs all cases. Verdicts that accuse the server are errors unless they are known; a known one that is
// gone is an error, too.
func judgeServer(t *testing.T, address string, known map[string]string) {
	t.Helper()
	r, err := NewRunner(context.Background(), TCP(address), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r.Profile())
	err = r.Run(context.Background(), Cases(), func(res Result) {
		_, expected := known[res.Case.ID]
		switch bad := res.Verdict.Outcome.Bad(); {
		case bad && !expected:
			t.Errorf("%s %s: %s\n%s", res.Verdict, res.Case.ID, res.Verdict.Reason, res.Log)
		case !bad && expected:
			t.Errorf("%s is no longer accused: take it off the list of what is known", res.Case.ID)
		case res.Verdict.Outcome != OK:
			t.Logf("%s %s: %s", res.Verdict, res.Case.ID, res.Verdict.Reason)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
