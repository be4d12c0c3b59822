package wire

import (
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"testing"
)

// allocated returns the octets that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestCountBombs: small inputs that claim much are refused without taking the memory that they claim.
func TestCountBombs(t *testing.T) {
	bombs := map[string]string{
		"list":            "d0 ff ff ff ff ff ff ff ff 40",
		"map":             "d1 ff ff ff fe ff ff ff fe 40",
		"array":           "f0 ff ff ff ff ff ff ff ff 70",
		"list count":      "d0 00 00 00 05 ff ff ff ff 40",
		"map count":       "d1 00 00 00 05 ff ff ff fe 40",
		"array count":     "f0 00 00 00 06 7f ff ff ff 50 00",
		"array of lists":  "f0 00 00 00 06 7f ff ff ff d0 00",
		"array of arrays": "f0 00 00 00 06 7f ff ff ff f0 00",
		"array of binary": "f0 00 00 00 06 7f ff ff ff b0 00",
		"nulls":           "f0 00 00 00 05 7f ff ff ff 40",
		"trues":           "f0 00 00 00 05 ff ff ff ff 41",
		"empty lists":     "f0 00 00 00 05 7f ff ff ff 45",
		"described nulls": "f0 00 00 00 08 7f ff ff ff 00 53 01 40",
		"binary":          "b0 ff ff ff ff 00",
		"string":          "b1 7f ff ff ff 61",
	}
	for name, text := range bombs {
		b := octets(t, text)
		var err error
		if n := allocated(func() { _, _, err = DecodeValue(b, Limits{}) }); err == nil || n > 4096 {
			t.Errorf("%s: %v, %d octets allocated", name, err, n)
		}
		var f Frame
		frame := RawFrame{Body: append(octets(t, "00 53 10 d0 00 00 00 40 00 00 00 0a a1 00 40 40 40 40 40 40 40 40"), b...)}
		frameOctets := frame.Append(nil)
		if n := allocated(func() { _, err = f.Decode(frameOctets, Limits{}) }); err == nil || n > 4096 {
			t.Errorf("%s in open: %v, %d octets allocated", name, err, n)
		}
	}
}

// TestZeroWidthLimit: elements without octets are counted over all arrays of one input.
func TestZeroWidthLimit(t *testing.T) {
	nulls := func(n int) []byte {
		v := RawValue{Format: FormatArray32, Count: Some(uint32(n)), Constructor: []byte{FormatNull}}
		return v.Append(nil)
	}
	for _, row := range []struct {
		counts []int
		limit  int
		ok     bool
	}{
		{[]int{4096}, 0, true}, {[]int{4097}, 0, false}, {[]int{2048, 2048}, 0, true}, {[]int{2048, 2048, 1}, 0, false},
		{[]int{10}, 10, true}, {[]int{11}, 10, false}, {[]int{math.MaxInt32}, 0, false}, {[]int{4096, 0}, -1, true},
	} {
		v := RawValue{Format: FormatList32}
		for _, n := range row.counts {
			v.Items = append(v.Items, nulls(n))
		}
		_, _, err := DecodeValue(v.Append(nil), Limits{MaxZeroWidth: row.limit})
		if row.ok != (err == nil) {
			t.Errorf("arrays of %v nulls, limit %d: %v", row.counts, row.limit, err)
		}
		if e, ok := err.(*DecodeError); ok && e.Condition != ConditionResourceLimitExceeded {
			t.Errorf("arrays of %v nulls: %v", row.counts, e)
		}
	}
}

// nested returns a value nested n levels deep.
var nested = map[string]func(n int) []byte{
	"list": func(n int) []byte {
		b := []byte{FormatNull}
		for range n {
			b = (&RawValue{Format: FormatList32, Items: [][]byte{b}}).Append(nil)
		}
		return b
	},
	"map": func(n int) []byte {
		b := []byte{FormatNull}
		for range n {
			b = (&RawValue{Format: FormatMap32, Items: [][]byte{{FormatUint0}, b}}).Append(nil)
		}
		return b
	},
	"map key": func(n int) []byte {
		b := []byte{FormatUint0}
		for range n {
			b = (&RawValue{Format: FormatMap32, Items: [][]byte{b, {FormatNull}}}).Append(nil)
		}
		return b
	},
	"array": func(n int) []byte {
		b := binary.BigEndian.AppendUint32(nil, 5)
		b = append(b, 0, 0, 0, 0, FormatUint) // an array32 without its format code
		for range n - 1 {
			b = (&RawValue{Format: FormatArray32, Constructor: []byte{FormatArray32}, Items: [][]byte{b}}).Append(nil)[1:]
		}
		return slices.Insert(b, 0, FormatArray32)
	},
	"described": func(n int) []byte {
		b := []byte{FormatNull}
		for range n {
			b = append([]byte{FormatDescribed, FormatSmallUlong, 1}, b...)
		}
		return b
	},
	"descriptor": func(n int) []byte {
		b := make([]byte, n) // n times 0x00, then n+1 values
		for range n + 1 {
			b = append(b, FormatNull)
		}
		return b
	},
}

func TestDepthLimit(t *testing.T) {
	for name, f := range nested {
		for _, row := range []struct {
			depth, limit int
			ok           bool
		}{
			{1, 1, true}, {2, 1, false}, {64, 0, true}, {65, 0, false}, {200, 200, true}, {5000, 0, false}, {64, -1, true},
		} {
			b := f(row.depth)
			_, n, err := DecodeValue(b, Limits{MaxDepth: row.limit})
			if row.ok != (err == nil) || row.ok && n != len(b) {
				t.Errorf("%s, depth %d, limit %d: %d octets of %d, %v", name, row.depth, row.limit, n, len(b), err)
			}
			if e, ok := err.(*DecodeError); ok && e.Condition != ConditionResourceLimitExceeded {
				t.Errorf("%s, depth %d: %v", name, row.depth, e)
			}
		}
	}
}

// TestArrayDescriptorsAreBounded: descriptors in front of an array's constructor count as nesting.
func TestArrayDescriptorsAreBounded(t *testing.T) {
	var constructor []byte
	for range 1000 {
		constructor = append(constructor, FormatDescribed, FormatNull)
	}
	v := RawValue{Format: FormatArray32, Constructor: append(constructor, FormatUint), Count: Some[uint32](0)}
	b := v.Append(nil)
	var err error
	n := allocated(func() { _, _, err = DecodeValue(b, Limits{}) })
	if e, ok := err.(*DecodeError); !ok || e.Condition != ConditionResourceLimitExceeded || n > 8192 {
		t.Errorf("%v, %d octets allocated", err, n)
	}
}

// TestDepthIsPerPath: what nests beside each other does not add up.
func TestDepthIsPerPath(t *testing.T) {
	described := RawValue{Format: FormatArray8, Constructor: []byte{FormatDescribed, FormatNull, FormatUint}}
	for name, item := range map[string][]byte{
		"described array": described.Append(nil), "list": octets(t, "c0 02 01 45"), "map": octets(t, "c1 03 02 43 45"),
		"described": octets(t, "00 40 c0 02 01 40"), "array of lists": octets(t, "e0 05 01 c0 02 01 40"),
	} {
		v := RawValue{Format: FormatList32, Items: slices.Repeat([][]byte{item}, 50)}
		if _, _, err := DecodeValue(v.Append(nil), Limits{MaxDepth: 3}); err != nil {
			t.Errorf("50 times %s: %v", name, err)
		}
	}
}

// TestAmplification holds Limits to its word: at most about 64 octets of memory for one octet of input.
func TestAmplification(t *testing.T) {
	const size = 1 << 16
	fill := func(format byte, item []byte) []byte {
		v := RawValue{Format: format}
		for range size / len(item) {
			v.Items = append(v.Items, item)
		}
		return v.Append(nil)
	}
	for name, b := range map[string][]byte{
		"list of nulls":       fill(FormatList32, []byte{FormatNull}),
		"list of empty lists": fill(FormatList32, []byte{FormatList0}),
		"list of list8":       fill(FormatList32, []byte{FormatList8, 1, 0}),
		"list of map8":        fill(FormatList32, []byte{FormatMap8, 1, 0}),
		"list of symbols":     fill(FormatList32, []byte{FormatSymbol8, 1, 'a'}),
		"list of binary":      fill(FormatList32, []byte{FormatBinary8, 0}),
		"list of descriptors": fill(FormatList32, []byte{FormatDescribed, FormatNull, FormatNull}),
		"list of arrays":      fill(FormatList32, []byte{FormatArray8, 3, 1, FormatBinary8, 0}),
		"array of list8":      (&RawValue{Format: FormatArray32, Constructor: []byte{FormatList8}, Count: Some[uint32](size / 2), Items: [][]byte{slices.Repeat([]byte{1, 0}, size/2)}}).Append(nil),
		"array of strings":    (&RawValue{Format: FormatArray32, Constructor: []byte{FormatString8}, Count: Some[uint32](size), Items: [][]byte{make([]byte, size)}}).Append(nil),
	} {
		var err error
		n := allocated(func() { _, _, err = DecodeValue(b, Limits{}) })
		if err != nil || n > 64*uint64(len(b)) {
			t.Errorf("%s: %v, %d octets of input allocate %d", name, err, len(b), n)
		}
	}
	m := RawValue{Format: FormatMap32}
	for i := range size / 4 {
		m.Items = append(m.Items, []byte{FormatUshort, byte(i >> 8), byte(i)}, []byte{FormatNull})
	}
	b := m.Append(nil)
	var err error
	if n := allocated(func() { _, _, err = DecodeValue(b, Limits{}) }); err != nil || n > 64*uint64(len(b)) {
		t.Errorf("map: %v, %d octets of input allocate %d", err, len(b), n)
	}
}
