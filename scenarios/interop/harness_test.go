//go:build interop

package interop

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// readyIn bounds the time from start to the line that announces the
	// address.
	readyIn = 10 * time.Second
	// endIn bounds the time from SIGTERM to exit.
	endIn = 10 * time.Second
	// outputMax bounds the output kept of one process; the middle goes.
	outputMax = 4 << 20
)

// output keeps what a process writes; it is safe for concurrent use.
type output struct {
	mu   sync.Mutex
	b    []byte
	lost int
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(p), outputMax-len(o.b))
	o.b = append(o.b, p[:n]...)
	o.lost += len(p) - n
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.b)
}

// lines returns the complete lines so far.
func (o *output) lines() []string {
	s := o.String()
	end := strings.LastIndexByte(s, '\n')
	if end < 0 {
		return nil
	}
	return strings.Split(s[:end], "\n")
}

// brief returns the output with its middle cut out when it is long.
func (o *output) brief() string {
	s, lost := o.String(), o.lost
	const part = 4000
	if len(s) > 2*part {
		s = s[:part] + "\n…\n" + s[len(s)-part:]
	}
	if lost > 0 {
		s += fmt.Sprintf("\n… and %d bytes more", lost)
	}
	return s
}

// process is a started program. Its output is logged if the test fails.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	began          time.Time
	done           chan struct{} // closed when the program has ended
}

// start runs a program until the test ends: it is then asked to end by SIGTERM
// and, if it does not, killed.
func start(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(path, args...), began: time.Now(), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait() // the code is read from ProcessState
	}()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s\n--- exit %d, stdout:\n%s--- stderr:\n%s", p.cmd, p.code(), p.stdout.brief(), p.stderr.brief())
		}
	})
	return p
}

// end sends sig, waits, and kills the process if it does not end.
func (p *process) end(sig os.Signal) {
	select {
	case <-p.done:
		return
	default:
	}
	p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(endIn):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// code returns the exit code, -1 after a signal. The process must have ended.
func (p *process) code() int { return p.cmd.ProcessState.ExitCode() }

// succeed waits for the program to end with code 0 within d.
func (p *process) succeed(t *testing.T, d time.Duration) {
	t.Helper()
	name := filepath.Base(p.cmd.Path)
	select {
	case <-p.done:
	case <-time.After(d):
		t.Fatalf("%s (pid %d) has not ended after %v", name, p.cmd.Process.Pid, d)
	}
	if c := p.code(); c != 0 {
		t.Fatalf("%s ended with %v, want exit code 0", name, p.cmd.ProcessState)
	}
	t.Logf("%s: %v", name, time.Since(p.began).Round(time.Millisecond))
}

// await waits for a line of the standard output with the prefix and returns
// the rest of it.
func (p *process) await(t *testing.T, prefix string, d time.Duration) string {
	t.Helper()
	for deadline := time.Now().Add(d); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		for _, l := range p.stdout.lines() {
			if rest, ok := strings.CutPrefix(l, prefix); ok {
				return strings.TrimSpace(rest)
			}
		}
		select {
		case <-p.done:
			t.Fatalf("%s ended (%v) before it printed %q", p.cmd.Path, p.cmd.ProcessState, prefix)
		default:
		}
	}
	t.Fatalf("%s has not printed %q after %v", p.cmd.Path, prefix, d)
	return ""
}

// program returns the path of a Proton example.
func program(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("COLLIDER_INTEROP_DIR")
	if dir == "" {
		t.Fatal("COLLIDER_INTEROP_DIR is not set; run scenarios/interop/setup.sh DIR first")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; run scenarios/interop/setup.sh %s", err, dir)
	}
	return path
}

// foreign returns the address of a broker that runs already, or "".
func foreign() string { return os.Getenv("COLLIDER_INTEROP_URL") }

// simrun builds the binary once.
var simrun = sync.OnceValues(func() (string, error) {
	path := filepath.Join(work, "simrun")
	build := exec.Command("go", "build", "-o", path, "github.com/collider-amqp/collider/cmd/simrun")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(bytes.TrimSpace(out))))
	}
	return path, nil
})

// work is a directory that lives as long as the tests.
var work string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if work, err = os.MkdirTemp("", "interop"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(work)
		return m.Run()
	}())
}

// serve starts `simrun serve KIND`, with more flags if any are given, and returns
// the process and its address.
func serve(t *testing.T, kind string, threads int, flags ...string) (*process, string) {
	t.Helper()
	if foreign() != "" {
		t.Skipf("COLLIDER_INTEROP_URL is set: no %s of ours", kind)
	}
	path, err := simrun()
	if err != nil {
		t.Fatalf("build simrun: %v", err)
	}
	args := append([]string{"serve", kind, "-listen", "127.0.0.1:0", "-threads", strconv.Itoa(threads)}, flags...)
	p := start(t, path, args...)
	return p, p.await(t, "listening on ", readyIn)
}

// endsCleanly checks that a node of ours ends with code 0 on SIGTERM.
func endsCleanly(t *testing.T, p *process) {
	t.Helper()
	if p.end(syscall.SIGTERM); p.code() != 0 {
		t.Errorf("simrun serve ended with %v on SIGTERM, want exit code 0", p.cmd.ProcessState)
	}
}

// withNode runs test against a node of ours with one thread and with four, and
// checks that the node ends cleanly. A broker that COLLIDER_INTEROP_URL names
// takes the place of ours.
func withNode(t *testing.T, kind string, test func(t *testing.T, addr string)) {
	if a := foreign(); a != "" && kind == "broker" {
		t.Run("foreign", func(t *testing.T) { test(t, a) })
		return
	}
	for _, threads := range []int{1, 4} {
		t.Run(fmt.Sprintf("threads=%d", threads), func(t *testing.T) {
			p, addr := serve(t, kind, threads)
			t.Cleanup(func() { endsCleanly(t, p) }) // after the test's own
			test(t, addr)
		})
	}
}

// protonBroker starts Proton's broker and returns its address. Any listener
// that it was given cannot be closed but by its end, so it is ended by a signal.
func protonBroker(t *testing.T) (*process, string) {
	t.Helper()
	p := start(t, program(t, "broker"), "-a", "127.0.0.1:0")
	return p, "127.0.0.1:" + p.await(t, "broker listening on ", readyIn)
}

// refusing returns an address on which nothing listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// address returns a node name of this test's own, so that tests can share a
// broker that is not fresh.
func address(t *testing.T) string {
	return fmt.Sprintf("%s-%d", strings.NewReplacer("/", ".", " ", "-").Replace(t.Name()), time.Now().UnixNano())
}
