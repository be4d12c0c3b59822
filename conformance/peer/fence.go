package peer

import (
	"errors"
	"fmt"
)

// Fence says what was sent so that its answer marks a place in the partner's stream.
type Fence string

// The fences, in the order of preference.
const (
	// FenceBegin is a begin on an unused channel; its answer is a begin.
	FenceBegin Fence = "begin"
	// FenceAttach is an attach of a throw-away link on a session; its answer is an attach.
	FenceAttach Fence = "attach"
	// FenceOpen is an open before which none was sent; its answer is an open.
	FenceOpen Fence = "open"
)

// ErrNoFence reports a state in which nothing can be sent whose answer is certain.
var ErrNoFence = errors.New("peer: the state of the connection allows no fence")

// Fence sends something whose answer is ordered behind the partner's reaction to everything sent before, and returns
// what came before the answer, noise left out. Which fence it is follows from the state: an open if none was sent, else
// a begin on the lowest unused channel, else an attach of a throw-away link on the lowest session. The error is
// ErrNoFence, or an *UnexpectedError with the event that ended the wait, such as a close; before is valid in both cases.
func (c *Conn) Fence() (before []Event, err error) {
	switch {
	case !c.out.open:
		c.SendPerformative(0, "open", OpenFields(nil))
		return c.await(FenceOpen, func(f *Frame) bool { return f.Name == "open" })
	case c.out.close || c.out.broken:
		return nil, ErrNoFence
	}
	for channel := uint16(0); ; channel++ {
		if _, used := c.out.channels[channel]; !used {
			c.SendPerformative(channel, "begin", BeginFields(nil))
			return c.await(FenceBegin, func(f *Frame) bool { return answers(f, channel) })
		}
		if channel >= c.remote.ChannelMax {
			session, ok := c.out.session()
			if !ok {
				return nil, ErrNoFence
			}
			return c.FenceOn(session)
		}
	}
}

// FenceOn is Fence by a throw-away link on the session of the channel: its answer is ordered behind what was sent on
// that session (§2.6.3), also where the partner treats sessions in parallel.
func (c *Conn) FenceOn(channel uint16) (before []Event, err error) {
	if c.out.close || c.out.broken || !c.out.channels[channel] {
		return nil, ErrNoFence
	}
	c.out.fences++
	name, handle := fmt.Sprintf("%s-fence-%d", ContainerID, c.out.fences), fenceHandle+c.out.fences
	c.SendPerformative(channel, "attach", AttachFields(name, handle, nil))
	before, err = c.await(FenceAttach, func(f *Frame) bool {
		if f.Name != "attach" || f.Text("name") != name {
			return false
		}
		remote, _ := f.Uint("handle")
		c.thrown[link{f.Raw.Channel, remote}] = true
		return true
	})
	if err == nil {
		c.SendPerformative(channel, "detach", Fields{"handle": handle, "closed": true})
	}
	return before, err
}

// link is a link as the partner numbers it.
type link struct {
	channel uint16
	handle  uint64
}

// noise reports whether Next passes over the frame: the detach of a throw-away link is the peer's own doing.
func (c *Conn) noise(f *Frame) bool {
	if f.Name == "detach" {
		handle, _ := f.Uint("handle")
		return c.thrown[link{f.Raw.Channel, handle}]
	}
	return c.opts.Noise(f)
}

// fenceHandle is below the first handle of a throw-away link, above those that scripts choose.
const fenceHandle = 200

// answers reports whether the frame is the begin that answers the peer's begin on the channel (§2.5.1).
func answers(f *Frame, channel uint16) bool {
	if f.Name != "begin" {
		return false
	}
	remote, ok := f.Uint("remote-channel")
	return ok && remote == uint64(channel)
}

// await collects events until the answer of a fence.
func (c *Conn) await(fence Fence, answer func(*Frame) bool) (before []Event, err error) {
	answered := func(ev Event) bool { return ev.Kind == KindFrame && answer(ev.Frame) }
	before, last := c.Until(func(ev Event) bool { return answered(ev) || ev.Is("close") })
	if !answered(last) {
		return before, &UnexpectedError{"the answer to a fence (" + string(fence) + ")", last}
	}
	return before, nil
}
