package wire

// Node is a decoded value with the encodings that were chosen for it.
type Node struct {
	// Descriptor is the descriptor of a described value, else nil. The node's other fields are those of the value.
	Descriptor *Node
	// Format is the format code.
	Format byte
	// Octets is the whole encoding, from the constructor to the last octet; for an element of an array, which has no
	// constructor of its own, its data. It aliases the decoded input.
	Octets []byte
	// Items are the elements of a list or array, or the keys and values of a map in turn.
	Items []Node
	// Value is the decoded value, Described included.
	Value any
}

// DecodeNode decodes the value at the start of b and returns it with the number of octets it takes. It accepts what
// DecodeValue accepts. The error is a *DecodeError.
func DecodeNode(b []byte, lim Limits) (node Node, n int, err error) {
	v, n, err := DecodeValue(b, lim)
	if err != nil {
		return Node{}, 0, err
	}
	w := walker{b: b[:n]}
	node = w.node(v)
	if w.pos != n {
		panic("wire: decoder and walker disagree on a value's size")
	}
	return node, n, nil
}

// walker goes over octets that the decoder has accepted.
type walker struct {
	b   []byte
	pos int
}

func (w *walker) node(v any) Node {
	start := w.pos
	c := w.b[w.pos]
	w.pos++
	if c != FormatDescribed {
		n := w.body(c, v)
		n.Octets = w.b[start:w.pos]
		return n
	}
	described := v.(Described)
	descriptor := w.node(described.Descriptor)
	n := w.node(described.Value)
	if n.Descriptor != nil { // described twice: the inner value is the only item
		n = Node{Format: FormatDescribed, Items: []Node{n}}
	}
	n.Descriptor, n.Value, n.Octets = &descriptor, v, w.b[start:w.pos]
	return n
}

// body walks over what follows format code c; v is the decoded value.
func (w *walker) body(c byte, v any) Node {
	start := w.pos
	f := &formats[c]
	n := Node{Format: c, Value: v}
	switch f.cat {
	case fixed:
		w.pos += int(f.width)
	case variable:
		w.pos += int(f.width) + w.number(start, f.width)
	case compound:
		w.pos += 2 * int(f.width)
		n.Items = w.elements(v)
	case array:
		w.pos += 2 * int(f.width)
		n.Items = w.bare(w.number(start+int(f.width), f.width), v)
	}
	n.Octets = w.b[start:w.pos]
	return n
}

// number reads a size or count of width octets.
func (w *walker) number(at int, width uint8) int {
	n := 0
	for _, c := range w.b[at : at+int(width)] {
		n = n<<8 | int(c)
	}
	return n
}

// elements walks over the elements of a list or map.
func (w *walker) elements(v any) []Node {
	var items []Node
	switch v := v.(type) {
	case List:
		for _, e := range v {
			items = append(items, w.node(e))
		}
	case Map:
		for _, e := range v {
			items = append(items, w.node(e.Key), w.node(e.Value))
		}
	}
	return items
}

// bare walks over the constructor and the elements of an array.
func (w *walker) bare(count int, v any) []Node {
	var descriptors []any
	if a, ok := v.(Array); ok {
		descriptors = a.Descriptors
	}
	for _, d := range descriptors {
		w.pos++
		w.node(d)
	}
	c := w.b[w.pos]
	w.pos++
	items := make([]Node, 0, count)
	for i := range count {
		items = append(items, w.body(c, element(v, i)))
	}
	return items
}
