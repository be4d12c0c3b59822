package peer

import (
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/container/wire"
)

// UnexpectedError reports that a step got another answer than it needs.
type UnexpectedError struct {
	// Want is what the step waited for, such as "open".
	Want string
	// Got is what came.
	Got Event
}

// Error names both.
func (e *UnexpectedError) Error() string {
	return "peer: want " + e.Want + ", got " + e.Got.String()
}

// Header sends a protocol header and returns the partner's (§2.2). It does not compare them.
func (c *Conn) Header(h wire.ProtocolHeader) (wire.ProtocolHeader, error) {
	c.SendHeader(h)
	ev := c.Next()
	if ev.Kind != KindHeader {
		return wire.ProtocolHeader{}, &UnexpectedError{"a protocol header", ev}
	}
	return ev.Header, nil
}

// Credentials say how to pass the SASL layer (§5.3).
type Credentials struct {
	// Mechanism is the mechanism to ask for, such as "ANONYMOUS" or "PLAIN".
	Mechanism wire.Symbol
	// Response is the initial response. Nil sends none.
	Response []byte

	_ struct{}
}

// SASL passes the SASL layer, protocol header included (§5.3.2). Challenges are answered with empty responses.
func (c *Conn) SASL(cred Credentials) error {
	mechanisms, err := c.Mechanisms()
	if err != nil {
		return err
	}
	offered := false
	for _, m := range mechanisms {
		offered = offered || m == cred.Mechanism
	}
	if !offered {
		return fmt.Errorf("peer: the partner does not offer the SASL mechanism %s but %v", cred.Mechanism, mechanisms)
	}
	init := Fields{"mechanism": cred.Mechanism}
	if cred.Response != nil {
		init["initial-response"] = cred.Response
	}
	c.sendSASL("sasl-init", init)
	for {
		f, err := c.Expect("sasl-outcome", "sasl-challenge")
		if err != nil {
			return err
		}
		if f.Name == "sasl-challenge" {
			c.sendSASL("sasl-response", Fields{"response": []byte{}})
			continue
		}
		if code, ok := f.Uint("code"); !ok || code != 0 {
			return fmt.Errorf("peer: the SASL layer ended with %s", f)
		}
		return nil
	}
}

// Mechanisms opens the SASL layer and returns the mechanisms that the partner offers.
func (c *Conn) Mechanisms() ([]wire.Symbol, error) {
	h, err := c.Header(wire.HeaderSASL)
	if err != nil {
		return nil, err
	}
	if h != wire.HeaderSASL {
		return nil, fmt.Errorf("peer: the partner answers the SASL header with %s", h)
	}
	f, err := c.Expect("sasl-mechanisms")
	if err != nil {
		return nil, err
	}
	switch v := f.Field("sasl-server-mechanisms").(type) {
	case wire.Symbol:
		return []wire.Symbol{v}, nil
	case []wire.Symbol:
		return v, nil
	}
	return nil, nil
}

func (c *Conn) sendSASL(name string, fields Fields) {
	c.SendFrame(wire.RawFrame{Type: wire.FrameSASL, Body: Composite(name, fields).Append(nil)})
}

// ContainerID is the container-id of the peer.
const ContainerID = "collider-conformance"

// OpenFields are the fields that Open sends, with the overrides applied.
func OpenFields(overrides Fields) Fields {
	return Fields{"container-id": ContainerID}.with(overrides)
}

// Open sends open and returns the partner's (§2.4.1), which may have come before.
func (c *Conn) Open(overrides Fields) (*Frame, error) {
	c.SendPerformative(0, "open", OpenFields(overrides))
	return c.AwaitOpen()
}

// AwaitOpen returns the partner's open, which may have come before.
func (c *Conn) AwaitOpen() (*Frame, error) {
	if c.remote.Open != nil {
		return c.remote.Open, nil
	}
	return c.Expect("open")
}

// BeginFields are the fields that Begin sends, with the overrides applied.
func BeginFields(overrides Fields) Fields {
	return Fields{
		"next-outgoing-id": uint32(0), "incoming-window": uint32(2048), "outgoing-window": uint32(2048),
	}.with(overrides)
}

// Begin begins a session on the channel and returns the partner's begin for it (§2.5.1).
func (c *Conn) Begin(channel uint16, overrides Fields) (*Frame, error) {
	c.SendPerformative(channel, "begin", BeginFields(overrides))
	f, err := c.Expect("begin")
	if err != nil {
		return nil, err
	}
	if remote, ok := f.Uint("remote-channel"); !ok || uint16(remote) != channel {
		return f, fmt.Errorf("peer: want begin for channel %d, got %s", channel, f)
	}
	return f, nil
}

// Attach attaches a link on the session of the channel and returns the partner's attach (§2.6.3). By default it is a
// sending link to a null target.
func (c *Conn) Attach(channel uint16, name string, handle uint32, overrides Fields) (*Frame, error) {
	c.SendPerformative(channel, "attach", AttachFields(name, handle, overrides))
	return c.Expect("attach")
}

// AttachFields are the fields that Attach sends, with the overrides applied.
func AttachFields(name string, handle uint32, overrides Fields) Fields {
	return Fields{
		"name": name, "handle": handle, "role": false,
		"source": Described("source", nil), "initial-delivery-count": uint32(0),
	}.with(overrides)
}

// End ends the session of the channel and returns the partner's end (§2.5.4).
func (c *Conn) End(channel uint16) (*Frame, error) {
	c.SendPerformative(channel, "end", nil)
	return c.Expect("end")
}

// Close sends close and returns the partner's (§2.4.3).
func (c *Conn) Close(overrides Fields) (*Frame, error) {
	c.SendPerformative(0, "close", overrides)
	return c.Expect("close")
}

// Expect returns the next frame that is not noise; it must be one of the named performatives. The error is an
// *UnexpectedError.
func (c *Conn) Expect(names ...string) (*Frame, error) {
	ev := c.Next()
	for _, name := range names {
		if ev.Is(name) {
			return ev.Frame, nil
		}
	}
	return nil, &UnexpectedError{strings.Join(names, " or "), ev}
}
