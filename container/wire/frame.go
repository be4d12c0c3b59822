package wire

import (
	"encoding/binary"
	"strconv"
)

// FrameType is the type octet of a frame header (§2.3.1).
type FrameType uint8

const (
	// FrameAMQP frames carry a performative of part 2 and, for a transfer, a payload (§2.3.2).
	FrameAMQP FrameType = 0
	// FrameSASL frames carry a performative of the SASL security layer (§5.3.1).
	FrameSASL FrameType = 1
)

const (
	// FrameHeaderSize is the number of octets of a frame header without extension (§2.3.1).
	FrameHeaderSize = 8
	// MinMaxFrameSize is the least max-frame-size that a peer may set, and the largest frame before open has been
	// received and in the SASL layer (§2.4.1, §2.8.19, §5.3.1).
	MinMaxFrameSize = 512
)

// Frame is one received frame. It is meant to be used again: Decode overwrites it, keeping its memory.
//
// Code tells which of the performatives is filled in; the others hold what earlier frames left there. Strings, maps
// and composites are fresh and may be kept; octets ([]byte, Payload, binary values in maps) alias the decoded input.
type Frame struct {
	// Type is the frame's type; it says which performatives are legal.
	Type FrameType
	// Channel is the channel of an AMQP frame; for a SASL frame these octets have no meaning (§5.3.1).
	Channel uint16
	// Code names the performative in the frame. Zero is an AMQP frame without body, which only resets the peer's
	// idle time-out (§2.4.5).
	Code Code

	Open        Open
	Begin       Begin
	Attach      Attach
	Flow        Flow
	Transfer    Transfer
	Disposition Disposition
	Detach      Detach
	End         End
	Close       Close

	SASLMechanisms SASLMechanisms
	SASLInit       SASLInit
	SASLChallenge  SASLChallenge
	SASLResponse   SASLResponse
	SASLOutcome    SASLOutcome

	// Payload are the octets after the performative, which only a transfer has. It aliases the decoded input and is
	// empty but not nil if there are none.
	Payload []byte
}

// Decode decodes the frame at the start of b and returns the number of octets it takes. It returns 0 and no error if
// b holds only the beginning of a frame: call it again with more octets.
//
// The error is a *DecodeError. With it, n is the size of the frame if the frame's boundary could be told, so that
// Type and Channel hold, Code is the performative's code if that far the frame was sound, and n octets could be
// skipped; else n is 0 and the connection cannot go on. Offsets count from the start of b.
//
// The octets of the frame's extended header are skipped (§2.3.1).
func (f *Frame) Decode(b []byte, lim Limits) (n int, err error) {
	f.Code, f.Payload = 0, nil
	if len(b) < 4 {
		return 0, nil
	}
	size := binary.BigEndian.Uint32(b)
	if e := checkFrameSize(size, &lim); e != nil {
		return 0, e
	}
	if uint64(len(b)) < uint64(size) {
		return 0, nil
	}
	n = int(size)
	f.Type, f.Channel = FrameType(b[5]), binary.BigEndian.Uint16(b[6:])
	body := int(b[4]) * 4
	if e := checkDOFF(body, n); e != nil {
		return n, e
	}
	var d decoder
	d.init(b[:n:n], &lim)
	d.pos = body
	switch f.Type {
	case FrameAMQP:
		if body < n {
			f.decodeAMQP(&d)
		}
	case FrameSASL:
		f.decodeSASL(&d)
	default:
		return n, framingError(5, "frame type "+strconv.Itoa(int(f.Type))+" is neither AMQP nor SASL")
	}
	if d.err == nil {
		f.Payload = d.b[d.pos:]
		f.checkPayload(&d)
	}
	return n, d.result()
}

func framingError(at int, reason string) *DecodeError {
	return &DecodeError{Offset: at, Type: "frame", Reason: reason, Condition: ConditionConnectionFramingError}
}

// checkFrameSize checks the first four octets: a size below that of the header is malformed (§2.3.1), one above our
// max-frame-size is refused without waiting for the body (§2.7.1).
func checkFrameSize(size uint32, lim *Limits) *DecodeError {
	if size < FrameHeaderSize {
		return framingError(0, "size "+strconv.Itoa(int(size))+" is less than the frame header")
	}
	if lim.MaxFrameSize != 0 && size > lim.MaxFrameSize || size > 1<<31-1 {
		return framingError(0, "size "+strconv.FormatUint(uint64(size), 10)+" exceeds the maximum frame size")
	}
	return nil
}

// checkDOFF checks the data offset: at least two words and inside the frame (§2.3.1).
func checkDOFF(body, size int) *DecodeError {
	if body < FrameHeaderSize || body > size {
		return framingError(4, "data offset "+strconv.Itoa(body/4)+" does not fit the frame")
	}
	return nil
}

// checkPayload fails if octets follow a performative that has no payload: only transfer has one (§2.3.2, §5.3.1).
func (f *Frame) checkPayload(d *decoder) {
	if len(f.Payload) != 0 && f.Code != CodeTransfer {
		d.code = f.Code
		d.fail(d.pos, ConditionConnectionFramingError, "octets after the performative")
		f.Payload = nil
	}
}

// decodeAMQP reads the performative of an AMQP frame.
func (f *Frame) decodeAMQP(d *decoder) {
	at := d.pos
	c := d.descriptor()
	switch c {
	case CodeTransfer:
		f.Transfer.decode(d)
	case CodeDisposition:
		f.Disposition.decode(d)
	case CodeFlow:
		f.Flow.decode(d)
	case CodeOpen:
		f.Open.decode(d)
	case CodeBegin:
		f.Begin.decode(d)
	case CodeAttach:
		f.Attach.decode(d)
	case CodeDetach:
		f.Detach.decode(d)
	case CodeEnd:
		f.End.decode(d)
	case CodeClose:
		f.Close.decode(d)
	default:
		d.unknown(at, "performative", c)
		return
	}
	f.Code = c
}

// decodeSASL reads the performative of a SASL frame; there must be one (§5.3.1).
func (f *Frame) decodeSASL(d *decoder) {
	at := d.pos
	c := d.descriptor()
	switch c {
	case CodeSASLMechanisms:
		f.SASLMechanisms.decode(d)
	case CodeSASLInit:
		f.SASLInit.decode(d)
	case CodeSASLChallenge:
		f.SASLChallenge.decode(d)
	case CodeSASLResponse:
		f.SASLResponse.decode(d)
	case CodeSASLOutcome:
		f.SASLOutcome.decode(d)
	default:
		d.unknown(at, "SASL performative", c)
		return
	}
	f.Code = c
}

// Performative returns the performative that the last Decode filled in, or nil for a frame without body.
func (f *Frame) Performative() Performative {
	switch f.Code {
	case CodeOpen:
		return &f.Open
	case CodeBegin:
		return &f.Begin
	case CodeAttach:
		return &f.Attach
	case CodeFlow:
		return &f.Flow
	case CodeTransfer:
		return &f.Transfer
	case CodeDisposition:
		return &f.Disposition
	case CodeDetach:
		return &f.Detach
	case CodeEnd:
		return &f.End
	case CodeClose:
		return &f.Close
	case CodeSASLMechanisms:
		return &f.SASLMechanisms
	case CodeSASLInit:
		return &f.SASLInit
	case CodeSASLChallenge:
		return &f.SASLChallenge
	case CodeSASLResponse:
		return &f.SASLResponse
	case CodeSASLOutcome:
		return &f.SASLOutcome
	}
	return nil
}

// AppendFrame appends a frame to dst: header, performative (nil for an empty frame), payload. It does not compare the
// size with the peer's max-frame-size; the caller does, by the length of the result. It panics as Composite.Append
// does, and if the frame exceeds 4 GiB.
func AppendFrame(dst []byte, t FrameType, channel uint16, p Performative, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, FrameHeaderSize/4, byte(t), byte(channel>>8), byte(channel))
	if p != nil {
		dst = p.Append(dst)
	}
	dst = append(dst, payload...)
	binary.BigEndian.PutUint32(dst[start:], size32(len(dst)-start))
	return dst
}

// AppendEmptyFrame appends an AMQP frame without body, which keeps an idle connection alive (§2.4.5).
func AppendEmptyFrame(dst []byte) []byte { return AppendFrame(dst, FrameAMQP, 0, nil, nil) }
