package bridge

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/sim"
)

// amqpFrame is Options.Piece for AMQP: protocol headers and frames.
func amqpFrame(p []byte) int {
	switch {
	case len(p) < 4:
		return len(p) // the size is split: the rest follows
	case string(p[:4]) == "AMQP":
		return wire.ProtocolHeaderSize
	}
	return int(binary.BigEndian.Uint32(p))
}

// peer is a small AMQP peer, a thread of the World for each connection: it accepts
// whatever is attached, accepts and counts what is sent to it, and sends as many
// messages as it gets credit for.
type peer struct {
	w    *sim.World
	c    net.Conn
	err  error
	out  []byte
	in   uint32            // deliveries taken
	sent uint32            // deliveries sent
	link map[uint32]*plink // by handle; looked up only
}

type plink struct {
	role  wire.Role // the peer's own
	count uint32
}

// servePeer accepts connections until the listener is closed.
func servePeer(w *sim.World, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		p := &peer{w: w, c: c, link: map[uint32]*plink{}}
		w.Go("peer", func() {
			p.err = p.serve()
			c.Close()
		})
	}
}

func (p *peer) serve() error {
	header := make([]byte, wire.ProtocolHeaderSize)
	if _, err := io.ReadFull(p.c, header); err != nil {
		return err
	}
	if _, err := p.c.Write(header); err != nil {
		return err
	}
	var buf []byte
	var f wire.Frame
	part := make([]byte, 512)
	for f.Code != wire.CodeClose {
		n, err := f.Decode(buf, wire.Limits{})
		if err != nil {
			return err
		}
		if n == 0 {
			k, err := p.c.Read(part)
			if err != nil {
				return err
			}
			buf = append(buf, part[:k]...)
			continue
		}
		if err := p.answer(&f); err != nil {
			return err
		}
		buf = append([]byte(nil), buf[n:]...)
	}
	return nil
}

// answer sends what the frame asks for; each frame is a Write of its own.
func (p *peer) answer(f *wire.Frame) error {
	switch f.Code {
	case wire.CodeOpen:
		return p.send(&wire.Open{ContainerID: "peer", MaxFrameSize: 4096, ChannelMax: 10, IdleTimeOut: f.Open.IdleTimeOut}, nil)
	case wire.CodeBegin:
		return p.send(&wire.Begin{RemoteChannel: wire.Some(f.Channel), IncomingWindow: 1000, OutgoingWindow: 1000, HandleMax: 100}, nil)
	case wire.CodeAttach:
		return p.attach(&f.Attach)
	case wire.CodeFlow:
		return p.flow(&f.Flow)
	case wire.CodeTransfer:
		p.in++
		return p.send(&wire.Disposition{Role: wire.RoleReceiver, First: f.Transfer.DeliveryID.V, Settled: true, State: &wire.Accepted{}}, nil)
	case wire.CodeDetach:
		delete(p.link, f.Detach.Handle)
		return p.send(&wire.Detach{Handle: f.Detach.Handle, Closed: true}, nil)
	case wire.CodeEnd:
		return p.send(&wire.End{}, nil)
	case wire.CodeClose:
		return p.send(&wire.Close{}, nil)
	}
	return nil
}

func (p *peer) attach(a *wire.Attach) error {
	own := &plink{role: !a.Role}
	p.link[a.Handle] = own
	reply := &wire.Attach{Name: a.Name, Handle: a.Handle, Role: own.role, Source: a.Source, Target: a.Target}
	if own.role == wire.RoleSender {
		reply.InitialDeliveryCount = wire.Some[uint32](0)
		return p.send(reply, nil)
	}
	if err := p.send(reply, nil); err != nil {
		return err
	}
	return p.send(&wire.Flow{
		NextIncomingID: wire.Some[uint32](0), IncomingWindow: 1000, OutgoingWindow: 1000,
		Handle: wire.Some(a.Handle), DeliveryCount: wire.Some[uint32](0), LinkCredit: wire.Some[uint32](100),
	}, nil)
}

func (p *peer) flow(f *wire.Flow) error {
	l := p.link[f.Handle.V]
	if !f.Handle.Set || l == nil || l.role != wire.RoleSender {
		return nil
	}
	for l.count != f.DeliveryCount.V+f.LinkCredit.V {
		body, err := wire.NewMessage(fmt.Sprint("message ", p.sent)).Append(nil)
		if err != nil {
			return err
		}
		t := &wire.Transfer{
			Handle: f.Handle.V, DeliveryID: wire.Some(p.sent), DeliveryTag: binary.BigEndian.AppendUint32(nil, p.sent),
			MessageFormat: wire.Some[uint32](0),
		}
		p.sent++
		l.count++
		if err := p.send(t, body); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) send(f wire.Performative, payload []byte) error {
	p.out = wire.AppendFrame(p.out[:0], wire.FrameAMQP, 0, f, payload)
	_, err := p.c.Write(p.out)
	return err
}
