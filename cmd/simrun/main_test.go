package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim/cli"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func do(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	code = config().Run(ctx, &cli.Env{Stdout: &out, Stderr: &err}, args)
	return code, out.String(), err.String()
}

func TestCommandsAreMounted(t *testing.T) {
	_, _, text := do()
	for _, want := range []string{"list", "run", "replay", "verify", "serve broker|echo|sink|source", "conform", "version"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if code, text, _ := do("list"); code != 0 || text == "" {
		t.Errorf("list: %d %q", code, text)
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
