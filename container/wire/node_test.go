package wire

import (
	"bytes"
	"reflect"
	"testing"
)

// TestNodeGoldens walks over every golden encoding: the node covers it whole and holds the decoded value.
func TestNodeGoldens(t *testing.T) {
	for _, rows := range [][]goldenValue{goldenScalars, goldenCompounds, goldenArrays} {
		for _, row := range rows {
			for _, encoding := range append([]string{row.bytes}, row.other...) {
				b := octets(t, encoding)
				n, size, err := DecodeNode(append(b[:len(b):len(b)], 0xff), Limits{})
				if err != nil || size != len(b) || !bytes.Equal(n.Octets, b) || !reflect.DeepEqual(n.Value, row.value) {
					t.Errorf("%s %x: %+v, %d octets, %v", row.name, b, n, size, err)
				}
				if described := b[0] == FormatDescribed; described != (n.Descriptor != nil) {
					t.Errorf("%s %x: descriptor %v", row.name, b, n.Descriptor)
				}
			}
		}
	}
}

func TestNode(t *testing.T) {
	b := octets(t, `
		00 a3 01 78        // described by symbol x
		d0 00 00 00 18 00 00 00 04
		70 00 00 00 01     // uint 1, not as short as it could be
		e0 04 02 50 07 08  // two ubytes
		c1 04 02 43 a0 00  // {0: b""}
		00 53 05 40        // described null
	`)
	b[8] = byte(len(b) - 9)
	n, size, err := DecodeNode(b, Limits{})
	if err != nil || size != len(b) {
		t.Fatal(size, err)
	}
	if n.Descriptor.Value != Symbol("x") || n.Format != FormatList32 || len(n.Items) != 4 {
		t.Fatalf("%+v", n)
	}
	for i, want := range []struct {
		format byte
		octets string
		items  int
	}{
		{FormatUint, "70 00 00 00 01", 0}, {FormatArray8, "e0 04 02 50 07 08", 2}, {FormatMap8, "c1 04 02 43 a0 00", 2}, {FormatNull, "00 53 05 40", 0},
	} {
		item := n.Items[i]
		if item.Format != want.format || !bytes.Equal(item.Octets, octets(t, want.octets)) || len(item.Items) != want.items {
			t.Errorf("item %d: %+v, want %+v", i, item, want)
		}
	}
	if e := n.Items[1].Items[1]; e.Format != FormatUbyte || !bytes.Equal(e.Octets, []byte{8}) || e.Value != uint8(8) {
		t.Errorf("array element %+v", e)
	}
	if k, v := n.Items[2].Items[0], n.Items[2].Items[1]; k.Value != uint32(0) || v.Format != FormatBinary8 {
		t.Errorf("map entry %+v, %+v", k, v)
	}
	if d := n.Items[3].Descriptor; d == nil || d.Value != uint64(5) || d.Format != FormatSmallUlong {
		t.Errorf("descriptor %+v", d)
	}
	twice, _, err := DecodeNode(octets(t, "00 44 00 53 01 41"), Limits{})
	if err != nil || twice.Format != FormatDescribed || len(twice.Items) != 1 || twice.Items[0].Format != FormatTrue {
		t.Errorf("described twice: %+v, %v", twice, err)
	}
	if _, _, err := DecodeNode(octets(t, "a0 05"), Limits{}); err == nil {
		t.Error("a value that is cut off has a node")
	}
}
