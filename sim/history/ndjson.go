package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// FormatVersion is the version of the NDJSON format that this package reads and
// writes.
const FormatVersion = 1

const formatName = "collider-history"

// maxLine bounds one line of an NDJSON history.
const maxLine = 1 << 20

// header is the first line of an NDJSON history.
type header struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
	Events  *int     `json:"events,omitempty"` // absent if the writer did not know
	Threads []string `json:"threads"`
	Dropped uint64   `json:"dropped,omitempty"`
}

// VersionError says that a history is of a format version that this package
// does not read.
type VersionError struct {
	Got int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("history: format version %d, this build reads version %d", e.Got, FormatVersion)
}

// FormatError says where an NDJSON history is not one.
type FormatError struct {
	// Line is counted from 1; the header is line 1.
	Line   int
	Reason string
	// Err is the decoder's error, if it has one.
	Err error
}

func (e *FormatError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("history: line %d: %s: %v", e.Line, e.Reason, e.Err)
	}
	return fmt.Sprintf("history: line %d: %s", e.Line, e.Reason)
}

func (e *FormatError) Unwrap() error { return e.Err }

// Write writes h as NDJSON: a header line with format and version, then one
// object a line for each event, zero fields left out. Equal histories give equal
// bytes. Bytes of a Text that are no UTF-8 are replaced.
func Write(w io.Writer, h *History) error {
	bw := bufio.NewWriter(w)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	n := len(h.Events)
	threads := h.Threads
	if threads == nil {
		threads = []string{}
	}
	hd := header{Format: formatName, Version: FormatVersion, Events: &n, Threads: threads, Dropped: h.Dropped}
	if err := enc.Encode(hd); err != nil {
		return fmt.Errorf("history: header: %w", err)
	}
	for i := range h.Events {
		if err := enc.Encode(&h.Events[i]); err != nil {
			return fmt.Errorf("history: event %d: %w", i+1, err)
		}
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// Read reads a history that Write, or a foreign program that keeps the schema,
// has written. Another version is a *VersionError; anything else wrong is a
// *FormatError: unknown fields, a gap in Seq, an Of that names no open Begin or
// Call, a thread that is not in the header, a missing end.
func Read(r io.Reader) (*History, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 4096), maxLine)
	if !sc.Scan() {
		return nil, &FormatError{Line: 1, Reason: "no header", Err: sc.Err()}
	}
	hd, err := readHeader(sc.Bytes())
	if err != nil {
		return nil, err
	}
	h := &History{Threads: hd.Threads, Dropped: hd.Dropped}
	for sc.Scan() {
		line := len(h.Events) + 2
		var e Event
		if err := strict(sc.Bytes(), &e); err != nil {
			return nil, &FormatError{Line: line, Reason: "not an event", Err: err}
		}
		if reason := h.admit(&e); reason != "" {
			return nil, &FormatError{Line: line, Reason: reason}
		}
		h.Events = append(h.Events, e)
	}
	line := len(h.Events) + 2
	if err := sc.Err(); err != nil {
		return nil, &FormatError{Line: line, Reason: "unreadable", Err: err}
	}
	if hd.Events != nil && *hd.Events != len(h.Events) {
		return nil, &FormatError{Line: line, Reason: fmt.Sprintf("%d events, the header says %d", len(h.Events), *hd.Events)}
	}
	return h, nil
}

func readHeader(b []byte) (header, error) {
	// The version is looked at first: a later version may have other fields.
	var v struct {
		Format  string
		Version int
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return header{}, &FormatError{Line: 1, Reason: "not a header", Err: err}
	}
	if v.Format != formatName {
		return header{}, &FormatError{Line: 1, Reason: fmt.Sprintf("format %q, not %q", v.Format, formatName)}
	}
	if v.Version != FormatVersion {
		return header{}, &VersionError{Got: v.Version}
	}
	var hd header
	if err := strict(b, &hd); err != nil {
		return header{}, &FormatError{Line: 1, Reason: "not a header", Err: err}
	}
	return hd, nil
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// admit says what forbids e as the next event, "" if nothing.
func (h *History) admit(e *Event) string {
	if want := uint64(len(h.Events)) + 1; e.Seq != want {
		return fmt.Sprintf("seq %d, want %d", e.Seq, want)
	}
	if !e.Kind.valid() {
		return "no kind"
	}
	if e.Thread < 0 || int(e.Thread) >= len(h.Threads) {
		return fmt.Sprintf("thread %d, the header names %d", e.Thread, len(h.Threads))
	}
	switch e.Kind {
	case End:
		return h.admitOf(e, Begin)
	case Return:
		return h.admitOf(e, Call)
	}
	if e.Of != 0 {
		return fmt.Sprintf("of %d on a %s", e.Of, e.Kind)
	}
	return ""
}

func (h *History) admitOf(e *Event, want Kind) string {
	if o := h.At(e.Of); o == nil || o.Kind != want {
		return fmt.Sprintf("of %d names no %s", e.Of, want)
	}
	return ""
}
