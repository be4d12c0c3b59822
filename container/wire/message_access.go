package wire

// The accessors of this file are Proton's names for what applications use most. Getters return the default or the
// zero value where the section or field is absent; setters create the section.

// header returns the header, creating one of defaults.
func (m *Message) header() *Header {
	if m.Header == nil {
		m.Header = new(Header)
		m.Header.Reset()
	}
	return m.Header
}

// properties returns the properties, creating empty ones.
func (m *Message) properties() *Properties {
	if m.Properties == nil {
		m.Properties = new(Properties)
	}
	return m.Properties
}

// Durable reports whether the message must survive a restart of its holder (§3.2.1). Default: false.
func (m *Message) Durable() bool { return m.Header != nil && m.Header.Durable }

// SetDurable sets durable.
func (m *Message) SetDurable(durable bool) { m.header().Durable = durable }

// Priority returns the relative priority (§3.2.1). Default: 4.
func (m *Message) Priority() uint8 {
	if m.Header == nil {
		return 4
	}
	return m.Header.Priority
}

// SetPriority sets the priority; 0 to 9 are in common use.
func (m *Message) SetPriority(priority uint8) { m.header().Priority = priority }

// TTL returns the time to live in milliseconds, and whether there is one (§3.2.1).
func (m *Message) TTL() (milliseconds uint32, ok bool) {
	if m.Header == nil {
		return 0, false
	}
	return m.Header.TTL.V, m.Header.TTL.Set
}

// SetTTL sets the time to live in milliseconds.
func (m *Message) SetTTL(milliseconds uint32) { m.header().TTL = Some(milliseconds) }

// FirstAcquirer reports whether no other link has acquired the message before (§3.2.1). Default: false.
func (m *Message) FirstAcquirer() bool { return m.Header != nil && m.Header.FirstAcquirer }

// SetFirstAcquirer sets first-acquirer.
func (m *Message) SetFirstAcquirer(first bool) { m.header().FirstAcquirer = first }

// DeliveryCount returns the number of earlier deliveries that failed (§3.2.1). Default: 0.
func (m *Message) DeliveryCount() uint32 {
	if m.Header == nil {
		return 0
	}
	return m.Header.DeliveryCount
}

// SetDeliveryCount sets delivery-count.
func (m *Message) SetDeliveryCount(n uint32) { m.header().DeliveryCount = n }

// ID returns message-id (§3.2.4): a uint64, UUID, []byte or string; nil if there is none.
func (m *Message) ID() any {
	if m.Properties == nil {
		return nil
	}
	return m.Properties.MessageID
}

// SetID sets message-id, which must be a uint64, UUID, []byte or string.
func (m *Message) SetID(id any) { m.properties().MessageID = id }

// CorrelationID returns correlation-id (§3.2.4): a uint64, UUID, []byte or string; nil if there is none.
func (m *Message) CorrelationID() any {
	if m.Properties == nil {
		return nil
	}
	return m.Properties.CorrelationID
}

// SetCorrelationID sets correlation-id, which must be a uint64, UUID, []byte or string.
func (m *Message) SetCorrelationID(id any) { m.properties().CorrelationID = id }

// UserID returns user-id (§3.2.4), nil if there is none.
func (m *Message) UserID() []byte {
	if m.Properties == nil {
		return nil
	}
	return m.Properties.UserID
}

// SetUserID sets user-id. The message aliases id.
func (m *Message) SetUserID(id []byte) { m.properties().UserID = id }

// To returns the address of the node that the message is for (§3.2.4), "" if there is none.
func (m *Message) To() string {
	if m.Properties == nil {
		return ""
	}
	return m.Properties.To.V
}

// SetTo sets the address of the node that the message is for.
func (m *Message) SetTo(address string) { m.properties().To = Some(address) }

// Subject returns the subject (§3.2.4), "" if there is none.
func (m *Message) Subject() string {
	if m.Properties == nil {
		return ""
	}
	return m.Properties.Subject.V
}

// SetSubject sets the subject.
func (m *Message) SetSubject(subject string) { m.properties().Subject = Some(subject) }

// ReplyTo returns the address for replies (§3.2.4), "" if there is none.
func (m *Message) ReplyTo() string {
	if m.Properties == nil {
		return ""
	}
	return m.Properties.ReplyTo.V
}

// SetReplyTo sets the address for replies.
func (m *Message) SetReplyTo(address string) { m.properties().ReplyTo = Some(address) }

// ContentType returns the MIME type of a data body (§3.2.4), "" if there is none.
func (m *Message) ContentType() Symbol {
	if m.Properties == nil {
		return ""
	}
	return m.Properties.ContentType.V
}

// SetContentType sets the MIME type of a data body.
func (m *Message) SetContentType(mime Symbol) { m.properties().ContentType = Some(mime) }

// Property returns an application property (§3.2.5), nil if there is none of that name.
func (m *Message) Property(name string) any {
	v, _ := m.ApplicationProperties.Get(name)
	return v
}

// SetProperty sets an application property, whose value must be of a simple type (§3.2.5).
func (m *Message) SetProperty(name string, value any) { m.ApplicationProperties.Set(name, value) }

// Annotation returns a message annotation (§3.2.3), nil if there is none of that key.
func (m *Message) Annotation(key Symbol) any {
	v, _ := m.MessageAnnotations.Get(key)
	return v
}

// SetAnnotation sets a message annotation. Keys other than those that the specification defines begin with "x-opt-"
// (§3.2.10).
func (m *Message) SetAnnotation(key Symbol, value any) { m.MessageAnnotations.Set(key, value) }

// Body returns the body whatever its kind: the value, the octets of all data sections as one []byte (which aliases
// the message if there is one section), or the elements of all sequence sections as one List. It is nil for a body of
// the value null and for none.
func (m *Message) Body() any {
	switch {
	case len(m.Data) != 0:
		return m.Bytes()
	case len(m.Sequence) == 1:
		return m.Sequence[0]
	case len(m.Sequence) != 0:
		all := List{}
		for _, l := range m.Sequence {
			all = append(all, l...)
		}
		return all
	}
	return m.Value
}

// Bytes returns the octets of a body of data sections, or of a value that is a binary; else nil. The result aliases
// the message unless it has several data sections.
func (m *Message) Bytes() []byte {
	switch len(m.Data) {
	case 0:
		b, _ := m.Value.([]byte)
		return b
	case 1:
		return m.Data[0]
	}
	all := []byte{}
	for _, b := range m.Data {
		all = append(all, b...)
	}
	return all
}

// Text returns the body if it is a value that is a string, and whether it is.
func (m *Message) Text() (text string, ok bool) {
	text, ok = m.Value.(string)
	return text, ok
}
