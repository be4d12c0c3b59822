package spec

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// The XML definitions, as far as the table needs them.
type (
	xmlFile struct {
		Name     string       `xml:"name,attr"`
		Sections []xmlSection `xml:"section"`
	}
	xmlSection struct {
		Types []xmlType `xml:"type"`
	}
	xmlType struct {
		Name       string         `xml:"name,attr"`
		Class      string         `xml:"class,attr"`
		Source     string         `xml:"source,attr"`
		Provides   string         `xml:"provides,attr"`
		Descriptor *xmlDescriptor `xml:"descriptor"`
		Fields     []xmlField     `xml:"field"`
		Choices    []xmlChoice    `xml:"choice"`
		Encodings  []xmlEncoding  `xml:"encoding"`
	}
	xmlDescriptor struct {
		Name string `xml:"name,attr"`
		Code string `xml:"code,attr"`
	}
	xmlField struct {
		Name      string `xml:"name,attr"`
		Type      string `xml:"type,attr"`
		Mandatory string `xml:"mandatory,attr"`
		Multiple  string `xml:"multiple,attr"`
		Default   string `xml:"default,attr"`
		Requires  string `xml:"requires,attr"`
	}
	xmlChoice struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	xmlEncoding struct {
		Name     string `xml:"name,attr"`
		Code     string `xml:"code,attr"`
		Category string `xml:"category,attr"`
		Width    int    `xml:"width,attr"`
	}
)

func readXML(t *testing.T, part string) []xmlType {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "spec", part+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	var f xmlFile
	if err := xml.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	if f.Name != part {
		t.Fatalf("%s.xml defines %q", part, f.Name)
	}
	var types []xmlType
	for _, s := range f.Sections {
		types = append(types, s.Types...)
	}
	return types
}

// TestTypes compares the table with the published definitions, row by row and in order.
func TestTypes(t *testing.T) {
	var want []Type
	for _, part := range []string{"transport", "messaging", "transactions", "security"} {
		for _, x := range readXML(t, part) {
			want = append(want, convert(t, x))
		}
	}
	if len(Types) != len(want) {
		t.Errorf("%d types, want %d", len(Types), len(want))
	}
	descriptors, fields := 0, 0
	for i := range min(len(Types), len(want)) {
		have := Types[i]
		have.Section = "" // the definitions do not carry section numbers
		if !reflect.DeepEqual(have, want[i]) {
			t.Errorf("type %d\nhave %+v\nwant %+v", i, have, want[i])
		}
		fields += len(have.Fields)
		if have.Code != 0 {
			descriptors++
		}
	}
	if descriptors != 40 || fields != 125 {
		t.Errorf("%d descriptors and %d fields, want 40 and 125", descriptors, fields)
	}
}

func convert(t *testing.T, x xmlType) Type {
	c := Type{Name: x.Name, Source: x.Source}
	switch x.Class {
	case "composite":
		c.Class = Composite
	case "restricted":
		c.Class = Restricted
	default:
		t.Fatalf("%s: class %q", x.Name, x.Class)
	}
	for p := range strings.SplitSeq(x.Provides, ",") {
		if p = strings.TrimSpace(p); p != "" {
			c.Provides = append(c.Provides, p)
		}
	}
	if x.Descriptor != nil {
		c.Descriptor, c.Code = x.Descriptor.Name, descriptorCode(t, x.Descriptor.Code)
	}
	for _, f := range x.Fields {
		c.Fields = append(c.Fields, Field{
			Name: f.Name, Type: f.Type, Mandatory: f.Mandatory == "true", Multiple: f.Multiple == "true",
			Default: f.Default, Requires: f.Requires,
		})
	}
	for _, ch := range x.Choices {
		c.Choices = append(c.Choices, Choice(ch))
	}
	return c
}

// descriptorCode reads "0x00000000:0x00000014".
func descriptorCode(t *testing.T, s string) uint64 {
	var domain, id uint64
	if _, err := fmt.Sscanf(s, "0x%x:0x%x", &domain, &id); err != nil {
		t.Fatalf("descriptor code %q: %v", s, err)
	}
	return domain<<32 | id
}

// TestEncodings compares the encodings with the published definitions, in order.
func TestEncodings(t *testing.T) {
	categories := map[string]Category{"fixed": Fixed, "variable": Variable, "compound": Compound, "array": Array}
	var want []Encoding
	for _, x := range readXML(t, "types") {
		for _, e := range x.Encodings {
			code, err := strconv.ParseUint(e.Code, 0, 8)
			if err != nil {
				t.Fatal(err)
			}
			name := e.Name
			if name == "" {
				name = x.Name
			}
			want = append(want, Encoding{Type: x.Name, Name: name, Code: byte(code), Category: categories[e.Category], Width: e.Width})
		}
	}
	if !reflect.DeepEqual(Encodings, want) {
		t.Errorf("encodings\nhave %+v\nwant %+v", Encodings, want)
	}
	if len(want) != 39 {
		t.Errorf("%d encodings, want 39", len(want))
	}
}

// TestSections checks that each row names a section of its part, and no two rows the same.
func TestSections(t *testing.T) {
	seen := map[string]string{}
	parts := map[string][]Type{"2.": transport, "3.": messaging, "4.": transactions, "5.": security}
	for prefix, types := range parts {
		for _, x := range types {
			if !strings.HasPrefix(x.Section, prefix) {
				t.Errorf("%s: section %s is not of part %s", x.Name, x.Section, prefix)
			}
			if other, ok := seen[x.Section]; ok {
				t.Errorf("%s and %s have the same section %s", x.Name, other, x.Section)
			}
			seen[x.Section] = x.Name
		}
	}
}

// TestReferences checks that every name in the table means something.
func TestReferences(t *testing.T) {
	primitive := map[string]bool{"*": true}
	for _, e := range Encodings {
		primitive[e.Type] = true
	}
	archetypes := map[string]bool{"global-tx-id": true} // no type of the specification provides this one
	for _, x := range Types {
		for _, p := range x.Provides {
			archetypes[p] = true
		}
	}
	for _, x := range Types {
		if !primitive[Base(x.Name)] {
			t.Errorf("%s: source %s leads to no primitive type", x.Name, x.Source)
		}
		for _, f := range x.Fields {
			if !primitive[Base(f.Type)] {
				t.Errorf("%s.%s: type %s leads to no primitive type", x.Name, f.Name, f.Type)
			}
			if f.Requires != "" && !archetypes[f.Requires] {
				t.Errorf("%s.%s: nothing provides %s", x.Name, f.Name, f.Requires)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	transfer := ByName("transfer")
	if transfer == nil || ByCode(0x14) != transfer || ByDescriptor("amqp:transfer:list") != transfer {
		t.Error("transfer is not found by name, code and descriptor alike")
	}
	if ByName("x") != nil || ByCode(0) != nil || ByCode(1<<32|0x14) != nil || ByDescriptor("") != nil || ByDescriptor("amqp:transfer") != nil {
		t.Error("something is found that does not exist")
	}
	if got := Base("delivery-number"); got != "uint" {
		t.Errorf("delivery-number is based on %s, want uint", got)
	}
	if got := Base("transfer"); got != "list" {
		t.Errorf("transfer is based on %s, want list", got)
	}
	if !transfer.Is("frame") || transfer.Is("section") {
		t.Error("transfer provides frame and nothing else")
	}
	if got := ByName("sender-settle-mode").Choice("mixed"); got != "2" {
		t.Errorf("mixed is %q, want 2", got)
	}
	if got := ByName("sender-settle-mode").Choice("none"); got != "" {
		t.Errorf("none is %q, want nothing", got)
	}
	if e := EncodingByCode(0xc0); e == nil || e.Name != "list8" {
		t.Errorf("0xc0 is %+v, want list8", e)
	}
	if EncodingByCode(0x46) != nil {
		t.Error("0x46 is not assigned")
	}
}
