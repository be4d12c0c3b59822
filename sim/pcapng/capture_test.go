package pcapng_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/pcapng"
)

// tap is a Capture that watches a run from outside.
type tap struct{ *pcapng.Capture }

func (tap) Begin(*sim.World)                 {}
func (tap) Chose([]*sim.Thread, *sim.Thread) {}
func (tap) Recorded(uint64, []sim.Frame)     {}

// capture runs a scenario and returns the file of its capture.
func capture(t *testing.T, s *sim.Scenario, seed uint64) []byte {
	t.Helper()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	c := pcapng.NewCapture(fmt.Sprintf("scenario %s, seed %d", s.Name, seed))
	if r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Tap: tap{c}}); r.Failure != nil {
		t.Fatal(r.Failure)
	}
	return write(t, c)
}

func write(t *testing.T, c *pcapng.Capture) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := c.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo returned %d, %v; %d octets were written", n, err, b.Len())
	}
	return b.Bytes()
}

// packet is what a test reads of a packet.
type packet struct {
	at       time.Duration // since the World's epoch
	from, to string
	seq, ack uint32
	flags    byte
	payload  []byte
}

func (p *packet) String() string {
	var flags []string
	for i, f := range []string{"FIN", "SYN", "RST", "PSH", "ACK"} {
		if p.flags>>i&1 != 0 {
			flags = append(flags, f)
		}
	}
	return fmt.Sprintf("%v %s>%s %s %d/%d %s", p.at, p.from, p.to, strings.Join(flags, "+"), p.seq, p.ack, p.payload)
}

// blocks splits a file, and checks that each block's two lengths agree.
func blocks(t *testing.T, b []byte) map[uint32][][]byte {
	t.Helper()
	le := binary.LittleEndian
	out := map[uint32][][]byte{}
	for len(b) > 0 {
		if len(b) < 12 {
			t.Fatalf("%d octets are no block", len(b))
		}
		typ, n := le.Uint32(b), le.Uint32(b[4:])
		if n%4 != 0 || int(n) > len(b) || le.Uint32(b[n-4:]) != n {
			t.Fatalf("block %#x has length %d of %d", typ, n, len(b))
		}
		out[typ] = append(out[typ], b[8:n-4])
		b = b[n:]
	}
	return out
}

// packets reads the packets of a file and checks their lengths and checksums.
func packets(t *testing.T, file []byte) []packet {
	t.Helper()
	be, le := binary.BigEndian, binary.LittleEndian
	var out []packet
	for _, b := range blocks(t, file)[6] {
		n := le.Uint32(b[12:])
		ip := b[20 : 20+n]
		if be.Uint16(ip[2:]) != uint16(n) || le.Uint32(b[16:]) != n {
			t.Errorf("a packet of %d octets says %d", n, be.Uint16(ip[2:]))
		}
		tcp := ip[20:]
		pseudo := slices.Concat(ip[12:20], []byte{0, 6}, be.AppendUint16(nil, uint16(len(tcp))), tcp)
		if sum(ip[:20]) != 0xffff || sum(pseudo) != 0xffff {
			t.Errorf("a packet has wrong checksums: %x", ip)
		}
		at := uint64(le.Uint32(b[4:]))<<32 | uint64(le.Uint32(b[8:]))
		out = append(out, packet{
			at:   time.Duration(at - uint64(sim.Epoch.UnixNano())),
			from: fmt.Sprintf("%d:%d", ip[15], be.Uint16(tcp)), to: fmt.Sprintf("%d:%d", ip[19], be.Uint16(tcp[2:])),
			seq: be.Uint32(tcp[4:]), ack: be.Uint32(tcp[8:]), flags: tcp[13], payload: tcp[20:],
		})
	}
	return out
}

// sum is the ones' complement sum, which is all ones if a checksum is right.
func sum(b []byte) uint16 {
	var s uint32
	for i, c := range b {
		s += uint32(c) << (8 * (1 - i%2))
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

var (
	client = netsim.Addr{Host: "client", Port: 49152}
	server = netsim.Addr{Host: "server", Port: 5672}
)

func event(what netsim.What, back bool, text string) netsim.Event {
	return netsim.Event{Time: 7, What: what, Conn: 1, Back: back, Dialer: client, Acceptor: server, Bytes: []byte(text)}
}

func check(t *testing.T, c *pcapng.Capture, want ...string) {
	t.Helper()
	var got []string
	for _, p := range packets(t, write(t, c)) {
		got = append(got, p.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSegments(t *testing.T) {
	c := pcapng.NewCapture("")
	for _, e := range []netsim.Event{
		event(netsim.Delivered, false, "before its dial"),
		event(netsim.Dialed, false, ""), event(netsim.Connected, false, ""), event(netsim.Accepted, false, ""),
		event(netsim.Sent, false, "abc"), event(netsim.Delivered, false, "abc"), event(netsim.Delivered, true, "de"),
		event(netsim.Ended, false, ""), event(netsim.Delivered, false, "after the end"),
		event(netsim.Delivered, true, "f"), event(netsim.WasReset, true, ""), event(netsim.Delivered, true, "after the reset"),
	} {
		c.Observe(e)
	}
	check(t, c,
		"7ns 1:49152>2:5672 SYN 1000/0 ",
		"7ns 2:5672>1:49152 SYN+ACK 1000/1001 ",
		"7ns 1:49152>2:5672 ACK 1001/1001 ",
		"7ns 1:49152>2:5672 PSH+ACK 1001/1001 abc",
		"7ns 2:5672>1:49152 PSH+ACK 1001/1004 de",
		"7ns 1:49152>2:5672 FIN+ACK 1004/1003 ",
		"7ns 2:5672>1:49152 PSH+ACK 1003/1005 f",
		"7ns 2:5672>1:49152 RST+ACK 1004/1005 ",
	)
}

func TestRefusedDial(t *testing.T) {
	c := pcapng.NewCapture("")
	c.Observe(event(netsim.Dialed, false, ""))
	c.Observe(event(netsim.Refused, false, ""))
	check(t, c, "7ns 1:49152>2:5672 SYN 1000/0 ", "7ns 2:5672>1:49152 RST+ACK 1000/1001 ")
}

func TestLongPiecesAreCut(t *testing.T) {
	c := pcapng.NewCapture("")
	c.Observe(event(netsim.Dialed, false, ""))
	long := strings.Repeat("0123456789", 10_000)
	c.Observe(event(netsim.Delivered, false, long))
	var got []byte
	for _, p := range packets(t, write(t, c))[1:] {
		if p.seq != 1001+uint32(len(got)) {
			t.Errorf("after %d octets the sequence number is %d", len(got), p.seq)
		}
		got = append(got, p.payload...)
	}
	if string(got) != long {
		t.Errorf("%d octets came of %d", len(got), len(long))
	}
}

func TestFileNamesRunAndHosts(t *testing.T) {
	c := pcapng.NewCapture("scenario x, seed 1")
	c.SetComment("scenario x, seed 2")
	c.Observe(event(netsim.Dialed, false, ""))
	all := blocks(t, write(t, c))
	if b := all[0x0A0D0D0A]; len(b) != 1 || !bytes.Contains(b[0], []byte("scenario x, seed 2")) {
		t.Errorf("the section header is %q", b)
	}
	if b := all[4]; len(b) != 1 || !bytes.Contains(b[0], []byte("\x0a\x00\x00\x01client\x00")) || !bytes.Contains(b[0], []byte("\x0a\x00\x00\x02server\x00")) {
		t.Errorf("the name resolution is %q", b)
	}
	if len(all[1]) != 1 || len(all[6]) != 1 {
		t.Errorf("%d interfaces, %d packets", len(all[1]), len(all[6]))
	}
}

func TestEqualRunsGiveEqualBytes(t *testing.T) {
	a, b := capture(t, scenarios.Broker, 3), capture(t, scenarios.Broker, 3)
	if !bytes.Equal(a, b) {
		t.Error("two files of one run differ")
	}
	if len(packets(t, a)) < 10 {
		t.Errorf("there are %d packets", len(packets(t, a)))
	}
}

// A capture flushed piece by piece is the one written at once, but for the place of the
// names.
func TestFlush(t *testing.T) {
	whole, parts := pcapng.NewCapture("x"), pcapng.NewCapture("x")
	var file bytes.Buffer
	other := event(netsim.Dialed, false, "")
	other.Conn, other.Dialer.Host = 2, "another"
	for i, e := range []netsim.Event{
		event(netsim.Dialed, false, ""), event(netsim.Connected, false, ""), event(netsim.Delivered, false, "abc"), other,
		event(netsim.Ended, false, ""), event(netsim.Delivered, true, "de"), event(netsim.Ended, true, ""),
	} {
		whole.Observe(e)
		parts.Observe(e)
		if i%2 == 1 {
			if parts.Buffered() == 0 {
				t.Errorf("nothing is buffered after event %d", i)
			}
			if err := parts.Flush(&file); err != nil || parts.Buffered() != 0 {
				t.Fatal(err, parts.Buffered())
			}
		}
	}
	if err := parts.Flush(&file); err != nil {
		t.Fatal(err)
	}
	want, got := blocks(t, write(t, whole)), blocks(t, file.Bytes())
	if len(got[6]) != 8 || !slices.EqualFunc(got[6], want[6], bytes.Equal) || !slices.EqualFunc(got[1], want[1], bytes.Equal) {
		t.Errorf("%d packets, want %d", len(got[6]), len(want[6]))
	}
	if names := bytes.Join(got[4], nil); !bytes.Contains(names, []byte("\x0a\x00\x00\x03another\x00")) || bytes.Count(names, []byte("client")) != 1 {
		t.Errorf("the names are %q", got[4])
	}
	if err := parts.Flush(broken{}); err == nil || !strings.HasPrefix(err.Error(), "pcapng: ") {
		t.Errorf("a write that fails: %v", err)
	}
}

// broken fails each write.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 3, io.ErrShortWrite }

func TestWriteToTellsOfErrors(t *testing.T) {
	if n, err := pcapng.NewCapture("").WriteTo(broken{}); n != 3 || err == nil || !strings.HasPrefix(err.Error(), "pcapng: ") {
		t.Errorf("got %d, %v", n, err)
	}
}
