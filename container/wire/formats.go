package wire

// Type is a primitive type of AMQP (§1.6).
type Type uint8

// The primitive types, in the order of §1.6.
const (
	TypeNull Type = iota
	TypeBoolean
	TypeUbyte
	TypeUshort
	TypeUint
	TypeUlong
	TypeByte
	TypeShort
	TypeInt
	TypeLong
	TypeFloat
	TypeDouble
	TypeDecimal32
	TypeDecimal64
	TypeDecimal128
	TypeChar
	TypeTimestamp
	TypeUUID
	TypeBinary
	TypeString
	TypeSymbol
	TypeList
	TypeMap
	TypeArray
)

var typeNames = [...]string{
	"null", "boolean", "ubyte", "ushort", "uint", "ulong", "byte", "short", "int", "long", "float", "double",
	"decimal32", "decimal64", "decimal128", "char", "timestamp", "uuid", "binary", "string", "symbol",
	"list", "map", "array",
}

// String returns the specification's name of the type.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown type"
}

// The format codes of the primitive types' encodings (§1.6).
const (
	FormatDescribed  byte = 0x00
	FormatNull       byte = 0x40
	FormatTrue       byte = 0x41
	FormatFalse      byte = 0x42
	FormatUint0      byte = 0x43
	FormatUlong0     byte = 0x44
	FormatList0      byte = 0x45
	FormatUbyte      byte = 0x50
	FormatByte       byte = 0x51
	FormatSmallUint  byte = 0x52
	FormatSmallUlong byte = 0x53
	FormatSmallInt   byte = 0x54
	FormatSmallLong  byte = 0x55
	FormatBoolean    byte = 0x56
	FormatUshort     byte = 0x60
	FormatShort      byte = 0x61
	FormatUint       byte = 0x70
	FormatInt        byte = 0x71
	FormatFloat      byte = 0x72
	FormatChar       byte = 0x73
	FormatDecimal32  byte = 0x74
	FormatUlong      byte = 0x80
	FormatLong       byte = 0x81
	FormatDouble     byte = 0x82
	FormatTimestamp  byte = 0x83
	FormatDecimal64  byte = 0x84
	FormatDecimal128 byte = 0x94
	FormatUUID       byte = 0x98
	FormatBinary8    byte = 0xa0
	FormatString8    byte = 0xa1
	FormatSymbol8    byte = 0xa3
	FormatBinary32   byte = 0xb0
	FormatString32   byte = 0xb1
	FormatSymbol32   byte = 0xb3
	FormatList8      byte = 0xc0
	FormatMap8       byte = 0xc1
	FormatList32     byte = 0xd0
	FormatMap32      byte = 0xd1
	FormatArray8     byte = 0xe0
	FormatArray32    byte = 0xf0
)

// format is what the decoder knows of one format code.
type format struct {
	name  string
	typ   Type
	cat   category
	width uint8 // octets of data (fixed), else of size and of count
}

type category uint8

const (
	unassigned category = iota
	fixed
	variable
	compound
	array
)

// formats describes the 39 encodings of the primitive types (§1.6), by format code.
var formats = [256]format{
	FormatNull:       {"null", TypeNull, fixed, 0},
	FormatTrue:       {"true", TypeBoolean, fixed, 0},
	FormatFalse:      {"false", TypeBoolean, fixed, 0},
	FormatBoolean:    {"boolean", TypeBoolean, fixed, 1},
	FormatUbyte:      {"ubyte", TypeUbyte, fixed, 1},
	FormatUshort:     {"ushort", TypeUshort, fixed, 2},
	FormatUint:       {"uint", TypeUint, fixed, 4},
	FormatSmallUint:  {"smalluint", TypeUint, fixed, 1},
	FormatUint0:      {"uint0", TypeUint, fixed, 0},
	FormatUlong:      {"ulong", TypeUlong, fixed, 8},
	FormatSmallUlong: {"smallulong", TypeUlong, fixed, 1},
	FormatUlong0:     {"ulong0", TypeUlong, fixed, 0},
	FormatByte:       {"byte", TypeByte, fixed, 1},
	FormatShort:      {"short", TypeShort, fixed, 2},
	FormatInt:        {"int", TypeInt, fixed, 4},
	FormatSmallInt:   {"smallint", TypeInt, fixed, 1},
	FormatLong:       {"long", TypeLong, fixed, 8},
	FormatSmallLong:  {"smalllong", TypeLong, fixed, 1},
	FormatFloat:      {"float", TypeFloat, fixed, 4},
	FormatDouble:     {"double", TypeDouble, fixed, 8},
	FormatDecimal32:  {"decimal32", TypeDecimal32, fixed, 4},
	FormatDecimal64:  {"decimal64", TypeDecimal64, fixed, 8},
	FormatDecimal128: {"decimal128", TypeDecimal128, fixed, 16},
	FormatChar:       {"char", TypeChar, fixed, 4},
	FormatTimestamp:  {"timestamp", TypeTimestamp, fixed, 8},
	FormatUUID:       {"uuid", TypeUUID, fixed, 16},
	FormatBinary8:    {"vbin8", TypeBinary, variable, 1},
	FormatBinary32:   {"vbin32", TypeBinary, variable, 4},
	FormatString8:    {"str8-utf8", TypeString, variable, 1},
	FormatString32:   {"str32-utf8", TypeString, variable, 4},
	FormatSymbol8:    {"sym8", TypeSymbol, variable, 1},
	FormatSymbol32:   {"sym32", TypeSymbol, variable, 4},
	FormatList0:      {"list0", TypeList, fixed, 0},
	FormatList8:      {"list8", TypeList, compound, 1},
	FormatList32:     {"list32", TypeList, compound, 4},
	FormatMap8:       {"map8", TypeMap, compound, 1},
	FormatMap32:      {"map32", TypeMap, compound, 4},
	FormatArray8:     {"array8", TypeArray, array, 1},
	FormatArray32:    {"array32", TypeArray, array, 4},
}
