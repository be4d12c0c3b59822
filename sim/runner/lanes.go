package runner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/collider-amqp/collider/sim/history"
)

const (
	laneEvents = 14
	laneCount  = 5
	laneWidth  = 94
)

// lastEvents draws the last events before a failure, a column for each thread;
// the events in seqs are marked and end the picture.
func lastEvents(h *history.History, seqs []uint64) []string {
	if h == nil || len(h.Events) == 0 {
		return nil
	}
	shown := pick(h, seqs)
	threads := laneThreads(h, shown)
	if len(threads) > laneCount {
		return listEvents(h, shown, seqs)
	}
	width := (laneWidth - 8) / len(threads)
	var out []string
	head := fmt.Sprintf("%6s  ", "")
	for _, t := range threads {
		head += cell(h.Thread(t), width)
	}
	out = append(out, strings.TrimRight(head, " "))
	last := uint64(0)
	for _, seq := range shown {
		if last != 0 && seq != last+1 {
			out = append(out, "     …")
		}
		last = seq
		e := h.At(seq)
		line := mark(seq, seqs)
		for _, t := range threads {
			text := ""
			if t == e.Thread {
				text = eventText(h, e)
			}
			line += cell(text, width)
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	return out
}

// pick returns the numbers of the events to be shown: those of seqs and the ones
// that led to the last of them, or the last of all.
func pick(h *history.History, seqs []uint64) []uint64 {
	end := uint64(len(h.Events))
	if len(seqs) > 0 && slices.Max(seqs) > 0 {
		end = min(end, slices.Max(seqs)+1)
	}
	var shown []uint64
	for _, s := range seqs {
		if s > 0 && s <= end && !slices.Contains(shown, s) {
			shown = append(shown, s)
		}
	}
	for s := end; s > 0 && len(shown) < laneEvents; s-- {
		if !slices.Contains(shown, s) {
			shown = append(shown, s)
		}
	}
	slices.Sort(shown)
	return shown
}

func laneThreads(h *history.History, shown []uint64) []int32 {
	var out []int32
	for _, s := range shown {
		if t := h.At(s).Thread; !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

func listEvents(h *history.History, shown, seqs []uint64) []string {
	var out []string
	for _, s := range shown {
		e := h.At(s)
		out = append(out, mark(s, seqs)+cell(h.Thread(e.Thread), 24)+eventText(h, e))
	}
	return out
}

func mark(seq uint64, seqs []uint64) string {
	star := ' '
	if slices.Contains(seqs, seq) {
		star = '*'
	}
	return fmt.Sprintf("%5d%c  ", seq, star)
}

// cell cuts text to width, with a space at its end.
func cell(text string, width int) string {
	n := utf8.RuneCountInString(text)
	if n >= width {
		r := []rune(text)
		return string(r[:width-2]) + "… "
	}
	return text + strings.Repeat(" ", width-n)
}

// eventText is an event in a few words: "> on_message c1 l2" begins, "< …" ends.
func eventText(h *history.History, e *history.Event) string {
	o := h.Origin(e)
	var b strings.Builder
	switch e.Kind {
	case history.Begin:
		b.WriteString("> ")
	case history.End:
		b.WriteString("< ")
	case history.Call, history.Return:
	default:
		b.WriteString(e.Kind.String() + " ")
	}
	b.WriteString(o.Name)
	if e.Kind == history.Call {
		b.WriteString("(")
	}
	for _, f := range [...]struct {
		key string
		v   uint64
	}{{"L", uint64(o.Listener)}, {"c", uint64(o.Conn)}, {"s", uint64(o.Session)}, {"l", uint64(o.Link)}, {"q", uint64(o.Queue)}, {"#", o.Item}} {
		if f.v != 0 {
			b.WriteString(" " + f.key + strconv.FormatUint(f.v, 10))
		}
	}
	if e.Kind == history.Call {
		b.WriteString(" )")
	}
	if e.Kind == history.Return {
		b.WriteString(" = " + strconv.FormatBool(e.OK))
	}
	if e.Text != "" {
		b.WriteString(" " + e.Text)
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "( ", "("), " )", ")")
}
