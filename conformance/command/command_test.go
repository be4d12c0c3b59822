package command

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/collider-amqp/collider/conformance"
	"github.com/collider-amqp/collider/conformance/internal/reference"
	"github.com/collider-amqp/collider/sim/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server with a bug and returns its address.
func serve(t *testing.T, cfg reference.Config, bug reference.Bug) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := reference.New(cfg)
	s.SetBug(bug)
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); <-done })
	return l.Addr().String()
}

// run executes 'conform' with the arguments.
func run(t *testing.T, vars map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	env := &cli.Env{Stdout: &out, Stderr: &err, Program: "simrun", LookupEnv: func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}}
	code = Conform().Run(context.Background(), env, args)
	return code, out.String(), err.String()
}

func TestExitCodes(t *testing.T) {
	good := serve(t, reference.Config{}, reference.None)
	bad := serve(t, reference.Config{}, reference.AcceptOversize)
	sasl := serve(t, reference.Config{SASL: true}, reference.None)
	_, port, _ := net.SplitHostPort(good)
	for _, k := range []struct {
		name string
		vars map[string]string
		args []string
		code int
		want string // on stdout or stderr
	}{
		{"good", nil, []string{"server", good, "2.4.1"}, 0, "cases in"},
		{"flags first", nil, []string{"server", "-timeout", "3s", good, "2.4.1-open-5"}, 0, "2 OK"},
		{"bad", nil, []string{"server", bad, "2.7.1-open-3"}, 1, "FAILED 2.7.1-open-3@srv"},
		{"repeat line", nil, []string{"server", bad, "2.7.1"}, 1, `repeat: simrun conform server ` + bad + ` -run '^(2\.7\.1-open-3@srv)$'`},
		{"sasl", nil, []string{"server", sasl, "-sasl", "anonymous", "2.4.1-open-5"}, 0, "SASL layer"},
		{"environment", map[string]string{"SIMRUN_RUN": "size-4"}, []string{"server", good}, 0, "1 cases in"},
		{"undecided", nil, []string{"server", sasl, "-sasl", "auto", "2.2-header-10", "-level", "MUST"}, 0, "1 OK"},

		{"no sub-command", nil, nil, 2, "needs a sub-command"},
		{"wrong sub-command", nil, []string{"servre"}, 2, "no sub-command"},
		{"no address", nil, []string{"server"}, 2, "name the address"},
		{"nobody there", nil, []string{"server", "127.0.0.1:1"}, 2, "start the server first"},
		{"nothing selected", nil, []string{"server", good, "-run", "never"}, 2, "no case is selected"},
		{"wrong clause", nil, []string{"server", good, "9.9"}, 2, "name a clause"},
		{"wrong pattern", nil, []string{"server", good, "-run", "("}, 2, "missing closing"},
		{"wrong level", nil, []string{"server", good, "-level", "MAYBE"}, 2, "unknown level"},
		{"wrong layer", nil, []string{"server", good, "-sasl", "tls"}, 2, "want auto, none"},
		{"no user", nil, []string{"server", good, "-sasl", "plain"}, 2, "needs -user"},
		{"no time", nil, []string{"server", good, "-timeout", "0s"}, 2, "positive duration"},
		{"unknown flag", nil, []string{"server", good, "-tiemout", "1s"}, 2, "unknown flag"},
		{"wrong environment", map[string]string{"SIMRUN_TIMEOUT": "soon"}, []string{"server", good}, 2, "SIMRUN_TIMEOUT"},
		{"bad port", nil, []string{"server", "127.0.0.1:" + port + "x"}, 2, "cannot use"},
		{"report in a file", nil, []string{"server", good, "2.4.1-open-5", "-report", "doc.go"}, 2, "doc.go"},

		{"help", nil, []string{"-h"}, 0, "conform COMMAND"},
		{"help of server", nil, []string{"server", "-h"}, 0, "conform server localhost:5672"},
		{"list", nil, []string{"list", "2.3.1-frame-1"}, 0, "2.3.1-frame-1@srv:size-4"},
		{"list nothing", nil, []string{"list", "9.9"}, 2, "name a clause"},
	} {
		t.Run(k.name, func(t *testing.T) {
			code, stdout, stderr := run(t, k.vars, k.args...)
			if code != k.code {
				t.Errorf("exit %d, want %d", code, k.code)
			}
			if !strings.Contains(stdout+stderr, k.want) {
				t.Errorf("%q is not in stdout\n%s\nor stderr\n%s", k.want, stdout, stderr)
			}
			if k.code == cli.ExitUsage && stdout != "" && k.name != "report in a file" {
				t.Errorf("an error is told on stdout: %s", stdout)
			}
		})
	}
}

func TestNothingDecided(t *testing.T) {
	addr := serve(t, reference.Config{ChannelMax: 65535}, reference.None)
	code, stdout, stderr := run(t, nil, "server", addr, "2.5.1-begin-5")
	if code != cli.ExitUsage || !strings.Contains(stderr, "nothing was decided") || !strings.Contains(stdout, "1 SKIPPED") {
		t.Errorf("exit %d\n%s\n%s", code, stdout, stderr)
	}
}

func TestJSON(t *testing.T) {
	addr := serve(t, reference.Config{}, reference.AcceptOversize)
	code, stdout, _ := run(t, nil, "server", addr, "2.7.1", "-json")
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	var types []string
	for _, l := range lines {
		var v struct{ Type, ID, Outcome, Reason string }
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		types = append(types, v.Type)
		if v.ID == "2.7.1-open-3@srv" && (v.Outcome != "FAILED" || v.Reason == "") {
			t.Errorf("got %s", l)
		}
	}
	last := len(types) - 1
	if code != 1 || last != 6 || types[last] != "summary" || types[0] != "case" {
		t.Errorf("exit %d, types %v", code, types)
	}
	if !strings.Contains(lines[last], `"failures":1`) || !strings.Contains(lines[last], `"container_id":"reference"`) {
		t.Errorf("summary: %s", lines[last])
	}
}

func TestReportDirectory(t *testing.T) {
	addr := serve(t, reference.Config{}, reference.AcceptOversize)
	dir := t.TempDir()
	run(t, nil, "server", addr, "2.7.1-open-3", "2.4.1-open-5", "-report", dir)
	log, err := os.ReadFile(filepath.Join(dir, "logs", "2.7.1-open-3@srv.log"))
	if err != nil || !strings.Contains(string(log), "second execution, alone") || !strings.Contains(string(log), "→ 0 @open(16)") {
		t.Errorf("%v\n%.500s", err, log)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.txt"))
	if err != nil || !strings.Contains(string(text), "log     logs/2.7.1-open-3@srv.log") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestSecretsStayInside(t *testing.T) {
	const secret = "correct-horse"
	addr := serve(t, reference.Config{}, reference.None)
	dir := t.TempDir()
	_, stdout, stderr := run(t, map[string]string{"SIMRUN_PASSWORD": secret}, "server", addr, "-sasl", "plain", "-user", "me", "-report", dir, "2.4.1-open-5")
	if strings.Contains(stdout+stderr, secret) {
		t.Error("the password is printed")
	}
	if !strings.Contains(stderr, "does not offer the SASL mechanism PLAIN") {
		t.Errorf("stderr: %s", stderr)
	}
}

func TestListJSON(t *testing.T) {
	code, stdout, _ := run(t, nil, "list", "-json")
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if code != 0 || len(lines) != len(conformance.Cases()) {
		t.Fatalf("exit %d, %d lines", code, len(lines))
	}
	for _, l := range lines {
		var v listing
		if err := json.Unmarshal([]byte(l), &v); err != nil || v.Type != "case" || v.ID == "" || v.Rule == "" || v.Level == "" || v.Need == nil {
			t.Errorf("%v: %s", err, l)
		}
	}
}

func TestFurtherSubCommands(t *testing.T) {
	ran := false
	more := cli.Command{Name: "matrix", Args: "NAME", Doc: "x", Run: func(_ context.Context, _ *cli.Env, args []string) int {
		ran = len(args) == 1 && args[0] == "proton"
		return 7
	}}
	env := &cli.Env{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}}
	c := Conform(more)
	if code := c.Run(context.Background(), env, []string{"matrix", "proton"}); code != 7 || !ran {
		t.Errorf("exit %d, ran %t", code, ran)
	}
	if !strings.Contains(c.Args, "matrix") {
		t.Errorf("args %q", c.Args)
	}
}

func TestInterrupted(t *testing.T) {
	addr := serve(t, reference.Config{}, reference.None)
	ctx, cancel := context.WithCancel(context.Background())
	var out, errs bytes.Buffer
	env := &cli.Env{Stdout: &out, Stderr: &errs, Program: "simrun", LookupEnv: func(string) (string, bool) { return "", false }}
	stopAfter := &cancelWriter{w: &out, cancel: cancel}
	env.Stdout = stopAfter
	if code := Conform().Run(ctx, env, []string{"server", addr, "-json"}); code != cli.ExitInterrupted {
		t.Errorf("exit %d: %s", code, errs.String())
	}
	if !strings.Contains(errs.String(), "interrupted after 1 cases") {
		t.Errorf("stderr: %s", errs.String())
	}
}

// cancelWriter cancels a context at the first write.
type cancelWriter struct {
	w      *bytes.Buffer
	cancel func()
}

func (c *cancelWriter) Write(p []byte) (int, error) {
	c.cancel()
	return c.w.Write(p)
}
