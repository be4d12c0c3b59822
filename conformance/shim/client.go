package shim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options of a Client.
type Options struct {
	// Command is the program and its arguments.
	Command []string
	// Dir is the working directory of the process. "" means the caller's.
	Dir string
	// Env is added to the caller's environment, as "KEY=value".
	Env []string
	// Deadline bounds the time until a command is answered or an awaited event
	// comes. Zero or negative means 10 s.
	Deadline time.Duration
	// Limit bounds the number of events kept between two resets. Zero or
	// negative means 1<<20.
	Limit int

	_ struct{}
}

const (
	defaultDeadline = 10 * time.Second
	defaultLimit    = 1 << 20
	// pingDeadline bounds the wait for the answer to a ping.
	pingDeadline = 2 * time.Second
)

// Client drives one shim process. Its methods may be called by any number of
// goroutines at once; commands are then in progress together. After the first
// *HarnessError, *CrashError or *HangError of a command the process is ended and
// every call returns that error: start another one.
type Client struct {
	opts  Options
	proc  *process
	hello Hello
	read  sync.WaitGroup // the reader

	writing sync.Mutex // held while a line is written

	mu      sync.Mutex
	last    uint64 // id of the last command
	pending map[uint64]chan message
	given   map[uint64]bool // commands that nobody waits for any more
	events  []Event         // since the last reset
	dropped bool            // Limit was reached
	base    uint64          // seq at the last reset
	news    chan struct{}   // closed at the next event or failure
	closing bool
	err     error // the first fatal error
}

// Start runs the command and shakes hands. The context bounds the handshake
// only.
func Start(ctx context.Context, o Options) (*Client, error) {
	if o.Deadline <= 0 {
		o.Deadline = defaultDeadline
	}
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	proc, err := spawn(o)
	if err != nil {
		return nil, err
	}
	c := &Client{
		opts: o, proc: proc,
		pending: map[uint64]chan message{}, given: map[uint64]bool{}, news: make(chan struct{}),
	}
	c.read.Go(c.reader)
	r, err := c.Do(ctx, Command{Op: OpHello, Proto: ProtocolVersion})
	if err == nil && r.Proto != ProtocolVersion {
		err = &HarnessError{Reason: fmt.Sprintf("the shim speaks version %d of the protocol, not %d", r.Proto, ProtocolVersion)}
	}
	if err == nil && (r.Name == "" || len(r.Ops) == 0) {
		err = &HarnessError{Reason: "hello without a name or without operations"}
	}
	if err != nil {
		c.fail(err)
		c.Close()
		return nil, err
	}
	c.hello = r.Hello
	return c, nil
}

// Hello returns how the shim presented itself.
func (c *Client) Hello() Hello { return c.hello }

// Log returns the end of the process's standard error.
func (c *Client) Log() string { return c.proc.log.String() }

// Do sends a command and waits for its reply. The error is *RefusedError for an
// error reply, *HarnessError, *CrashError or *HangError if the shim failed, or
// the context's.
func (c *Client) Do(ctx context.Context, cmd Command) (Result, error) {
	if c.hello.Name != "" && !c.hello.Supports(cmd.Op) && cmd.Op != OpExit {
		return Result{}, &RefusedError{Op: cmd.Op, Kind: Unsupported}
	}
	return c.do(ctx, cmd, c.opts.Deadline)
}

func (c *Client) do(ctx context.Context, cmd Command, d time.Duration) (Result, error) {
	id, reply, err := c.send(cmd)
	if err != nil {
		return Result{}, err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case m, ok := <-reply:
		if !ok {
			return Result{}, c.failure()
		}
		if m.Err != nil {
			return Result{}, &RefusedError{Op: cmd.Op, Kind: m.Err.Kind, Condition: m.Err.Cond, Text: m.Err.Text}
		}
		return *m.OK, nil
	case <-ctx.Done():
		c.giveUp(id)
		return Result{}, fmt.Errorf("shim: %s: %w", cmd.Op, context.Cause(ctx))
	case <-t.C:
		c.giveUp(id)
		if cmd.Op == OpPing {
			return Result{}, &HangError{Op: string(OpPing), After: d}
		}
		return Result{}, c.fail(c.hang(ctx, string(cmd.Op), d))
	}
}

// send registers and writes a command.
func (c *Client) send(cmd Command) (uint64, chan message, error) {
	c.writing.Lock() // ids grow in the order of the lines
	defer c.writing.Unlock()
	reply := make(chan message, 1)
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return 0, nil, c.err
	}
	c.last++
	cmd.ID = c.last
	c.pending[cmd.ID] = reply
	c.mu.Unlock()
	line, err := json.Marshal(cmd)
	if err != nil {
		panic(fmt.Sprintf("shim: a command cannot be encoded: %v", err)) // only plain fields
	}
	if err := c.proc.write(line, c.opts.Deadline); err != nil {
		// The process ended, which the reader reports better, or it reads
		// nothing.
		select {
		case <-c.proc.ended:
			c.read.Wait()
			return 0, nil, c.failure()
		default:
			return 0, nil, c.fail(&HangError{Op: string(cmd.Op), After: c.opts.Deadline, Log: c.Log()})
		}
	}
	return cmd.ID, reply, nil
}

// hang makes the error for what did not come after d, and finds out by a ping
// whether the process lives.
func (c *Client) hang(ctx context.Context, what string, d time.Duration) error {
	_, err := c.do(ctx, Command{Op: OpPing}, min(pingDeadline, d))
	var crash *CrashError
	var harness *HarnessError
	if errors.As(err, &crash) || errors.As(err, &harness) {
		return err
	}
	return &HangError{Op: what, After: d, Alive: err == nil, Log: c.Log()}
}

// giveUp makes a late reply to the command welcome and ignored.
func (c *Client) giveUp(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, waits := c.pending[id]; waits {
		delete(c.pending, id)
		c.given[id] = true
	}
}

// fail makes err the client's error unless it has one, ends the process and
// releases everybody. It returns the client's error.
func (c *Client) fail(err error) error {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	err = c.err
	for id, reply := range c.pending {
		delete(c.pending, id)
		close(reply)
	}
	close(c.news)
	c.news = make(chan struct{})
	c.mu.Unlock()
	c.proc.kill()
	return err
}

func (c *Client) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// reader takes in what the shim writes until the end of the process.
func (c *Client) reader() {
	err := c.proc.lines(c.take)
	if err == nil {
		<-c.proc.ended
		c.mu.Lock()
		wanted := c.closing
		c.mu.Unlock()
		if wanted && c.proc.good {
			err = errClosed
		} else {
			err = &CrashError{State: c.proc.state, Log: c.Log()}
		}
	}
	c.fail(err)
}

// errClosed is what calls after a good Close return.
var errClosed = errors.New("shim: the client is closed")

// take takes in one line.
func (c *Client) take(line []byte) error {
	var kind struct {
		Re *uint64 `json:"re"`
		Ev string  `json:"ev"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return &HarnessError{Line: cut(line), Reason: "standard output carries a line that is not a JSON object of the protocol (" + err.Error() + ")"}
	}
	switch {
	case kind.Re != nil:
		return c.takeReply(line)
	case kind.Ev != "":
		return c.takeEvent(line)
	}
	return &HarnessError{Line: cut(line), Reason: "neither a reply (re) nor an event (ev)"}
}

func (c *Client) takeReply(line []byte) error {
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		return &HarnessError{Line: cut(line), Reason: "malformed reply: " + err.Error()}
	}
	if (m.OK == nil) == (m.Err == nil) {
		return &HarnessError{Line: cut(line), Reason: "a reply has either ok or err"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.given[*m.Re] {
		delete(c.given, *m.Re)
		return nil
	}
	reply, waits := c.pending[*m.Re]
	if !waits {
		return &HarnessError{Line: cut(line), Reason: "reply to a command that was not sent, or second reply"}
	}
	delete(c.pending, *m.Re)
	reply <- m
	return nil
}

func (c *Client) takeEvent(line []byte) error {
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return &HarnessError{Line: cut(line), Reason: "malformed event: " + err.Error()}
	}
	if reason := e.broken(); reason != "" {
		return &HarnessError{Line: cut(line), Reason: reason}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) >= c.opts.Limit {
		c.dropped = true
		return nil
	}
	c.events = append(c.events, e)
	close(c.news)
	c.news = make(chan struct{})
	return nil
}

// Await waits until an event since the last reset matches and returns it. Events
// that came before the call count. what names it in the *HangError that is
// returned when the deadline passes; the client stays usable then.
func (c *Client) Await(ctx context.Context, what string, match func(*Event) bool) (Event, error) {
	t := time.NewTimer(c.opts.Deadline)
	defer t.Stop()
	seen := 0
	for {
		c.mu.Lock()
		for ; seen < len(c.events); seen++ {
			if e := c.events[seen]; match(&e) {
				c.mu.Unlock()
				return e, nil
			}
		}
		err, news := c.err, c.news
		c.mu.Unlock()
		if err != nil {
			return Event{}, err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return Event{}, fmt.Errorf("shim: %s: %w", what, context.Cause(ctx))
		case <-t.C:
			return Event{}, c.hang(ctx, what, c.opts.Deadline)
		}
	}
}

// Reset brings the shim to its initial state and forgets the events. It returns
// the number of connections that had no on_transport_close.
func (c *Client) Reset(ctx context.Context) (left int, err error) {
	r, err := c.Do(ctx, Command{Op: OpReset})
	if err != nil {
		return 0, err
	}
	b, err := c.Do(ctx, Command{Op: OpBarrier})
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.events)
	c.events, c.dropped, c.base = c.events[:0], false, b.Seq
	return r.Left, nil
}

// Close asks the process to exit, kills it if it does not within the deadline,
// and waits for it. It returns the client's error, and nil if there was none and
// the process exited with code 0. It may be called again.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	// The reply races with the end of the process, so nobody waits for it.
	if id, _, err := c.send(Command{Op: OpExit}); err == nil {
		c.giveUp(id)
	}
	c.proc.finish(c.opts.Deadline)
	c.read.Wait()
	c.proc.stdout.Close()
	if err := c.failure(); err != errClosed {
		return err
	}
	return nil
}
