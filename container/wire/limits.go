package wire

// Limits bounds what one decoding may cost. The zero value selects all defaults.
//
// Memory is bounded by the input: nothing is allocated for a claimed size or count that the remaining octets cannot
// back, and what is allocated is at most about 64 octets per octet of input, plus 32 octets per element of MaxZeroWidth.
type Limits struct {
	// MaxFrameSize is the largest frame, in octets, that Frame.Decode accepts, as advertised to the peer in
	// open.max-frame-size (§2.7.1). Default: no limit. A larger frame is refused before its body has arrived.
	MaxFrameSize uint32
	// MaxDepth is how deep lists, maps, arrays and described values may nest inside each other. Default: 64.
	MaxDepth int
	// MaxZeroWidth is how many array elements without octets of their own (null, true, false, uint0, ulong0, list0)
	// one frame, message or value may hold in all its arrays together. Default: 4096.
	MaxZeroWidth int

	_ struct{}
}

const (
	defaultMaxDepth     = 64
	defaultMaxZeroWidth = 4096
)

func (l *Limits) maxDepth() int {
	if l.MaxDepth > 0 {
		return l.MaxDepth
	}
	return defaultMaxDepth
}

func (l *Limits) maxZeroWidth() int {
	if l.MaxZeroWidth > 0 {
		return l.MaxZeroWidth
	}
	return defaultMaxZeroWidth
}
