package wire

// Composite is a described list of the specification, or a described message section: one of the types that are
// generated from the table of package spec. Only this package implements it.
type Composite interface {
	// Descriptor returns the numeric descriptor.
	Descriptor() Code
	// Append appends the smallest encoding, descriptor included, to dst. Optional values that are absent and values
	// equal to the field's default are left out at the end, else written as null, or as false. Append panics with an *EncodeError if
	// a string, symbol or map that the caller supplied has no encoding; Validate tells beforehand.
	Append(dst []byte) []byte
	// Reset sets every field to the value that its absence stands for.
	Reset()

	appendTo(dst []byte) ([]byte, error)
}

// Performative is the body of a frame (§2.7), or of a SASL frame (§5.3.3).
type Performative interface {
	Composite
	isPerformative()
}

// DeliveryState is the state of a delivery: *Received, *Accepted, *Rejected, *Released, *Modified, *Declared or
// *TransactionalState (§3.4, §4.5). Absent is nil.
type DeliveryState interface {
	Composite
	isDeliveryState()
}

// Outcome is a terminal delivery state: *Accepted, *Rejected, *Released, *Modified or *Declared. Absent is nil.
type Outcome interface {
	DeliveryState
	isOutcome()
}

// LifetimePolicy says when a dynamically created node is deleted (§3.5.10 to §3.5.13): *DeleteOnClose,
// *DeleteOnNoLinks, *DeleteOnNoMessages or *DeleteOnNoLinksOrMessages. It is the value of the symbol
// "lifetime-policy" in dynamic-node-properties (§3.5.9).
type LifetimePolicy interface {
	Composite
	isLifetimePolicy()
}

// mustAppend turns the error of an encoding into a panic.
func mustAppend(dst []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return dst
}

// openComposite appends a descriptor and a list with count fields, whose size closeComposite fills in.
func openComposite(dst []byte, code Code, count int) []byte {
	return append(dst, FormatDescribed, FormatSmallUlong, byte(code), FormatList8, 0, byte(count))
}

// emptyComposite appends a descriptor and an empty list.
func emptyComposite(dst []byte, code Code) []byte {
	return append(dst, FormatDescribed, FormatSmallUlong, byte(code), FormatList0)
}

// closeComposite fills in the size of the list whose fields start at start.
func closeComposite(dst []byte, start, count int) []byte {
	return closeCompound(dst, start-3, count)
}
