package peer

import (
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// Direction tells who sent an entry of the log.
type Direction uint8

// The directions. A Note is a remark of the script or of the peer.
const (
	Note Direction = iota
	Out
	In
)

var arrows = [...]string{"·", "→", "←"}

// String returns "→" for what the peer sent, "←" for what it received, "·" for a note.
func (d Direction) String() string { return arrows[d] }

// Entry is one line of the log.
type Entry struct {
	// At is the time since the start of the log.
	At time.Duration
	// Conn numbers the connections of the log from 1; 0 is none.
	Conn int
	Dir  Direction
	// Hex are the octets in hexadecimal. The bodies of SASL frames that the peer sent stand as "**" per octet.
	// Octets beyond the log's bound are left out and counted in Text.
	Hex string
	// Text is the decoded form, or the remark.
	Text string
}

// String returns the entry on one line: offset in seconds, connection, direction, text, hexadecimal octets.
func (e Entry) String() string {
	s := fmt.Sprintf("%11.6f %d %s %s", e.At.Seconds(), e.Conn, e.Dir, e.Text)
	if e.Hex != "" {
		s += "\n            " + e.Hex
	}
	return s
}

// Log records both directions of the connections of one case. It may be used by several goroutines.
type Log struct {
	start time.Time

	mu      sync.Mutex
	conns   int
	octets  int
	entries []Entry
}

const (
	// logEntryMax bounds the octets of one entry, logMax those of a log: about three times that in memory.
	logEntryMax = 4 << 10
	logMax      = 1 << 20
)

// NewLog returns a log whose offsets count from now.
func NewLog() *Log { return &Log{start: time.Now()} }

// Entries returns a copy of the entries so far.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Entry(nil), l.entries...)
}

// String returns the entries, one or two lines each.
func (l *Log) String() string {
	var b strings.Builder
	for _, e := range l.Entries() {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Note adds a remark that belongs to no connection.
func (l *Log) Note(format string, args ...any) { l.add(0, Note, "", fmt.Sprintf(format, args...)) }

func (l *Log) since() time.Duration { return time.Since(l.start) }

func (l *Log) newConn() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns++
	return l.conns
}

func (l *Log) add(conn int, dir Direction, octets, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, Entry{At: l.since(), Conn: conn, Dir: dir, Hex: octets, Text: text})
}

// octetsOut logs what the peer sent, one entry per header or frame.
func (l *Log) octetsOut(conn int, b []byte) {
	for _, p := range split(b) {
		if p.secret() {
			l.add(conn, Out, hex.EncodeToString(p.b[:wire.FrameHeaderSize])+strings.Repeat("**", len(p.b)-wire.FrameHeaderSize), p.text())
			continue
		}
		l.piece(conn, Out, p.b, p.text())
	}
}

// octetsIn logs one header, frame or remainder that the peer received.
func (l *Log) octetsIn(conn int, b []byte, text string) { l.piece(conn, In, b, text) }

func (l *Log) piece(conn int, dir Direction, b []byte, text string) {
	l.mu.Lock()
	room := min(logMax-l.octets, logEntryMax, len(b))
	l.octets += room
	l.mu.Unlock()
	if room < len(b) {
		text += fmt.Sprintf(" (%d octets, %d shown)", len(b), room)
	}
	l.add(conn, dir, hex.EncodeToString(b[:room]), text)
}

// piece is a header, a frame, or octets that are neither.
type piece struct {
	b     []byte
	frame bool
	raw   wire.RawFrame
}

// split cuts octets into headers and frames; what is neither is the last piece.
func split(b []byte) []piece {
	var pieces []piece
	for len(b) > 0 {
		var h wire.ProtocolHeader
		if n, err := h.Decode(b); err == nil && n > 0 {
			pieces, b = append(pieces, piece{b: b[:n]}), b[n:]
			continue
		}
		var f wire.RawFrame
		n, err := f.Decode(b)
		if err != nil || n == 0 {
			return append(pieces, piece{b: b})
		}
		pieces, b = append(pieces, piece{b: b[:n], frame: true, raw: f}), b[n:]
	}
	return pieces
}

// secret reports whether the octets may carry credentials: the peer's SASL frames do (§5.3.3.2, §5.3.3.4).
func (p *piece) secret() bool { return p.frame && p.raw.Type == wire.FrameSASL }

func (p *piece) text() string {
	if p.secret() && newFrame(p.b, p.raw).Name == "" {
		return "(SASL frame without a performative)"
	}
	return cut(wire.FrameText(p.b))
}
