package wire

// MessageFormat is the message-format of the format of part 3, which Message implements (§3.2.16).
const MessageFormat uint32 = 0

// Message is a message in the format of §3.2: annotations around an immutable bare message of properties, application
// properties and body.
//
// The body is one of three kinds: one or more data sections, one or more sequence sections, or one value.
//
// A Message that Decode has filled aliases the decoded octets and memory that the next Decode uses again. Clone makes
// a copy that stays.
type Message struct {
	// Header holds delivery details such as durability and priority; nil if absent, which means all its defaults.
	Header *Header
	// DeliveryAnnotations are for the next hop only. Keys are Symbol or uint64. Nil if absent.
	DeliveryAnnotations Map
	// MessageAnnotations travel with the message. Keys are Symbol or uint64. Nil if absent.
	MessageAnnotations Map
	// Properties holds the standard properties of the bare message; nil if absent.
	Properties *Properties
	// ApplicationProperties are the application's own. Keys are strings, values of simple types. Nil if absent.
	ApplicationProperties Map
	// Data are the data sections of a binary body, which together are one string of octets.
	Data [][]byte
	// Sequence are the amqp-sequence sections of a body of lists.
	Sequence []List
	// Value is the amqp-value section of a body of one value.
	Value any
	// HasValue tells a body of the value null from one of no value. It need not be set if Value is not nil.
	HasValue bool
	// Footer holds details that can only be known after the whole bare message, such as hashes. Keys are Symbol or
	// uint64. Nil if absent.
	Footer Map

	spare spareMessage
}

// spareMessage is the memory of earlier decodings. It is kept apart from the exported fields, so that Decode never
// writes into what the user has put there.
type spareMessage struct {
	header                *Header
	properties            *Properties
	deliveryAnnotations   Map
	messageAnnotations    Map
	applicationProperties Map
	footer                Map
	data                  [][]byte
	sequence              []List
	value                 any
}

// NewMessage returns a message with one value as body. The Go types of values are those of AppendValue.
func NewMessage(value any) *Message { return &Message{Value: value, HasValue: true} }

// NewDataMessage returns a message with one data section as body. The message aliases data.
func NewDataMessage(data []byte) *Message { return &Message{Data: [][]byte{data}} }

// Reset removes all sections. Memory of earlier decodings is kept.
func (m *Message) Reset() { *m = Message{spare: m.spare} }

// Append appends the encoding of the message to dst. A message without body gets the value null, because the
// specification requires a body (§3.2). The error is an *EncodeError as of AppendValue, or because the body is of
// more than one kind or a map breaks the rules for its keys and values; dst is then returned as it was.
func (m *Message) Append(dst []byte) ([]byte, error) {
	n := len(dst)
	out, err := m.appendSections(dst)
	if err != nil {
		return dst[:n], err
	}
	return out, nil
}

func (m *Message) appendSections(dst []byte) (_ []byte, err error) {
	if m.Header != nil {
		if dst, err = m.Header.appendTo(dst); err != nil {
			return dst, err
		}
	}
	if m.DeliveryAnnotations != nil {
		if dst, err = appendMap(appendDescriptor(dst, CodeDeliveryAnnotations), m.DeliveryAnnotations, keyAnnotation); err != nil {
			return dst, err
		}
	}
	if m.MessageAnnotations != nil {
		if dst, err = appendMap(appendDescriptor(dst, CodeMessageAnnotations), m.MessageAnnotations, keyAnnotation); err != nil {
			return dst, err
		}
	}
	if m.Properties != nil {
		if dst, err = m.Properties.appendTo(dst); err != nil {
			return dst, err
		}
	}
	if m.ApplicationProperties != nil {
		if dst, err = appendMap(appendDescriptor(dst, CodeApplicationProperties), m.ApplicationProperties, keyProperty); err != nil {
			return dst, err
		}
	}
	if dst, err = m.appendBody(dst); err != nil {
		return dst, err
	}
	if m.Footer != nil {
		return appendMap(appendDescriptor(dst, CodeFooter), m.Footer, keyAnnotation)
	}
	return dst, nil
}

// appendDescriptor appends the constructor of a section.
func appendDescriptor(dst []byte, code Code) []byte {
	return append(dst, FormatDescribed, FormatSmallUlong, byte(code))
}

func (m *Message) appendBody(dst []byte) (_ []byte, err error) {
	hasValue := m.HasValue || m.Value != nil
	switch {
	case len(m.Data) != 0:
		if hasValue || len(m.Sequence) != 0 {
			return dst, errBodyKinds
		}
		for _, b := range m.Data {
			dst = appendBinary(appendDescriptor(dst, CodeData), b)
		}
		return dst, nil
	case len(m.Sequence) != 0:
		if hasValue {
			return dst, errBodyKinds
		}
		for _, l := range m.Sequence {
			if dst, err = appendList(appendDescriptor(dst, CodeAMQPSequence), l); err != nil {
				return dst, err
			}
		}
		return dst, nil
	}
	return appendAny(appendDescriptor(dst, CodeAMQPValue), m.Value)
}

var errBodyKinds = &EncodeError{"message", "its body is of more than one kind"}

// Decode replaces the message by the one that b holds, as a whole. Octets in the message alias b; memory of earlier
// decodings is used again.
//
// The error is a *DecodeError, after which the contents of the message are undefined: for sections that are unknown,
// out of order, repeated, or bodies of more than one kind (§3.2), and for whatever is wrong inside a section.
// A message without body is accepted.
func (m *Message) Decode(b []byte, lim Limits) error {
	m.Header, m.Properties = nil, nil
	m.DeliveryAnnotations, m.MessageAnnotations, m.ApplicationProperties, m.Footer = nil, nil, nil, nil
	m.Data, m.Sequence, m.Value, m.HasValue = nil, nil, nil, false
	var d decoder
	d.init(b, &lim)
	last := Code(0)
	for d.pos < len(d.b) {
		at := d.pos
		c := d.descriptor()
		if !sectionMayFollow(last, c) {
			d.misplaced(at, last, c)
			break
		}
		d.code, last = c, c
		m.decodeSection(&d, c)
	}
	return d.result()
}

// sectionMayFollow reports whether section c may stand after section last: the descriptors ascend in the order of
// sections, only data and amqp-sequence repeat, and only one of the three body kinds occurs (§3.2).
func sectionMayFollow(last, c Code) bool {
	if c < CodeHeader || c > CodeFooter {
		return false
	}
	if last >= CodeData && last <= CodeAMQPValue && c <= CodeAMQPValue {
		return c == last && c != CodeAMQPValue
	}
	return c > last
}

// misplaced fails because of a section that is unknown or stands where it may not.
func (d *decoder) misplaced(at int, last, c Code) {
	if c < CodeHeader || c > CodeFooter {
		d.unknown(at, "message section", c)
		return
	}
	d.fail(at, ConditionDecodeError, "section "+c.String()+" may not follow section "+last.String())
}

func (m *Message) decodeSection(d *decoder, c Code) {
	s := &m.spare
	switch c {
	case CodeData:
		if m.Data == nil {
			m.Data = s.data[:0]
		}
		m.Data = append(m.Data, d.octets(FormatBinary8, FormatBinary32, TypeBinary))
		s.data = m.Data
	case CodeAMQPValue:
		s.value = d.value(s.value)
		m.Value, m.HasValue = s.value, true
	case CodeAMQPSequence:
		m.decodeSequence(d)
	case CodeHeader:
		if s.header == nil {
			s.header = new(Header)
		}
		s.header.decode(d)
		m.Header = s.header
	case CodeProperties:
		if s.properties == nil {
			s.properties = new(Properties)
		}
		s.properties.decode(d)
		m.Properties = s.properties
	case CodeDeliveryAnnotations:
		s.deliveryAnnotations = d.mapOf(keyAnnotation, s.deliveryAnnotations)
		m.DeliveryAnnotations = s.deliveryAnnotations
	case CodeMessageAnnotations:
		s.messageAnnotations = d.mapOf(keyAnnotation, s.messageAnnotations)
		m.MessageAnnotations = s.messageAnnotations
	case CodeApplicationProperties:
		s.applicationProperties = d.mapOf(keyProperty, s.applicationProperties)
		m.ApplicationProperties = s.applicationProperties
	case CodeFooter:
		s.footer = d.mapOf(keyAnnotation, s.footer)
		m.Footer = s.footer
	}
}

// decodeSequence reads an amqp-sequence section into the memory of the list that was at its place before.
func (m *Message) decodeSequence(d *decoder) {
	s := &m.spare
	if m.Sequence == nil {
		m.Sequence = s.sequence[:0]
	}
	var old List
	if n := len(m.Sequence); n < cap(m.Sequence) {
		old = m.Sequence[:n+1][n]
	}
	m.Sequence = append(m.Sequence, d.list(old))
	s.sequence = m.Sequence
}

// list reads a list, constructor included, into the memory of old.
func (d *decoder) list(old List) List {
	start := d.pos
	if start < len(d.b) {
		if f := &formats[d.b[start]]; f.cat != unassigned && f.typ == TypeList {
			l, _ := d.value(old).(List)
			return l
		}
	}
	d.wrong(TypeList)
	return nil
}
