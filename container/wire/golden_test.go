package wire

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// octets reads commented hexadecimal: what follows // on a line is left out.
func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := parseOctets(text)
	if err != nil {
		t.Fatalf("golden octets: %v", err)
	}
	return b
}

func parseOctets(text string) ([]byte, error) {
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		for _, word := range strings.Fields(line) {
			digits.WriteString(word)
		}
	}
	return hex.DecodeString(digits.String())
}

// goldenValue is one value with its smallest encoding, and other encodings that decode to the same value.
type goldenValue struct {
	name  string
	value any
	bytes string   // written from §1.6
	other []string // further legal encodings
}

func testGoldenValues(t *testing.T, rows []goldenValue) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			want := octets(t, row.bytes)
			got, err := AppendValue([]byte("prefix"), row.value)
			if err != nil {
				t.Fatal(err)
			}
			if got = got[len("prefix"):]; !bytes.Equal(got, want) {
				t.Errorf("encoded\n got %x\nwant %x", got, want)
			}
			for _, encoding := range append([]string{row.bytes}, row.other...) {
				b := octets(t, encoding)
				v, n, err := DecodeValue(append(b[:len(b):len(b)], 0xff), Limits{})
				if err != nil {
					t.Errorf("decode %x: %v", b, err)
				} else if n != len(b) || !reflect.DeepEqual(v, row.value) {
					t.Errorf("decode %x\n got %#v (%d octets)\nwant %#v (%d octets)", b, v, n, row.value, len(b))
				}
			}
		})
	}
}

// goldenComposite is one composite with its smallest encoding, and other encodings that decode to the same.
type goldenComposite struct {
	name  string
	value Composite
	bytes string // written from the type's section
	other []string
}

// decodeComposite decodes b, which must hold just one composite of the same type as like.
func decodeComposite(b []byte, like Composite) (Composite, error) {
	x := reflect.New(reflect.TypeOf(like).Elem()).Interface().(interface {
		Composite
		decode(*decoder)
	})
	var d decoder
	d.init(b, &Limits{})
	if d.expect(like.Descriptor()) {
		x.decode(&d)
	}
	if d.err == nil && d.pos != len(b) {
		d.fail(d.pos, ConditionDecodeError, "octets after the composite")
	}
	return x, d.result()
}

func testGoldenComposites(t *testing.T, rows []goldenComposite) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			want := octets(t, row.bytes)
			if got := row.value.Append([]byte("prefix"))[len("prefix"):]; !bytes.Equal(got, want) {
				t.Errorf("encoded\n got %x\nwant %x", got, want)
			}
			for _, encoding := range append([]string{row.bytes}, row.other...) {
				b := octets(t, encoding)
				x, err := decodeComposite(b, row.value)
				if err != nil {
					t.Errorf("decode %x: %v", b, err)
				} else if !reflect.DeepEqual(x, row.value) {
					t.Errorf("decode %x\n got %+v\nwant %+v", b, x, row.value)
				}
			}
		})
	}
}

// build returns a composite with its defaults, changed by set.
func build[T any, P interface {
	*T
	Composite
}](set func(P)) P {
	x := P(new(T))
	x.Reset()
	set(x)
	return x
}

// goldenComposites are all rows of this package's tests.
func goldenComposites() []goldenComposite {
	var all []goldenComposite
	for _, rows := range [][]goldenComposite{
		goldenTransport, goldenLinks, goldenStates, goldenTermini, goldenTransactions, goldenSecurity, goldenSections,
	} {
		all = append(all, rows...)
	}
	return all
}

// TestGoldenCoverage keeps the golden rows complete: every composite of the specification, every field of it, and
// every encoding of §1.6 occurs.
func TestGoldenCoverage(t *testing.T) {
	fields := map[Code]uint32{}
	for _, row := range goldenComposites() {
		for i, f := range NewRawComposite(row.value).Fields {
			if !bytes.Equal(f, []byte{FormatNull}) {
				fields[row.value.Descriptor()] |= 1 << i
			}
		}
		fields[row.value.Descriptor()] |= 0
	}
	for _, typ := range spec.Types {
		if typ.Class != spec.Composite {
			continue
		}
		have, ok := fields[Code(typ.Code)]
		if !ok {
			t.Errorf("no golden row for %s", typ.Name)
		}
		for i, f := range typ.Fields {
			if have&(1<<i) == 0 {
				t.Errorf("no golden row with %s.%s", typ.Name, f.Name)
			}
		}
	}
	seen := map[byte]bool{}
	for _, rows := range [][]goldenValue{goldenScalars, goldenCompounds, goldenArrays} {
		for _, row := range rows {
			for _, encoding := range append([]string{row.bytes}, row.other...) {
				seen[octets(t, encoding)[0]] = true
			}
		}
	}
	for _, e := range spec.Encodings {
		if !seen[e.Code] {
			t.Errorf("no golden row starts with format code %#02x (%s)", e.Code, e.Name)
		}
	}
}

// TestFormatTable compares the decoder's format table with the encodings of the specification.
func TestFormatTable(t *testing.T) {
	n := 0
	for c, f := range formats {
		e := spec.EncodingByCode(byte(c))
		if (e == nil) != (f.cat == unassigned) {
			t.Errorf("format code %#02x: table and specification disagree on whether it is assigned", c)
		}
		if e == nil {
			continue
		}
		n++
		if int(f.cat) != int(e.Category) || int(f.width) != e.Width || f.typ.String() != e.Type {
			t.Errorf("format code %#02x: table has %+v, specification %+v", c, f, *e)
		}
	}
	if n != 39 {
		t.Errorf("%d encodings, want 39", n)
	}
}
