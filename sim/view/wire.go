package view

import (
	"fmt"

	"github.com/collider-amqp/collider/netsim"
)

// wires turns what happens on the network into the rows of its lanes.
type wires struct {
	decode  Decoder
	names   []string // of connections, in order of appearance
	conns   map[uint32]*wire
	rows    []wireRow
	dropped int
}

// wire is a connection on the network.
type wire struct {
	index int
	ways  [2]wireWay // there and back
}

// wireWay is a direction of it.
type wireWay struct {
	buf       []byte // written, and not yet a whole frame
	taken     uint64 // octets of frames
	undecoded bool   // nothing can be made of the stream any more
	waiting   []int  // rows of frames not yet delivered
}

// wireRow is a row about a frame or an event of a connection.
type wireRow struct {
	moment
	wire int
	back bool
	what string // "frame", "delivered", "dialed", …
	text string
	size int
	end  uint64 // offset after the frame
	of   int    // delivered: the row of the frame, else -1
}

// maxRows and maxUndecoded bound the memory.
const (
	maxRows      = 1 << 16
	maxUndecoded = 1 << 20
	maxText      = 600
)

func (x *wires) observe(e netsim.Event, now moment) {
	w := x.conns[e.Conn]
	if w == nil {
		if x.conns == nil {
			x.conns = map[uint32]*wire{}
		}
		w = &wire{index: len(x.names)}
		x.conns[e.Conn] = w
		x.names = append(x.names, fmt.Sprintf("wire %d: %s → %s", e.Conn, e.Dialer.Host, e.Acceptor))
	}
	way := &w.ways[0]
	if e.Back {
		way = &w.ways[1]
	}
	row := wireRow{moment: now, wire: w.index, back: e.Back, of: -1}
	switch e.What {
	case netsim.Sent:
		x.sent(way, e.Bytes, row)
	case netsim.Delivered:
		x.delivered(way, e.Offset+uint64(len(e.Bytes)), row)
	case netsim.Dialed, netsim.Refused, netsim.Connected, netsim.Ended, netsim.WasReset:
		row.what = e.What.String()
		if e.What == netsim.Ended {
			row.what = "end of stream"
		}
		x.add(row)
	}
}

func (x *wires) add(row wireRow) bool {
	if len(x.rows) >= maxRows {
		x.dropped++
		return false
	}
	x.rows = append(x.rows, row)
	return true
}

// sent takes the frames that are whole now.
func (x *wires) sent(way *wireWay, b []byte, row wireRow) {
	row.what = "frame"
	if x.decode == nil || way.undecoded {
		x.frame(way, len(b), fmt.Sprintf("%d octets", len(b)), row)
		return
	}
	way.buf = append(way.buf, b...)
	for len(way.buf) > 0 {
		n, text := x.decode(way.buf)
		if n <= 0 || n > len(way.buf) {
			break
		}
		x.frame(way, n, text, row)
		way.buf = way.buf[n:]
	}
	if len(way.buf) > maxUndecoded {
		x.frame(way, len(way.buf), fmt.Sprintf("%d octets without a frame", len(way.buf)), row)
		way.buf, way.undecoded = nil, true
	}
}

func (x *wires) frame(way *wireWay, n int, text string, row wireRow) {
	way.taken += uint64(n)
	row.size, row.text, row.end = n, cut(text), way.taken
	if x.add(row) {
		way.waiting = append(way.waiting, len(x.rows)-1)
	}
}

// delivered marks the frames whose last octet has come. Those that came at once
// get no row of their own.
func (x *wires) delivered(way *wireWay, end uint64, row wireRow) {
	for len(way.waiting) > 0 && x.rows[way.waiting[0]].end <= end {
		i := way.waiting[0]
		way.waiting = way.waiting[1:]
		f := &x.rows[i]
		if f.after == row.after && f.at == row.at {
			continue
		}
		row.what, row.of, row.text, row.size = "delivered", i, f.text, f.size
		x.add(row)
	}
}

func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	n := maxText
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n] + "…"
}
