package history

import "math/bits"

// The digest is a fixed function of the fields: the same on every machine and
// in every build. It guards against chance, not against forgery.
const (
	digestSeed = 0x9e3779b97f4a7c15
	digestMul  = 0xa0761d6478bd642f
	digestMul2 = 0xe7037ed1a0b428db
)

// Hash returns a hash of the event: of every field but Seq, which is given by
// the order. It is what a recorder mixes into its World's digest.
//
//go:norace
func (e *Event) Hash() uint64 {
	ok := uint64(0)
	if e.OK {
		ok = 1
	}
	d := mix(digestSeed^e.Of, uint64(e.Time)^uint64(e.Kind)<<56^ok<<55)
	d = mix(d^e.Step, uint64(uint32(e.Thread))|uint64(e.Container)<<32)
	d = mix(d^(uint64(e.Listener)|uint64(e.Conn)<<32), uint64(e.Session)|uint64(e.Link)<<32)
	d = mix(d^uint64(e.Queue), e.Item)
	d = mix(d, uint64(e.Count))
	d = mixString(d, e.Name)
	if e.Text == "" {
		return d
	}
	return mixString(d, e.Text)
}

// mix is the multiply-fold step of wyhash.
//
//go:norace
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^digestMul, b^digestMul2)
	return hi ^ lo
}

//go:norace
func mixString(d uint64, s string) uint64 {
	n := uint64(len(s))
	for len(s) >= 8 {
		d = mix(d, word(s))
		s = s[8:]
	}
	var tail uint64
	for i := 0; i < len(s); i++ {
		tail |= uint64(s[i]) << (8 * i)
	}
	return mix(d^n, tail)
}

//go:norace
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
