package wire

import (
	"bytes"
	"math/bits"
)

// mapRule restricts the keys and values of a map.
type mapRule uint8

const (
	keyAny        mapRule = iota
	keySymbol             // fields: symbol keys (§2.8.13), as filter sets (§3.5.8) and node properties (§3.5.9)
	keyAnnotation         // annotations: symbol or ulong keys (§3.2.10)
	keyProperty           // application properties: string keys, simple values (§3.2.5)
	keyTag                // attach.unsettled: delivery tags as keys (§2.7.3)
)

// mapOf reads a map of the rule, constructor included, into the memory of old.
func (d *decoder) mapOf(rule mapRule, old Map) Map {
	start := d.pos
	if start < len(d.b) {
		if f := &formats[d.b[start]]; f.cat == compound && f.typ == TypeMap {
			d.pos++
			return d.mapBody(f, start, rule, old)
		}
	}
	d.wrong(TypeMap)
	return nil
}

// mapBody reads a map after its format code. An entry of old at the same place that is equal is used again.
func (d *decoder) mapBody(f *format, start int, rule mapRule, old Map) Map {
	if !d.enter(start) {
		return nil
	}
	defer d.leave()
	n, outer := d.compoundHeader(f, start)
	if d.err == nil && n&1 != 0 {
		d.fail(start, ConditionDecodeError, "map has an odd number of elements")
	}
	if n > len(d.b)-d.pos {
		d.fail(start, ConditionDecodeError, "count of "+f.name+" does not fit its size")
	}
	if d.err != nil {
		return nil
	}
	n /= 2
	m := old[:cap(old)]
	if len(m) < n || m == nil {
		m = make(Map, n)
		copy(m, old)
	}
	m = m[:n]
	var seen keySet
	for i := 0; i < n && d.err == nil; i++ {
		e := &m[i]
		at := d.pos
		e.Key = d.value(e.Key)
		d.checkKey(at, rule, e.Key)
		if d.err == nil && seen.add(m[:i], e.Key) {
			d.fail(at, ConditionDecodeError, "map has two equal keys")
		}
		at = d.pos
		e.Value = d.value(e.Value)
		if rule == keyProperty {
			d.checkSimple(at)
		}
	}
	d.closeCompound(f, outer)
	return m
}

// checkKey checks the key that was read from position at.
func (d *decoder) checkKey(at int, rule mapRule, key any) {
	if d.err != nil {
		return
	}
	if reason := keyFault(rule, key); reason != "" {
		d.fail(at, ConditionDecodeError, reason)
	}
}

// keyFault tells what the rule has against the key, or "".
func keyFault(rule mapRule, key any) string {
	switch rule {
	case keySymbol:
		if _, ok := key.(Symbol); !ok {
			return "map key must be a symbol"
		}
	case keyAnnotation:
		_, symbol := key.(Symbol)
		if _, ulong := key.(uint64); !symbol && !ulong {
			return "map key must be a symbol or a ulong"
		}
	case keyProperty:
		if _, ok := key.(string); !ok {
			return "map key must be a string"
		}
	case keyTag:
		if _, ok := key.([]byte); !ok {
			return "map key must be a binary"
		}
	case keyAny:
		if key == nil {
			return "map key must not be null"
		}
	}
	return ""
}

// checkSimple checks that the value read from position at is of a simple type: not a map, list, array (§3.2.5) and
// not described.
func (d *decoder) checkSimple(at int) {
	if d.err != nil {
		return
	}
	c := d.b[at]
	if t := formats[c].typ; c == FormatDescribed || t == TypeList || t == TypeMap || t == TypeArray {
		d.fail(at, ConditionDecodeError, "application property is not of a simple type")
	}
}

// keySet finds equal keys in a map while it is read (§1.6.23). A 64-bit filter of key hashes spares most comparisons;
// large maps switch to a set of canonical encodings, which keeps the cost linear.
type keySet struct {
	filter uint64
	large  map[string]struct{}
}

// keySetLarge is the number of entries from which a set is cheaper than comparing.
const keySetLarge = 32

// add adds key and reports whether before holds an equal one; before are all entries added so far.
func (s *keySet) add(before Map, key any) (duplicate bool) {
	if len(before) >= keySetLarge {
		return s.addLarge(before, key)
	}
	bit := uint64(1) << (keyHash(key) & 63)
	if s.filter&bit == 0 {
		s.filter |= bit
		return false
	}
	return before.find(key) >= 0
}

func (s *keySet) addLarge(before Map, key any) (duplicate bool) {
	if s.large == nil {
		s.large = make(map[string]struct{}, 2*keySetLarge)
		for i := range before {
			s.large[canonical(before[i].Key)] = struct{}{}
		}
	}
	k := canonical(key)
	_, duplicate = s.large[k]
	s.large[k] = struct{}{}
	return duplicate
}

// keyHash returns a number that is equal for equal keys.
func keyHash(key any) uint32 {
	switch k := key.(type) {
	case string:
		return textHash(k)
	case Symbol:
		return textHash(string(k))
	case uint64:
		return uint32(k)
	}
	return 0
}

func textHash(s string) uint32 {
	n := len(s)
	if n == 0 {
		return 0
	}
	h := uint32(n)*0x9e3779b1 ^ uint32(s[0])*0x85ebca6b ^ uint32(s[n-1])*0xc2b2ae35 ^ uint32(s[n/2])*0x27d4eb2f
	return bits.RotateLeft32(h, 9) ^ h
}

// keysEqual compares two map keys by AMQP type and value.
func keysEqual(a, b any) bool {
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b
	case Symbol:
		b, ok := b.(Symbol)
		return ok && a == b
	case uint64:
		b, ok := b.(uint64)
		return ok && a == b
	}
	x, errX := AppendValue(nil, a)
	y, errY := AppendValue(nil, b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// canonical returns the smallest encoding of a decoded value: equal values have equal ones.
func canonical(v any) string {
	b, err := AppendValue(nil, v)
	if err != nil {
		panic("wire: a decoded value has no encoding: " + err.Error())
	}
	return string(b)
}
