package wire

import "encoding/binary"

// The raw layer writes and reads frames without holding them to the specification. It is for those who test other
// implementations: what the typed codec would refuse, the raw layer can say and can see.

// RawFrame is a frame as octets. Its zero value with a Body is a correct AMQP frame on channel 0.
type RawFrame struct {
	// Size is the size field. Absent: the octets that the frame really takes.
	Size Optional[uint32]
	// DOFF is the data offset field, in words of four octets. Absent: what header and Extended take.
	DOFF Optional[uint8]
	// Type is the type octet.
	Type FrameType
	// Channel are the octets 6 and 7 of the header, whatever they mean for the type.
	Channel uint16
	// Extended are the octets between header and body. Append fills them up with zeros to whole words.
	Extended []byte
	// Body are the octets after the extended header: performative and payload.
	Body []byte
}

// Append appends the frame to dst as it is, whether or not its parts fit each other. It panics if Extended is longer
// than a data offset can tell and DOFF is absent.
func (f *RawFrame) Append(dst []byte) []byte {
	start := len(dst)
	words := 2 + (len(f.Extended)+3)/4
	if words > 0xff && !f.DOFF.Set {
		panic("wire: extended header is too long for a data offset")
	}
	dst = append(dst, 0, 0, 0, 0, f.DOFF.Or(uint8(words)), byte(f.Type), byte(f.Channel>>8), byte(f.Channel))
	dst = append(dst, f.Extended...)
	for len(dst)-start < 4*words {
		dst = append(dst, 0)
	}
	dst = append(dst, f.Body...)
	binary.BigEndian.PutUint32(dst[start:], f.Size.Or(size32(len(dst)-start)))
	return dst
}

// Decode splits the frame at the start of b and returns the number of octets it takes, or 0 and no error if b holds
// only the beginning of a frame. Extended and Body alias b. The error is a *DecodeError for a size or data offset from
// which header and body cannot be told; there is no limit on the size.
func (f *RawFrame) Decode(b []byte) (n int, err error) {
	if len(b) < 4 {
		return 0, nil
	}
	size := binary.BigEndian.Uint32(b)
	if e := checkFrameSize(size, &Limits{}); e != nil {
		return 0, e
	}
	if uint64(len(b)) < uint64(size) {
		return 0, nil
	}
	n = int(size)
	body := int(b[4]) * 4
	if e := checkDOFF(body, n); e != nil {
		return n, e
	}
	*f = RawFrame{
		Size: Some(size), DOFF: Some(b[4]),
		Type: FrameType(b[5]), Channel: binary.BigEndian.Uint16(b[6:]),
		Extended: b[FrameHeaderSize:body:body], Body: b[body:n:n],
	}
	return n, nil
}

// RawBody is the body of a frame, read without interpretation.
type RawBody struct {
	// Descriptor is the descriptor as it was sent: a uint64, a Symbol, or what else the peer thought fit.
	Descriptor any
	// Value is the described value. It is a List for every performative of the specification.
	Value any
	// Payload are the octets after the described value. It aliases the decoded input.
	Payload []byte
}

// Decode reads a described value and takes the rest of b as payload. The error is a *DecodeError.
func (r *RawBody) Decode(b []byte, lim Limits) error {
	v, n, err := DecodeValue(b, lim)
	if err != nil {
		return err
	}
	described, ok := v.(Described)
	if !ok {
		return &DecodeError{Reason: "want a described value", Condition: ConditionDecodeError}
	}
	*r = RawBody{Descriptor: described.Descriptor, Value: described.Value, Payload: b[n:]}
	return nil
}

// Code returns the numeric form of the descriptor, 0 if the specification does not define it.
func (r *RawBody) Code() Code {
	switch v := r.Descriptor.(type) {
	case uint64:
		return Code(v)
	case Symbol:
		return codeOf(string(v))
	}
	return 0
}

// Fields returns the elements of a list value, nil for another value.
func (r *RawBody) Fields() List {
	l, _ := r.Value.(List)
	return l
}
