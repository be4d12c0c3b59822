package wire

// element returns element i of a value that stands for an array.
func element(v any, i int) any {
	switch v := v.(type) {
	case Array:
		return v.Elems[i]
	case []bool:
		return v[i]
	case []string:
		return v[i]
	case []Symbol:
		return v[i]
	case [][]byte:
		return v[i]
	case []Timestamp:
		return v[i]
	case []UUID:
		return v[i]
	case []Char:
		return v[i]
	}
	return numberElement(v, i)
}

func numberElement(v any, i int) any {
	switch v := v.(type) {
	case []uint16:
		return v[i]
	case []uint32:
		return v[i]
	case []uint64:
		return v[i]
	case []int8:
		return v[i]
	case []int16:
		return v[i]
	case []int32:
		return v[i]
	case []int64:
		return v[i]
	case []float32:
		return v[i]
	case []float64:
		return v[i]
	case []Decimal32:
		return v[i]
	case []Decimal64:
		return v[i]
	case []Decimal128:
		return v[i]
	}
	panic("wire: not an array")
}

// arrayLen returns the number of elements of a value that stands for an array, or -1 for another value.
func arrayLen(v any) int {
	switch v := v.(type) {
	case Array:
		return len(v.Elems)
	case []bool:
		return len(v)
	case []string:
		return len(v)
	case []Symbol:
		return len(v)
	case [][]byte:
		return len(v)
	case []Timestamp:
		return len(v)
	case []UUID:
		return len(v)
	case []Char:
		return len(v)
	}
	return numbersLen(v)
}

func numbersLen(v any) int {
	switch v := v.(type) {
	case []uint16:
		return len(v)
	case []uint32:
		return len(v)
	case []uint64:
		return len(v)
	case []int8:
		return len(v)
	case []int16:
		return len(v)
	case []int32:
		return len(v)
	case []int64:
		return len(v)
	case []float32:
		return len(v)
	case []float64:
		return len(v)
	case []Decimal32:
		return len(v)
	case []Decimal64:
		return len(v)
	case []Decimal128:
		return len(v)
	}
	return -1
}
