package wire

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// textOctetsMax bounds how many octets of a binary value or payload are shown.
const textOctetsMax = 128

// Text returns a value or composite on one line, in the notation of Proton's frame traces: "string", :symbol,
// b"binary", [list], {map=…}, @array[…], @descriptor value. Composites show their fields by name and leave out those
// that are null:
//
//	@transfer(20) [handle=0, delivery-id=7, delivery-tag=b"\x01"]
//
// Long binary values are cut, and the secrets of SASL frames are not shown.
func Text(v any) string {
	var t texter
	t.value(v)
	return t.String()
}

// String returns the frame's channel, performative and payload on one line.
func (f *Frame) String() string {
	var t texter
	fmt.Fprintf(&t, "%d ", f.Channel)
	if p := f.Performative(); p != nil {
		t.value(p)
	} else {
		t.WriteString("(empty frame)")
	}
	t.payload(f.Payload)
	return t.String()
}

// String returns descriptor, fields by name, and payload on one line.
func (r *RawBody) String() string {
	var t texter
	t.described(Described{r.Descriptor, r.Value})
	t.payload(r.Payload)
	return t.String()
}

// FrameText returns the octets of one frame, or of a protocol header, on one line. It never fails: what cannot be
// decoded is shown as octets with the reason.
func FrameText(b []byte) string {
	var h ProtocolHeader
	if n, err := h.Decode(b); err == nil && n == len(b) && n != 0 {
		return h.String()
	}
	var t texter
	var f RawFrame
	n, err := f.Decode(b)
	if err != nil || n == 0 {
		t.undecodable(b, err)
		return t.String()
	}
	fmt.Fprintf(&t, "%d ", f.Channel)
	if f.Type > FrameSASL {
		fmt.Fprintf(&t, "(frame type %d) ", f.Type)
	}
	if len(f.Body) == 0 {
		t.WriteString("(empty frame)")
		return t.String()
	}
	var body RawBody
	if err := body.Decode(f.Body, Limits{}); err != nil {
		t.undecodable(f.Body, err)
		return t.String()
	}
	t.WriteString(body.String())
	return t.String()
}

// texter collects text.
type texter struct{ strings.Builder }

func (t *texter) undecodable(b []byte, err error) {
	reason := "incomplete"
	if err != nil {
		reason = err.Error()
	}
	fmt.Fprintf(t, "(%d octets: %s) ", len(b), reason)
	t.octets(b)
}

func (t *texter) payload(b []byte) {
	if len(b) != 0 {
		fmt.Fprintf(t, " (%d) ", len(b))
		t.octets(b)
	}
}

// octets writes b"…", printable ASCII as it is.
func (t *texter) octets(b []byte) {
	const digits = "0123456789abcdef"
	t.WriteString(`b"`)
	for _, c := range b[:min(len(b), textOctetsMax)] {
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			t.WriteByte(c)
			continue
		}
		t.Write([]byte{'\\', 'x', digits[c>>4], digits[c&15]})
	}
	t.WriteByte('"')
	if len(b) > textOctetsMax {
		t.WriteString("…")
	}
}

func (t *texter) value(v any) {
	switch v := v.(type) {
	case nil:
		t.WriteString("null")
	case string:
		t.WriteString(strconv.Quote(v))
	case Symbol:
		t.symbol(v)
	case []byte:
		t.octets(v)
	case Char:
		t.WriteString(strconv.QuoteRune(rune(v)))
	case UUID:
		t.WriteString(v.String())
	case Decimal32, Decimal64, Decimal128:
		fmt.Fprintf(t, "%#x", v)
	case List:
		t.sequence('[', len(v), func(i int) { t.value(v[i]) }, ']')
	case Map:
		t.sequence('{', len(v), func(i int) { t.value(v[i].Key); t.WriteByte('='); t.value(v[i].Value) }, '}')
	case Described:
		t.described(v)
	case Composite:
		t.composite(v)
	default:
		t.other(v)
	}
}

// other writes arrays and plain numbers.
func (t *texter) other(v any) {
	n := arrayLen(v)
	if n < 0 {
		fmt.Fprint(t, v)
		return
	}
	t.WriteByte('@')
	if a, ok := v.(Array); ok {
		for _, d := range a.Descriptors {
			t.value(d)
			t.WriteByte(' ')
		}
	}
	t.sequence('[', n, func(i int) { t.value(element(v, i)) }, ']')
}

// symbol writes :name, quoted where the name is not a plain one.
func (t *texter) symbol(s Symbol) {
	t.WriteByte(':')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(`"\,=[]{}()@`, c) >= 0 {
			t.WriteString(strconv.Quote(string(s)))
			return
		}
	}
	if s == "" {
		t.WriteString(`""`)
	}
	t.WriteString(string(s))
}

func (t *texter) sequence(open byte, n int, item func(i int), end byte) {
	t.WriteByte(open)
	for i := range n {
		if i > 0 {
			t.WriteString(", ")
		}
		item(i)
	}
	t.WriteByte(end)
}

// composite writes what the encoder makes of c.
func (t *texter) composite(c Composite) {
	b, err := c.appendTo(nil)
	if err != nil {
		fmt.Fprintf(t, "@%s(%d) (%s)", c.Descriptor(), uint64(c.Descriptor()), err)
		return
	}
	v, _, err := DecodeValue(b, Limits{})
	if err != nil {
		t.undecodable(b, err) // deeper or wider than the limits allow
		return
	}
	t.value(v)
}

// described writes @name(code) for the descriptors of the specification, and fields by name.
func (t *texter) described(v Described) {
	body := RawBody{Descriptor: v.Descriptor, Value: v.Value}
	typ := spec.ByCode(uint64(body.Code()))
	if typ == nil {
		t.WriteByte('@')
		t.value(v.Descriptor)
		t.WriteByte(' ')
		t.value(v.Value)
		return
	}
	fmt.Fprintf(t, "@%s(%d) ", typ.Name, typ.Code)
	if fields, ok := v.Value.(List); ok && typ.Class == spec.Composite {
		t.fields(typ, fields)
		return
	}
	t.value(v.Value)
}

// fields writes the fields that are not null, by name; those beyond the defined ones by number.
func (t *texter) fields(typ *spec.Type, fields List) {
	t.WriteByte('[')
	separator := ""
	for i, v := range fields {
		if v == nil {
			continue
		}
		t.WriteString(separator)
		separator = ", "
		if i >= len(typ.Fields) {
			fmt.Fprintf(t, "%d=", i)
			t.value(v)
			continue
		}
		t.WriteString(typ.Fields[i].Name)
		t.WriteByte('=')
		if b, ok := v.([]byte); ok && isSecret(Code(typ.Code)) {
			fmt.Fprintf(t, "(%d octets)", len(b))
			continue
		}
		t.value(v)
	}
	t.WriteByte(']')
}

// isSecret tells the SASL frames whose binary fields carry credentials or proofs of them.
func isSecret(c Code) bool {
	switch c {
	case CodeSASLInit, CodeSASLChallenge, CodeSASLResponse, CodeSASLOutcome:
		return true
	}
	return false
}
