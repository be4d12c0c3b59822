package stage

import "github.com/collider-amqp/collider/container/wire"

// DecodeFrame takes the protocol header (§2.2) or frame (§2.3) at the start of b.
// It returns how many octets it takes and one line about it, or 0 if b holds only
// its beginning. What cannot be split any further is taken whole, with the reason.
// It is a view.Decoder.
func DecodeFrame(b []byte) (n int, text string) {
	var h wire.ProtocolHeader
	if n, err := h.Decode(b); err == nil {
		if n == 0 {
			return 0, ""
		}
		return n, h.String()
	}
	var f wire.RawFrame
	n, err := f.Decode(b)
	switch {
	case err != nil:
		n = len(b)
	case n == 0:
		return 0, ""
	}
	return n, wire.FrameText(b[:n])
}
