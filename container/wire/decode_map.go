package wire

import "bytes"

// mapRule restricts the keys and values of a map: the set of key types that are allowed, and whether values must be
// of simple types.
type mapRule uint8

const (
	stringKeys mapRule = 1 << iota
	symbolKeys
	ulongKeys
	binaryKeys
	otherKeys // any type that has no bit of its own; never null
	simpleValues

	keyAny        = stringKeys | symbolKeys | ulongKeys | binaryKeys | otherKeys
	keySymbol     = symbolKeys                // fields (§2.8.13), filter sets (§3.5.8), node properties (§3.5.9)
	keyAnnotation = symbolKeys | ulongKeys    // annotations (§3.2.10)
	keyProperty   = stringKeys | simpleValues // application properties (§3.2.5)
	keyTag        = binaryKeys                // attach.unsettled: delivery tags (§2.7.3)
)

// keyReason words what keys a rule asks for.
func (r mapRule) keyReason() string {
	switch r {
	case keySymbol:
		return "map key must be a symbol"
	case keyAnnotation:
		return "map key must be a symbol or a ulong"
	case keyProperty:
		return "map key must be a string"
	case keyTag:
		return "map key must be a binary"
	}
	return "map key must not be null"
}

// admit reports whether the rule allows key, and returns a number that is equal for equal keys.
func (r mapRule) admit(key any) (hash uint32, ok bool) {
	switch k := key.(type) {
	case string:
		return textHash(k), r&stringKeys != 0
	case Symbol:
		return textHash(string(k)), r&symbolKeys != 0
	case uint64:
		return uint32(k), r&ulongKeys != 0
	case uint: // never decoded, but encoded as ulong
		return uint32(k), r&ulongKeys != 0
	case []byte:
		return textHash(string(k)), r&binaryKeys != 0
	case nil:
		return 0, false
	}
	return 0, r&otherKeys != 0
}

// forbidsValue reports whether the rule forbids a value whose encoding starts with format code c: application
// properties are no maps, lists or arrays (§3.2.5), and not described.
func (r mapRule) forbidsValue(c byte) bool {
	return r&simpleValues != 0 && (c >= FormatList8 || c == FormatList0 || c == FormatDescribed)
}

const simpleReason = "application property is not of a simple type"

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
		if hash, ok := rule.admit(e.Key); !ok {
			d.fail(at, ConditionDecodeError, rule.keyReason())
		} else if seen.add(i, hash) && seen.duplicate(m[:i], e.Key) {
			d.fail(at, ConditionDecodeError, "map has two equal keys")
		}
		at = d.pos
		if at < len(d.b) && rule.forbidsValue(d.b[at]) {
			d.fail(at, ConditionDecodeError, simpleReason)
		}
		e.Value = d.value(e.Value)
	}
	d.closeCompound(f, outer)
	return m
}

// keySet finds equal keys in a map while it is read (§1.6.23). A 64-bit filter of key hashes spares most comparisons;
// large maps switch to a set of canonical encodings, which keeps the cost linear.
type keySet struct {
	filter uint64
	large  map[string]struct{}
}

// keySetLarge is the number of entries from which a set is cheaper than comparing.
const keySetLarge = 32

// add adds the hash of a key, of which n have been added before, and reports whether the key may be among them: then
// duplicate gives the answer.
func (s *keySet) add(n int, hash uint32) (maybe bool) {
	bit := uint64(1) << (hash & 63)
	maybe = s.filter&bit != 0 || n >= keySetLarge
	s.filter |= bit
	return maybe
}

// duplicate reports whether before, all entries added so far, holds a key equal to key.
func (s *keySet) duplicate(before Map, key any) bool {
	if len(before) >= keySetLarge {
		return s.addLarge(before, key)
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

// textHash depends on the length and two of the octets, which is what tells apart the keys of most maps.
func textHash(s string) uint32 {
	n := len(s)
	if n == 0 {
		return 0
	}
	return uint32(n)*5 ^ uint32(s[n/2])*3 ^ uint32(s[n-1])
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
		if b, ok := b.(uint64); ok {
			return a == b
		}
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
