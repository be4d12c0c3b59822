package history

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"
)

// AppendText appends e as one line without a line feed: number, time, thread,
// kind, name, then the fields that are set.
func (h *History) AppendText(dst []byte, e *Event) []byte {
	thread := h.Thread(e.Thread)
	if thread == "" {
		thread = "thread-" + itoa(int(e.Thread)+1)
	}
	dst = fmt.Appendf(dst, "%5d %10s  %-16s %-6s %s", e.Seq, shortTime(e.Time), thread, e.Kind, e.Name)
	return e.AppendFields(dst)
}

// AppendFields appends the identifying fields that are set, each as " key=value".
func (e *Event) AppendFields(dst []byte) []byte {
	for _, f := range [...]struct {
		key string
		v   uint64
	}{
		{"container", uint64(e.Container)}, {"listener", uint64(e.Listener)},
		{"conn", uint64(e.Conn)}, {"session", uint64(e.Session)},
		{"link", uint64(e.Link)}, {"queue", uint64(e.Queue)}, {"item", e.Item},
	} {
		if f.v != 0 {
			dst = append(append(append(dst, ' '), f.key...), '=')
			dst = strconv.AppendUint(dst, f.v, 10)
		}
	}
	if e.Count != 0 {
		dst = strconv.AppendInt(append(dst, " count="...), e.Count, 10)
	}
	if e.Kind == Return {
		dst = strconv.AppendBool(append(dst, " ok="...), e.OK)
	}
	if e.Text != "" {
		dst = strconv.AppendQuote(append(dst, ' '), e.Text)
	}
	if e.Of != 0 {
		dst = strconv.AppendUint(append(dst, " of="...), e.Of, 10)
	}
	return dst
}

// WriteText writes one line for each event.
func WriteText(w io.Writer, h *History) error {
	bw := bufio.NewWriter(w)
	var b []byte
	for i := range h.Events {
		b = append(h.AppendText(b[:0], &h.Events[i]), '\n')
		if _, err := bw.Write(b); err != nil {
			return fmt.Errorf("history: %w", err)
		}
	}
	if h.Dropped > 0 {
		if _, err := fmt.Fprintf(bw, "%d more events were dropped: the recorder's limit was reached\n", h.Dropped); err != nil {
			return fmt.Errorf("history: %w", err)
		}
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// shortTime prints d with at most microseconds above a millisecond.
func shortTime(d time.Duration) string {
	if d >= time.Millisecond {
		d = d.Round(time.Microsecond)
	}
	return d.String()
}
