package engine

import "math"

// maxCredit bounds link-credit so that delivery-counts stay comparable (§2.8.10).
const maxCredit = math.MaxInt32

// sendCredit is a sender's part of link flow control (§2.6.7).
type sendCredit struct {
	initial SerialNumber // initial-delivery-count
	count   SerialNumber // delivery-count
	credit  uint32       // link-credit
	drain   bool         // the receiver's latest drain mode
}

// onFlow takes the receiver's state:
//
//	link-credit(snd) = delivery-count(rcv) + link-credit(rcv) - delivery-count(snd)
//
// with the initial delivery-count if the flow has none, that is, if the receiver has not seen the attach. A result
// below zero counts as zero, one above the receiver's link-credit as that.
func (s *sendCredit) onFlow(count SerialNumber, known bool, credit uint32, drain bool) {
	if !known {
		count = s.initial
	}
	left := int64(credit) - int64(s.count.Sub(count))
	s.credit = uint32(min(max(left, 0), int64(credit), maxCredit))
	s.drain = drain
}

// use accounts for the beginning of a delivery.
func (s *sendCredit) use() {
	if s.credit == 0 {
		panic("engine: a delivery without credit")
	}
	s.count++
	s.credit--
}

// giveBack uses up the credit without deliveries, as a drain demands, and returns how much it was.
func (s *sendCredit) giveBack() uint32 {
	n := s.credit
	s.count = s.count.Add(n)
	s.credit = 0
	return n
}

// receiveCredit is a receiver's part of link flow control (§2.6.7).
type receiveCredit struct {
	count   SerialNumber // delivery-count, as far as known from the sender
	known   bool         // the sender's attach has told count
	credit  uint32       // link-credit
	limit   SerialNumber // the highest delivery-count ever granted: count + credit, or more while credit was taken back
	drain   bool
	waiting uint32 // credit to be granted after the drain
}

// onAttach takes the sender's initial delivery-count; what was granted before counts from there.
func (r *receiveCredit) onAttach(initial SerialNumber) {
	granted := r.limit.Sub(r.count)
	r.count, r.limit = initial, initial.Add(uint32(granted))
	r.known = true
}

// set grants n deliveries from now on.
func (r *receiveCredit) set(n uint32) {
	r.credit = min(n, maxCredit)
	if end := r.count.Add(r.credit); r.limit.Less(end) {
		r.limit = end
	}
}

// add grants n more deliveries, after the drain if there is one.
func (r *receiveCredit) add(n uint32) {
	if r.drain {
		r.waiting = uint32(min(uint64(r.waiting)+uint64(n), maxCredit))
		return
	}
	r.set(uint32(min(uint64(r.credit)+uint64(n), maxCredit)))
}

// onDelivery accounts for the beginning of a delivery. It returns false if no credit covers it, neither the current
// one nor one that was taken back later (§2.6.10).
func (r *receiveCredit) onDelivery() bool {
	if r.count == r.limit {
		return false
	}
	r.count++
	if r.credit > 0 {
		r.credit--
	}
	return true
}

// onFlow takes the sender's delivery-count, which runs ahead when the sender gives credit back (§2.6.7).
func (r *receiveCredit) onFlow(count SerialNumber) {
	ahead := count.Sub(r.count)
	if !r.known || ahead <= 0 {
		return
	}
	r.credit -= min(r.credit, uint32(ahead))
	r.count = count
	if r.limit.Less(count) {
		r.limit = count
	}
}

// drained ends the drain if nothing is left of the credit, and grants what waited for it. It returns whether it did.
func (r *receiveCredit) drained() bool {
	if !r.drain || r.credit > 0 {
		return false
	}
	r.drain = false
	n := r.waiting
	r.waiting = 0
	r.add(n)
	return true
}
