package spec

// Category says how the octets after a format code are laid out (§1.2).
type Category uint8

const (
	// Fixed encodings have Width octets of data.
	Fixed Category = iota + 1
	// Variable encodings have a size of Width octets, then that many octets of data.
	Variable
	// Compound encodings have size and count of Width octets each, then count constructors with their data.
	Compound
	// Array encodings have size and count of Width octets each, then one constructor, then count times bare data.
	Array
)

// Encoding is one encoding of a primitive type.
type Encoding struct {
	// Type is the primitive type, such as "uint".
	Type string
	// Name is the encoding's name, such as "smalluint"; where the specification gives none it is the type's name.
	Name string
	// Code is the format code.
	Code byte
	// Category is the layout of what follows the format code.
	Category Category
	// Width is the octets of data of a fixed encoding, else the octets of size and of count.
	Width int
}

// Encodings lists the encodings of all primitive types (§1.6), in the order of the specification. It must not be changed.
var Encodings = []Encoding{
	{Type: "null", Name: "null", Code: 0x40, Category: Fixed, Width: 0},
	{Type: "boolean", Name: "boolean", Code: 0x56, Category: Fixed, Width: 1},
	{Type: "boolean", Name: "true", Code: 0x41, Category: Fixed, Width: 0},
	{Type: "boolean", Name: "false", Code: 0x42, Category: Fixed, Width: 0},
	{Type: "ubyte", Name: "ubyte", Code: 0x50, Category: Fixed, Width: 1},
	{Type: "ushort", Name: "ushort", Code: 0x60, Category: Fixed, Width: 2},
	{Type: "uint", Name: "uint", Code: 0x70, Category: Fixed, Width: 4},
	{Type: "uint", Name: "smalluint", Code: 0x52, Category: Fixed, Width: 1},
	{Type: "uint", Name: "uint0", Code: 0x43, Category: Fixed, Width: 0},
	{Type: "ulong", Name: "ulong", Code: 0x80, Category: Fixed, Width: 8},
	{Type: "ulong", Name: "smallulong", Code: 0x53, Category: Fixed, Width: 1},
	{Type: "ulong", Name: "ulong0", Code: 0x44, Category: Fixed, Width: 0},
	{Type: "byte", Name: "byte", Code: 0x51, Category: Fixed, Width: 1},
	{Type: "short", Name: "short", Code: 0x61, Category: Fixed, Width: 2},
	{Type: "int", Name: "int", Code: 0x71, Category: Fixed, Width: 4},
	{Type: "int", Name: "smallint", Code: 0x54, Category: Fixed, Width: 1},
	{Type: "long", Name: "long", Code: 0x81, Category: Fixed, Width: 8},
	{Type: "long", Name: "smalllong", Code: 0x55, Category: Fixed, Width: 1},
	{Type: "float", Name: "ieee-754", Code: 0x72, Category: Fixed, Width: 4},
	{Type: "double", Name: "ieee-754", Code: 0x82, Category: Fixed, Width: 8},
	{Type: "decimal32", Name: "ieee-754", Code: 0x74, Category: Fixed, Width: 4},
	{Type: "decimal64", Name: "ieee-754", Code: 0x84, Category: Fixed, Width: 8},
	{Type: "decimal128", Name: "ieee-754", Code: 0x94, Category: Fixed, Width: 16},
	{Type: "char", Name: "utf32", Code: 0x73, Category: Fixed, Width: 4},
	{Type: "timestamp", Name: "ms64", Code: 0x83, Category: Fixed, Width: 8},
	{Type: "uuid", Name: "uuid", Code: 0x98, Category: Fixed, Width: 16},
	{Type: "binary", Name: "vbin8", Code: 0xa0, Category: Variable, Width: 1},
	{Type: "binary", Name: "vbin32", Code: 0xb0, Category: Variable, Width: 4},
	{Type: "string", Name: "str8-utf8", Code: 0xa1, Category: Variable, Width: 1},
	{Type: "string", Name: "str32-utf8", Code: 0xb1, Category: Variable, Width: 4},
	{Type: "symbol", Name: "sym8", Code: 0xa3, Category: Variable, Width: 1},
	{Type: "symbol", Name: "sym32", Code: 0xb3, Category: Variable, Width: 4},
	{Type: "list", Name: "list0", Code: 0x45, Category: Fixed, Width: 0},
	{Type: "list", Name: "list8", Code: 0xc0, Category: Compound, Width: 1},
	{Type: "list", Name: "list32", Code: 0xd0, Category: Compound, Width: 4},
	{Type: "map", Name: "map8", Code: 0xc1, Category: Compound, Width: 1},
	{Type: "map", Name: "map32", Code: 0xd1, Category: Compound, Width: 4},
	{Type: "array", Name: "array8", Code: 0xe0, Category: Array, Width: 1},
	{Type: "array", Name: "array32", Code: 0xf0, Category: Array, Width: 4},
}

// EncodingByCode returns the encoding with that format code, or nil for a code that the specification does not assign.
func EncodingByCode(code byte) *Encoding {
	for i := range Encodings {
		if Encodings[i].Code == code {
			return &Encodings[i]
		}
	}
	return nil
}
