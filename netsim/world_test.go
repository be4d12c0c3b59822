package netsim

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// story runs body as main of one run and returns its result.
func story(t *testing.T, seed uint64, body func(w *sim.World)) sim.Result {
	t.Helper()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	return sim.Execute(w, &sim.Scenario{Name: t.Name(), Run: body}, sim.RunConfig{Seed: seed, Keep: true})
}

// stories runs body under a few seeds, each with its own schedule, and fails the
// test if a run fails. The clock moves only when all threads wait, so that a story
// can tell the time.
func stories(t *testing.T, body func(w *sim.World)) {
	t.Helper()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	s := &sim.Scenario{Name: t.Name(), Run: body}
	for seed := uint64(1); seed <= 20; seed++ {
		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed, EarlyClock: -1}); r.Failure != nil {
			t.Fatalf("seed %d: %v", seed, r.Failure)
		}
	}
}

// scene is a network with a client, a broker and a connection between them.
type scene struct {
	*Network
	w      *sim.World
	listen net.Listener
	c, s   *Conn // client's end, broker's end
}

// connected returns a scene with a connection that stands.
func connected(w *sim.World, o Options) *scene {
	x := listening(w, o)
	x.c, x.s = x.connect()
	return x
}

// listening returns a scene without a connection.
func listening(w *sim.World, o Options) *scene {
	x := &scene{Network: New(w, o), w: w}
	l, err := x.Host("broker").Listen("tcp", ":5672")
	if err != nil {
		w.Fail("test", "listen: %v", err)
	}
	x.listen = l
	return x
}

func (x *scene) connect() (c, s *Conn) {
	type result struct{ c net.Conn }
	accepted := sim.NewChan[result](x.w, "accepted", 1)
	x.w.Go("accept", func() {
		c, err := x.listen.Accept()
		x.must(err, "accept")
		accepted.Send(result{c})
	})
	d, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
	x.must(err, "dial")
	r, _ := accepted.Recv()
	return d.(*Conn), r.c.(*Conn)
}

// must fails the run if err is not nil.
func (x *scene) must(err error, what string) {
	if err != nil {
		x.w.Fail("test", "%s: %v", what, err)
	}
}

// want fails the run unless ok; the sentence says what was to be seen.
func (x *scene) want(ok bool, sentence string, args ...any) {
	if !ok {
		x.w.Fail("test", sentence, args...)
	}
}

// send writes all of text.
func (x *scene) send(c *Conn, text string) {
	n, err := c.Write([]byte(text))
	x.want(n == len(text) && err == nil, "write of %q: %d, %v", text, n, err)
}

// receive reads exactly text.
func (x *scene) receive(c *Conn, text string) {
	b := make([]byte, len(text))
	n, err := io.ReadFull(c, b)
	x.want(string(b[:n]) == text && err == nil, "read %q, %v, want %q", b[:n], err, text)
}

// readError reads once and returns the error of it.
func (x *scene) readError(c *Conn) error {
	var b [8]byte
	n, err := c.Read(b[:])
	x.want(n == 0 && err != nil, "read of %q, %v instead of an error", b[:n], err)
	return err
}

// at fails the run unless so much virtual time has passed.
func (x *scene) at(d time.Duration, sentence string) {
	x.want(x.w.Elapsed() == d, "%s: at %v instead of %v", sentence, x.w.Elapsed(), d)
}

var errDeadline = os.ErrDeadlineExceeded
