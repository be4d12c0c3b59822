package command

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim/cli"
	"github.com/collider-amqp/collider/sim/runner"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const limit = 20 * time.Second

// running is the command at work.
type running struct {
	t      *testing.T
	out    *bufio.Reader
	lines  []string // read so far
	stderr bytes.Buffer
	stop   func() int
}

// begin runs the command with a listener behind it.
func begin(t *testing.T, env map[string]string, args ...string) (*running, net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	x := &running{t: t, out: bufio.NewReader(r)}
	done := make(chan int, 1)
	go func() {
		e := &cli.Env{Stdout: w, Stderr: &x.stderr, LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
		done <- config().Run(ctx, e, append([]string{"proxy", "-listen", "127.0.0.1:0", "-to", l.Addr().String()}, args...))
		w.Close()
	}()
	x.stop = func() int {
		cancel()
		for x.line() {
		}
		return <-done
	}
	t.Cleanup(func() { r.Close(); cancel() })
	return x, l
}

func config() cli.Config {
	six := func() netsim.Predicate { return func(p []byte) int { return bytes.IndexByte(p, '6') } }
	return cli.Config{Commands: []cli.Command{Proxy(Config{Predicates: map[string]func() netsim.Predicate{"six": six}})}}
}

// line reads a line.
func (x *running) line() bool {
	line, err := x.out.ReadString('\n')
	if line != "" {
		x.lines = append(x.lines, strings.TrimSuffix(line, "\n"))
	}
	return err == nil
}

// until reads up to the line with that beginning and returns its rest.
func (x *running) until(prefix string) string {
	x.t.Helper()
	for x.line() {
		if rest, ok := strings.CutPrefix(x.lines[len(x.lines)-1], prefix); ok {
			return rest
		}
	}
	x.t.Fatalf("no line %q in\n%s\n%s", prefix, strings.Join(x.lines, "\n"), x.stderr.String())
	return ""
}

// cutAt dials, sends text, and returns how much of it comes out before a reset.
func cutAt(t *testing.T, addr string, l net.Listener, text string) string {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, limit)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(limit))
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.SetDeadline(time.Now().Add(limit))
	io.WriteString(c, text)
	got, err := io.ReadAll(s)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%q came, then %v", got, err)
	}
	return string(got)
}

func TestText(t *testing.T) {
	pcap := filepath.Join(t.TempDir(), "x.pcapng")
	x, l := begin(t, map[string]string{"SIMRUN_SEED": "7", "SIMRUN_FAULT": "stall client1->broker @when six"},
		"-fault", "truncate client1->broker#1 @byte 4", "-fault", "truncate client1->broker#2 @when six; drop-end client1->broker#9", "-split", "random", "-pcap", pcap)
	addr := x.until("listening on ")
	want := []string{"# plan of 3, seed 7, client1 dials broker", "truncate client1->broker#1 @byte 4", "truncate client1->broker#2 @when six", "drop-end client1->broker#9"}
	if !slices.Equal(x.lines[:len(x.lines)-1], want) {
		t.Errorf("the plan is\n%s", strings.Join(x.lines, "\n"))
	}
	if got := cutAt(t, addr, l, "0123456789"); got != "0123" {
		t.Errorf("%q came out", got)
	}
	if rest := x.until("acted  truncate client1->broker#1 @byte 4  on "); !strings.HasPrefix(rest, "connection 1 -> byte 4 after ") {
		t.Errorf("the action: %s", rest)
	}
	if got := cutAt(t, addr, l, "0123456789"); got != "012345" {
		t.Errorf("%q came out", got)
	}
	x.until("acted  truncate client1->broker#2 @when six  on connection 2 -> byte 6 after ")
	if code := x.stop(); code != cli.ExitOK || x.stderr.Len() > 0 {
		t.Errorf("exit code %d\n%s", code, x.stderr.String())
	}
	last := x.lines[len(x.lines)-2:]
	if last[0] != "unused drop-end client1->broker#9" || !strings.HasPrefix(last[1], "ended  connections 2 (refused 0, unreachable 0, open 0)  bytes 10 there, 0 back  faults acted 2  ") {
		t.Errorf("the end is\n%s", strings.Join(last, "\n"))
	}
	capture, err := os.ReadFile(pcap)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x0a\x0d\x0d\x0a", "seed 7", "client1\x00", "broker\x00", "0123"} {
		if !bytes.Contains(capture, []byte(want)) {
			t.Errorf("no %q in the capture of %d bytes", want, len(capture))
		}
	}

	// The output is a plan.
	file := filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(file, []byte(strings.Join(x.lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	y, _ := begin(t, nil, "-plan", file, "-seed", "7")
	y.until("listening on ")
	if !slices.Equal(y.lines[:len(y.lines)-1], want) {
		t.Errorf("the plan given back is\n%s", strings.Join(y.lines, "\n"))
	}
	y.stop()
}

func TestJSON(t *testing.T) {
	x, l := begin(t, nil, "-json", "-seed", "3", "-fault", "truncate *->broker#1 @byte 2", "-fault", "partition broker->client @time 1h", "-fault", "partition client->broker for 1ms")
	x.until(`{"type":"plan","seed":3,"dialer":"client","acceptor":"broker","faults":["truncate `)
	var at listenObject
	if err := json.Unmarshal([]byte(`{"type":"listening",`+x.until(`{"type":"listening",`)), &at); err != nil {
		t.Fatal(err)
	}
	x.until(`{"type":"fault","fault":"partition client->broker for 1ms","conn":0,"back":false,"offset":0,`)
	if got := cutAt(t, at.Address, l, "abcdef"); got != "ab" {
		t.Errorf("%q came out", got)
	}
	x.until(`{"type":"fault","fault":"truncate *->broker#1 @byte 2","conn":1,"back":false,"offset":2,`)
	if code := x.stop(); code != cli.ExitOK {
		t.Errorf("exit code %d", code)
	}
	var s summaryObject
	if err := json.Unmarshal([]byte(x.lines[len(x.lines)-1]), &s); err != nil || s.Type != "summary" || s.Conns != 1 || s.Acted != 2 || s.There != 2 || len(s.Unused) != 1 {
		t.Errorf("%v %+v", err, s)
	}
}

// What is drawn depends on the seed alone, is printed, and can be given back.
func TestDrawnPlan(t *testing.T) {
	args := []string{"-faults", "all", "-when", "six", "-n", "8", "-seed", "11", "-dialer", "a", "-acceptor", "b"}
	x, _ := begin(t, nil, args...)
	x.until("listening on ")
	x.stop()
	y, _ := begin(t, nil, args...)
	y.until("listening on ")
	y.stop()
	n := slices.IndexFunc(x.lines, func(s string) bool { return strings.HasPrefix(s, "listening") })
	if n < 6 || !slices.Equal(x.lines[:n], y.lines[:n]) {
		t.Errorf("two plans of one seed:\n%s\n\n%s", strings.Join(x.lines[:n], "\n"), strings.Join(y.lines, "\n"))
	}
	if text := strings.Join(x.lines[:n], "\n"); !strings.Contains(text, "@when six") || !strings.Contains(text, "@byte") {
		t.Errorf("triggers are missing:\n%s", text)
	}
	p, err := readPlan([]byte(strings.Join(x.lines, "\n")))
	if err != nil || len(p.faults) != n-1 {
		t.Errorf("%d faults are read of %d: %v", len(p.faults), n-1, err)
	}
}

func TestForEndsByItself(t *testing.T) {
	x, _ := begin(t, nil, "-for", "1ms")
	x.until("listening on ")
	x.until("ended  connections 0 ")
	if x.line() {
		t.Error("there is more after the summary")
	}
}

func failureFile(faults ...string) string {
	b, err := json.Marshal(runner.File{Format: runner.FileFormat, Seed: 42, Faults: faults})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestReadPlan(t *testing.T) {
	for _, good := range []struct {
		text string
		want []string
	}{
		{"# a comment\n\n  reset  a->b @byte 1 # another\nstall a<-b\n", []string{"reset a->b @byte 1", "stall a<-b"}},
		{"refuse a->b\nlistening on 127.0.0.1:1\nacted  whatever\n", []string{"refuse a->b"}},
		{failureFile("network: reset a->b#1 @byte 1", "clock: skew b by 1s", "more: delay a->b by 1ms"), []string{"reset a->b#1 @byte 1", "delay a->b by 1ms"}},
	} {
		p, err := readPlan([]byte(good.text))
		if got := texts(p.faults); err != nil || !slices.Equal(got, good.want) {
			t.Errorf("%s\ngives %q, %v", good.text, got, err)
		}
	}
	if p, _ := readPlan([]byte(failureFile("network: stall a->b", "x: y"))); p.seed == nil || *p.seed != 42 || !slices.Equal(p.left, []string{"x: y"}) {
		t.Errorf("%+v", p)
	}
	for text, want := range map[string]string{
		"":                                   "no fault",
		"# nothing\nlistening on x\n":        "no fault",
		"stall a->b\nreset a->b\n":           "line 2: netsim: fault reset a->b: reset needs a trigger",
		failureFile():                        "no fault",
		failureFile("clock: skew by 1s"):     "no fault",
		`{"faults":["network: stall a->b"]}`: "format",
		`{"format":99,"faults":["network: stall a->b"]}`: "format version 99",
		`{"format":1,"faults":["network: stall a->b"`:    "broken",
		`{"format":1,"faults":"network: stall a->b"}`:    "broken",
	} {
		if p, err := readPlan([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngives %q, %v, want %s", text, p.faults, err, want)
		}
	}
}

// A plan about several hosts is that of the proxy's own side.
func TestPlanOfSeveralHosts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sim.json")
	text := failureFile("network: stall client1->broker#1 @byte 5", "network: stall client2->broker", "network: partition broker->client1 @time 1h", "clock: skew")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	x, _ := begin(t, nil, "-plan", file, "-dialer", "client1")
	x.until("listening on ")
	x.stop()
	want := []string{"# plan of 2, seed 42, client1 dials broker", "stall client1->broker#1 @byte 5", "partition broker->client1 @time 1h0m0s"}
	if !slices.Equal(x.lines[:3], want) {
		t.Errorf("the plan is\n%s", strings.Join(x.lines, "\n"))
	}
	for _, want := range []string{`left out "clock: skew"`, "left out 1 of 3 faults, about other hosts than client1 and broker"} {
		if !strings.Contains(x.stderr.String(), want) {
			t.Errorf("no %s in\n%s", want, x.stderr.String())
		}
	}
	for args, want := range map[string]string{
		"-plan " + file:                      "the faults name client1, client2 on one side: choose with -dialer",
		"-plan " + file + " -dialer client3": "no fault is about client3, who dials, and broker",
	} {
		refused(t, "-to 127.0.0.1:1 "+args, want)
	}
}

// refused runs the command with arguments that it must refuse.
func refused(t *testing.T, args, want string) {
	t.Helper()
	var out, err bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	words := []string{"proxy"}
	for w := range strings.FieldsSeq(args) {
		words = append(words, strings.ReplaceAll(w, "~", " "))
	}
	code := config().Run(ctx, &cli.Env{Stdout: &out, Stderr: &err}, words)
	if code != cli.ExitUsage || !strings.Contains(err.String(), want) || out.Len() > 0 {
		t.Errorf("%s: exit code %d, want %s\n%s%s", args, code, want, out.String(), err.String())
	}
}

func TestUsage(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const to = "-to 127.0.0.1:1 "
	for args, want := range map[string]string{
		"":                                           "-to: say to which",
		"-to nowhere -listen 127.0.0.1:0":            "-to: address nowhere: missing port",
		to + "more":                                  `unexpected argument "more"`,
		to + "-listen 127.0.0.1":                     "-listen: address 127.0.0.1: missing port",
		to + "-listen " + l.Addr().String():          "address already in use",
		to + "-fault reset~a->b":                     "reset needs a trigger",
		to + "-fault melt~a->b":                      `unknown kind "melt"`,
		to + "-fault stall~a->b~@when~seven":         `unknown predicate "seven"`,
		to + "-fault stall~a->b -dialer c":           "it is not about c, who dials, and b",
		to + "-dialer a -acceptor a":                 "-dialer and -acceptor",
		to + "-faults melt":                          `"melt" is none of reset`,
		to + "-faults reset -when dawn -n 9 -seed 1": `unknown predicate "dawn"`,
		to + "-faults reset -n 0":                    "-n 0",
		to + "-faults slow-accept -by 0":             "nothing could be drawn",
		to + "-plan nowhere":                         "-plan: open nowhere",
		to + "-split half":                           "want whole, random or bytes",
		to + "-latency -1s":                          "negative duration",
		to + "-buffer 0":                             "-buffer",
		to + "-pcap /nowhere/x":                      "-pcap: open /nowhere/x",
		to + "-latncy 1s":                            `did you mean "latency"?`,
	} {
		refused(t, args, want)
	}
	var out bytes.Buffer
	if code := config().Run(context.Background(), &cli.Env{Stdout: &out, Stderr: io.Discard}, []string{"proxy", "-h"}); code != 0 || !strings.Contains(out.String(), "simrun proxy -to 127.0.0.1:5672 -fault ") {
		t.Errorf("%d %s", code, out.String())
	}
}

// A server that is not there is told of, connection by connection.
func TestUnreachable(t *testing.T) {
	x, l := begin(t, nil)
	addr := x.until("listening on ")
	l.Close()
	if c, err := net.DialTimeout("tcp", addr, limit); err == nil {
		io.Copy(io.Discard, c)
		c.Close()
	}
	if code := x.stop(); code != cli.ExitOK || !strings.Contains(x.stderr.String(), "proxy: connection 1 is reset: dial tcp") {
		t.Errorf("exit code %d\n%s", code, x.stderr.String())
	}
	if last := x.lines[len(x.lines)-1]; !strings.HasPrefix(last, "ended  connections 1 (refused 0, unreachable 1, open 0)") {
		t.Error(last)
	}
}
