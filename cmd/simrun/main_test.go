package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/scenarios"
	"github.com/collider-amqp/collider/sim/cli"
	"go.uber.org/goleak"
)

// childEnv makes the test binary be simrun, or a simrun of other scenarios.
const (
	childEnv      = "COLLIDER_SIMRUN_CHILD"
	childSimrun   = "simrun"
	childContract = "contract"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case childSimrun:
		main()
	case childContract:
		os.Exit(cli.Main(contractConfig()))
	}
	goleak.VerifyTestMain(m)
}

// child starts simrun as a process.
func child(t *testing.T, args ...string) (cmd *exec.Cmd, stdout *bufio.Reader) {
	t.Helper()
	cmd = exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+childSimrun)
	cmd.Stderr = &bytes.Buffer{}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	t.Cleanup(func() { timer.Stop(); cmd.Process.Kill(); cmd.Wait() })
	return cmd, bufio.NewReader(pipe)
}

func TestSignalsEndInOrder(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		for _, args := range [][]string{{"serve", "echo", "-listen", "127.0.0.1:0"}, {"proxy", "-listen", "127.0.0.1:0", "-to", "127.0.0.1:1"}} {
			cmd, out := child(t, args...)
			if line, err := out.ReadString('\n'); err != nil || !strings.HasPrefix(line, "listening on 127.0.0.1:") {
				t.Fatalf("%q, %v", line, err)
			}
			cmd.Process.Signal(sig)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s ends with %v", sig, args[0], err)
			}
		}
	}
	cmd, out := child(t, "run", "-for", "1h", "-json", "-seed", "1", "-out", t.TempDir(), scenarios.All()[0].Name)
	if line, err := out.ReadString('\n'); err != nil || !strings.Contains(line, `"start"`) {
		t.Fatalf("%q, %v", line, err)
	}
	cmd.Process.Signal(os.Interrupt)
	last := ""
	for line, err := "", error(nil); err == nil; line, err = out.ReadString('\n') {
		if line != "" {
			last = line
		}
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != cli.ExitInterrupted || !strings.HasPrefix(last, `{"type":"summary"`) {
		t.Errorf("exit code %d, last line %q", code, last)
	}
}

// SIGQUIT says which runs are at work before it shows the goroutines. A signal that
// comes before the first run, or between two, finds none: it is sent again.
func TestQuitNamesTheRuns(t *testing.T) {
	name := scenarios.All()[0].Name
	for try := 1; ; try++ {
		cmd, out := child(t, "run", "-for", "1h", "-json", "-seed", "1", "-workers", "1", "-out", t.TempDir(), name)
		if line, err := out.ReadString('\n'); err != nil || !strings.Contains(line, `"start"`) {
			t.Fatalf("%q, %v", line, err)
		}
		time.Sleep(time.Duration(try) * 50 * time.Millisecond)
		cmd.Process.Signal(syscall.SIGQUIT)
		cmd.Wait()
		stderr := cmd.Stderr.(*bytes.Buffer).String()
		at, dump := strings.Index(stderr, " "+name+":"), strings.Index(stderr, "goroutine ")
		switch code := cmd.ProcessState.ExitCode(); {
		case code == 2 && at >= 0 && dump > at:
			return
		case code != 2 || dump < 0 || try == 20:
			t.Fatalf("exit code %d\n%.2000s", code, stderr)
		}
	}
}

func do(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	code = config().Run(ctx, &cli.Env{Stdout: &out, Stderr: &err}, args)
	return code, out.String(), err.String()
}

func TestCommandsAreMounted(t *testing.T) {
	_, _, text := do()
	for _, want := range []string{"list", "run", "replay", "verify", "serve broker|echo|sink|source", "proxy -to HOST:PORT", "conform", "version"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if code, text, _ := do("list"); code != 0 || text == "" {
		t.Errorf("list: %d %q", code, text)
	}
}

// The commands say which flags they have, or their twins in the environment would be
// taken for mistakes.
func TestCommandsNameTheirFlags(t *testing.T) {
	flags := map[string][]string{}
	for _, c := range config().Commands {
		flags[c.Name] = c.Flags
	}
	for command, found := range map[string]int{"serve": 0, "bench": 0, "proxy": 0, "conform server": 0, "conform list": 0, "conform shim": 0} {
		_, help, _ := do(append(strings.Fields(command), "-h")...)
		for _, line := range strings.Split(help, "\n") {
			name, ok := strings.CutPrefix(line, "  -")
			if !ok {
				continue
			}
			found++
			if name = strings.Fields(name)[0]; !slices.Contains(flags[strings.Fields(command)[0]], name) {
				t.Errorf("%s does not say that it has a flag -%s", command, name)
			}
		}
		if found == 0 {
			t.Errorf("%s shows no flags", command)
		}
	}
}

func TestServeUsage(t *testing.T) {
	for args, want := range map[string]string{
		"serve":                                "got 0 arguments",
		"serve broker echo":                    "got 2 arguments",
		"serve router":                         `"router" is none of`,
		"serve broker -max-frame 1e9":          "-max-frame",
		"serve broker -max-frame 9999999999":   "want at most",
		"serve broker -listen 127.0.0.1:99999": "invalid port",
		"serve broker -sasl maybe":             `"maybe" is none of`,
		"serve broker -tls-cert x":             "-tls",
		"serve broker -thread 4":               `did you mean "threads"?`,
	} {
		if code, stdout, stderr := do(strings.Fields(args)...); code != cli.ExitUsage || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%s: %d\n%s%s", args, code, stdout, stderr)
		}
	}
	if code, stdout, _ := do("serve", "-h"); code != 0 || !strings.Contains(stdout, "simrun serve broker -listen") {
		t.Errorf("%d %s", code, stdout)
	}
}

// A served node answers the protocol header (§2.2) and ends with its context.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, w := io.Pipe()
	var stderr bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- config().Run(ctx, &cli.Env{Stdout: w, Stderr: &stderr}, []string{"serve", "broker", "-listen", "127.0.0.1:0", "-threads", "2"})
		w.Close()
	}()
	line := make([]byte, 100)
	n, err := r.Read(line)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	addr, ok := strings.CutPrefix(strings.TrimSpace(string(line[:n])), "listening on ")
	if !ok {
		t.Fatalf("printed %q", line[:n])
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte("AMQP\x00\x01\x00\x00")); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil || string(head) != "AMQP\x00\x01\x00\x00" {
		t.Errorf("answered %q, %v", head, err)
	}
	cancel()
	select {
	case code := <-done:
		if code != cli.ExitOK {
			t.Errorf("exit code %d\n%s", code, stderr.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("serve does not end")
	}
}
