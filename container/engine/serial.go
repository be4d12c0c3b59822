package engine

// SerialNumber is a sequence-no of AMQP (§2.8.10): 32 bits with the arithmetic of RFC 1982. Delivery-ids,
// delivery-counts and transfer-ids are serial numbers; 0 follows 4294967295.
//
// Two numbers are comparable if they lie less than 2^31 apart. For numbers exactly 2^31 apart RFC 1982 leaves the
// order undefined; here neither is less than the other and Sub gives -2^31.
type SerialNumber uint32

// Add returns the number n steps after s (RFC 1982 §3.1). The result is comparable with s for n < 2^31.
func (s SerialNumber) Add(n uint32) SerialNumber { return s + SerialNumber(n) }

// Sub returns how many steps s lies after t; negative if s lies before t. The result is in [-2^31, 2^31).
func (s SerialNumber) Sub(t SerialNumber) int32 { return int32(s - t) }

// Less reports whether s comes before t (RFC 1982 §3.2).
func (s SerialNumber) Less(t SerialNumber) bool {
	d := int32(s - t)
	return d < 0 && d != -1<<31
}
