package wire

import "strconv"

// ProtocolHeaderSize is the number of octets of a protocol header (§2.2).
const ProtocolHeaderSize = 8

// ProtocolHeader opens each direction of a connection and of each security layer (§2.2): "AMQP", id, version.
type ProtocolHeader struct {
	ID       uint8
	Major    uint8
	Minor    uint8
	Revision uint8
}

// The protocol headers of AMQP 1.0.
var (
	HeaderAMQP = ProtocolHeader{ID: 0, Major: 1} // §2.2
	HeaderTLS  = ProtocolHeader{ID: 2, Major: 1} // §5.2.1
	HeaderSASL = ProtocolHeader{ID: 3, Major: 1} // §5.3.2
)

// Append appends the eight octets of the header to dst.
func (h ProtocolHeader) Append(dst []byte) []byte {
	return append(dst, 'A', 'M', 'Q', 'P', h.ID, h.Major, h.Minor, h.Revision)
}

// String returns the header as protocol traces show it, such as "AMQP 0 1.0.0".
func (h ProtocolHeader) String() string {
	itoa := func(n uint8) string { return strconv.Itoa(int(n)) }
	return "AMQP " + itoa(h.ID) + " " + itoa(h.Major) + "." + itoa(h.Minor) + "." + itoa(h.Revision)
}

// Decode decodes the header at the start of b and returns its size. It returns 0 and no error if b is shorter but may
// become a header. The error is a *DecodeError with amqp:connection:framing-error: b cannot become a header. Whether
// id and version are acceptable is for the caller to judge.
func (h *ProtocolHeader) Decode(b []byte) (n int, err error) {
	const magic = "AMQP"
	for i := 0; i < len(magic) && i < len(b); i++ {
		if b[i] != magic[i] {
			return 0, &DecodeError{
				Offset: i, Type: "protocol-header", Reason: "the first octets are not \"AMQP\"",
				Condition: ConditionConnectionFramingError,
			}
		}
	}
	if len(b) < ProtocolHeaderSize {
		return 0, nil
	}
	*h = ProtocolHeader{ID: b[4], Major: b[5], Minor: b[6], Revision: b[7]}
	return ProtocolHeaderSize, nil
}
