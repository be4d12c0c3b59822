package shim

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// begin starts a script.
func begin(t *testing.T, script string) (*Client, error) {
	t.Helper()
	c, err := Start(t.Context(), options(script))
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

// hurried starts a script and gives it little time from then on: for tests in
// which the deadline passes.
func hurried(t *testing.T, script string, d time.Duration) *Client {
	t.Helper()
	c, err := begin(t, script)
	if err != nil {
		t.Fatal(err)
	}
	c.opts.Deadline = d
	return c
}

// ask starts a script that shakes hands, and sends one more command.
func ask(t *testing.T, script string) error {
	t.Helper()
	c, err := begin(t, "HELLO|"+script)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	_, err = c.Do(t.Context(), Command{Op: OpStats})
	return err
}

func TestHello(t *testing.T) {
	c, err := begin(t, "HELLO")
	if err != nil {
		t.Fatal(err)
	}
	h := c.Hello()
	if h.Name != "script" || !h.Supports(OpRun) || h.Supports(OpCancel) {
		t.Fatalf("hello %+v", h)
	}
	if err := c.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatalf("second close: %v", err)
	}
	if _, err := c.Do(t.Context(), Command{Op: OpPing}); err == nil {
		t.Fatal("a command after Close succeeded")
	}
}

func TestStartFails(t *testing.T) {
	if _, err := Start(t.Context(), Options{}); err == nil {
		t.Error("no command: no error")
	}
	if _, err := Start(t.Context(), Options{Command: []string{"/nonexistent/shim"}}); err == nil {
		t.Error("no such program: no error")
	}
	for _, hello := range []string{
		`{"re":1,"ok":{"proto":2,"name":"x","ops":["ping"]}}`,
		`{"re":1,"ok":{"proto":1,"ops":["ping"]}}`,
		`{"re":1,"ok":{"proto":1,"name":"x"}}`,
	} {
		_, err := begin(t, hello)
		wantError[*HarnessError](t, err, "")
	}
	_, err := begin(t, `{"re":1,"err":{"kind":"shim_bug","text":"no library"}}`)
	if e := wantError[*RefusedError](t, err, "no library"); e != nil && e.Kind != ShimBug {
		t.Errorf("kind %q", e.Kind)
	}
	_, err = begin(t, "CRASH")
	wantError[*CrashError](t, err, "terminate called")
}

// wantError checks the type and text of an error.
func wantError[E error](t *testing.T, err error, text string) (e E) {
	t.Helper()
	if !errors.As(err, &e) {
		t.Errorf("error %T %v, want %T", err, err, e)
		return e
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("error %q, want %q in it", err, text)
	}
	return e
}

func TestHarnessErrors(t *testing.T) {
	for _, x := range []struct{ name, script, text string }{
		{"stray print", "connected to broker", `"connected to broker"`},
		{"array", "[1,2]", "not a JSON object"},
		{"neither", `{"hello":1}`, "neither a reply"},
		{"both", `{"re":2,"ok":{},"err":{"kind":"definite"}}`, "either ok or err"},
		{"none", `{"re":2}`, "either ok or err"},
		{"unknown id", `{"re":77,"ok":{}}`, "not sent"},
		{"answered before", `{"re":1,"ok":{}}`, "second reply"},
		{"bad reply", `{"re":2,"ok":{"conn":"c1"}}`, "malformed reply"},
		{"bad event", `{"ev":"enter","seq":"one"}`, "malformed event"},
		{"unknown event", `{"ev":"enters","seq":1,"name":"x"}`, "unknown kind"},
		{"no seq", `{"ev":"enter","name":"x"}`, "without seq"},
		{"no name", `{"ev":"enter","seq":1}`, "without name"},
		{"no of", `{"ev":"exit","seq":2,"name":"x"}`, "need of"},
		{"later of", `{"ev":"exit","seq":2,"of":3,"name":"x"}`, "need of"},
		{"of of an enter", `{"ev":"enter","seq":2,"of":1,"name":"x"}`, "belongs to"},
		{"long line", "LONG", "more than"},
	} {
		t.Run(x.name, func(t *testing.T) {
			err := ask(t, x.script)
			wantError[*HarnessError](t, err, x.text)
		})
	}
}

func TestCrash(t *testing.T) {
	err := ask(t, "CRASH")
	e := wantError[*CrashError](t, err, "terminate called")
	if e != nil && !strings.Contains(e.State, "134") {
		t.Errorf("state %q", e.State)
	}
	wantError[*CrashError](t, ask(t, "EXIT"), "exit status 0")
}

func TestHang(t *testing.T) {
	c := hurried(t, "HELLO|SLEEP", 200*time.Millisecond)
	_, err := c.Do(t.Context(), Command{Op: OpStats})
	e := wantError[*HangError](t, err, "no answer to stats")
	if e != nil && e.Alive {
		t.Error("a process that sleeps is said to be alive")
	}
}

// TestHangAlive has a shim that answers pings and nothing else.
func TestHangAlive(t *testing.T) {
	c := hurried(t, `HELLO|NOTHING|{"re":3,"ok":{}}|{"re":2,"ok":{}}`, time.Second)
	_, err := c.Do(t.Context(), Command{Op: OpStats})
	e := wantError[*HangError](t, err, "no answer to stats")
	if e != nil && !e.Alive {
		t.Error("a process that answers pings is said to be dead")
	}
	if _, again := c.Do(t.Context(), Command{Op: OpStats}); again != err {
		t.Errorf("the next command returns %v, want the same error", again)
	}
}

// TestFullPipe has a shim that does not read.
func TestFullPipe(t *testing.T) {
	c := hurried(t, "HELLO+SLEEP", 200*time.Millisecond)
	big := Command{Op: OpStats, Addr: strings.Repeat("x", 1<<20)}
	_, err := c.Do(t.Context(), big)
	wantError[*HangError](t, err, "stats")
}

func TestRefused(t *testing.T) {
	err := ask(t, `{"re":2,"err":{"kind":"indefinite","cond":"amqp:not-found","text":"gone"}}`)
	e := wantError[*RefusedError](t, err, "amqp:not-found: gone")
	if e != nil && (e.Kind != Indefinite || e.Op != OpStats) {
		t.Errorf("%+v", e)
	}
}

func TestUnsupportedIsNotSent(t *testing.T) {
	c, err := begin(t, "HELLO|CRASH")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), Command{Op: OpCancel})
	if e := wantError[*RefusedError](t, err, "cancel"); e != nil && e.Kind != Unsupported {
		t.Errorf("kind %q", e.Kind)
	}
}

func TestContext(t *testing.T) {
	c, err := begin(t, `HELLO|NOTHING|{"re":2,"ok":{}}+{"re":3,"ok":{"conns":5}}`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := c.Do(ctx, Command{Op: OpStats}); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Fatalf("error %v, want the context's cause", err)
	}
	// The late answer to the first is ignored.
	r, err := c.Do(t.Context(), Command{Op: OpStats})
	if err != nil || r.Conns != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestRepliesOutOfOrder(t *testing.T) {
	c, err := begin(t, `HELLO|NOTHING|{"re":3,"ok":{"conns":3}}+{"re":2,"ok":{"conns":2}}`)
	if err != nil {
		t.Fatal(err)
	}
	type answer struct {
		r   Result
		err error
	}
	first := make(chan answer)
	go func() {
		r, err := c.Do(t.Context(), Command{Op: OpStats})
		first <- answer{r, err}
	}()
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		waiting = len(c.pending)
		c.mu.Unlock()
	}
	r, err := c.Do(t.Context(), Command{Op: OpStats})
	if err != nil || r.Conns != 3 {
		t.Errorf("the second command got %+v, %v", r, err)
	}
	if a := <-first; a.err != nil || a.r.Conns != 2 {
		t.Errorf("the first command got %+v, %v", a.r, a.err)
	}
}

func TestAwait(t *testing.T) {
	c, err := begin(t, `HELLO+{"ev":"note","name":"early","seq":1}|{"ev":"note","name":"late","seq":2}+{"re":2,"ok":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) func(*Event) bool { return func(e *Event) bool { return e.Name == name } }
	if e, err := c.Await(t.Context(), "early", named("early")); err != nil || e.Seq != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := c.Do(t.Context(), Command{Op: OpStats}); err != nil {
		t.Fatal(err)
	}
	if e, err := c.Await(t.Context(), "late", named("late")); err != nil || e.Seq != 2 {
		t.Fatalf("%+v, %v", e, err)
	}
	c.opts.Deadline = 100 * time.Millisecond
	_, err = c.Await(t.Context(), "an event that never comes", named("never"))
	wantError[*HangError](t, err, "an event that never comes")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = c.Await(ctx, "never", named("never")); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
}

func TestAwaitSeesCrash(t *testing.T) {
	c, err := begin(t, "HELLO|CRASH")
	if err != nil {
		t.Fatal(err)
	}
	go c.Do(t.Context(), Command{Op: OpStats})
	_, err = c.Await(t.Context(), "anything", func(*Event) bool { return false })
	wantError[*CrashError](t, err, "134")
}

func TestCloseReportsExitCode(t *testing.T) {
	c, err := begin(t, "HELLO|CRASH")
	if err != nil {
		t.Fatal(err)
	}
	wantError[*CrashError](t, c.Close(), "134")
}

func TestCloseKills(t *testing.T) {
	c := hurried(t, "HELLO|SLEEP", 100*time.Millisecond)
	wantError[*CrashError](t, c.Close(), "killed")
}

func TestLogIsBounded(t *testing.T) {
	var l tail
	l.Write([]byte(strings.Repeat("a", maxLog)))
	l.Write([]byte("the end"))
	if s := l.String(); len(s) != maxLog || !strings.HasSuffix(s, "athe end") {
		t.Errorf("%d octets, ending in %q", len(s), s[len(s)-20:])
	}
}
