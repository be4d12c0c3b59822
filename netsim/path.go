package netsim

import "time"

// Path describes the way of bytes from one host to another. It is of one
// direction; the way back has a Path of its own. The zero value delivers at once
// and whole.
type Path struct {
	// Latency is the time a byte is under way. Zero or less means none.
	Latency time.Duration
	// Jitter is added to the latency: for each write a uniform time in
	// [0, Jitter]. Bytes keep their order. Zero or less means none.
	Jitter time.Duration
	// Bandwidth in bytes per second of each stream. Zero or less means
	// unlimited.
	Bandwidth int64
	// SendBuffer is the number of bytes that a Write may leave undelivered
	// before it blocks. Zero or less means 64 KiB.
	SendBuffer int
	// ReceiveBuffer is the number of bytes that may be delivered but unread.
	// Zero or less means 64 KiB.
	ReceiveBuffer int
	// Split says how much of the bytes at hand a Read returns.
	Split Split
	// Reset says what becomes of delivered but unread bytes at a reset.
	Reset ResetMode

	_ struct{}
}

// Split says how much of the bytes at hand a Read returns.
type Split uint8

// The ways to split a stream into reads.
const (
	// SplitWhole returns all that is there and fits.
	SplitWhole Split = iota
	// SplitRandom returns all in about half of the reads, else a part drawn
	// from the stream's entropy.
	SplitRandom
	// SplitBytes returns one byte.
	SplitBytes
)

// ResetMode says what becomes of bytes that were delivered but not yet read
// when a reset arrives. Systems differ, and programs must bear both.
type ResetMode uint8

// The modes.
const (
	// ResetDraws keeps or discards them, drawn from the connection's entropy.
	ResetDraws ResetMode = iota
	// ResetKeeps leaves them readable, as Linux does.
	ResetKeeps
	// ResetDiscards drops them, as Windows does.
	ResetDiscards
)

const defaultBuffer = 64 << 10

// withDefaults returns p with each field in its normal form.
func (p Path) withDefaults() Path {
	p.Latency = max(p.Latency, 0)
	p.Jitter = max(p.Jitter, 0)
	p.Bandwidth = max(p.Bandwidth, 0)
	if p.SendBuffer <= 0 {
		p.SendBuffer = defaultBuffer
	}
	if p.ReceiveBuffer <= 0 {
		p.ReceiveBuffer = defaultBuffer
	}
	return p
}

// instant reports whether bytes cross the path inside Write.
func (p *Path) instant() bool { return p.Latency == 0 && p.Jitter == 0 && p.Bandwidth == 0 }

// way is a Path in use: the state that its streams share.
type way struct {
	Path
	from, to string
	blocked  int       // partitions in force
	streams  []*stream // of connections that are not over, in order of opening
}

// drop takes s off the way.
func (y *way) drop(s *stream) {
	for i, x := range y.streams {
		if x == s {
			y.streams = append(y.streams[:i], y.streams[i+1:]...)
			return
		}
	}
}
