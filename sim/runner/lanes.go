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
	laneEvents = 16
	laneMarks  = 8
	laneCount  = 5
	laneWidth  = 94
)

// lastEvents draws the events that show a failure, a column for each thread: those in
// seqs, which are marked, with what is around them, or the last ones if there are none.
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
			out = append(out, elided(seq-last-1))
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
	return append(out, after(h, last)...)
}

// after stands for the events after the last one shown.
func after(h *history.History, last uint64) []string {
	if n := uint64(len(h.Events)) - last; n > 0 {
		return []string{elided(n)}
	}
	return nil
}

// elided stands for events that are not shown.
func elided(n uint64) string {
	if n == 1 {
		return "     … 1 event …"
	}
	return fmt.Sprintf("     … %d events …", n)
}

// pick returns the numbers of the events to be shown, laneEvents at the most or a few
// more: those of seqs, the first and the last of many, and the ones around each of
// them, most of which came before. Without seqs it is the last events.
func pick(h *history.History, seqs []uint64) []uint64 {
	end := uint64(len(h.Events))
	shown := make([]bool, end+2)
	n := 0
	show := func(s uint64) {
		if s > 0 && s <= end && !shown[s] && n < laneEvents {
			shown[s] = true
			n++
		}
	}
	marked := marks(seqs, end)
	for _, m := range marked {
		show(m)
	}
	for d := uint64(1); d <= end && n < laneEvents; d++ {
		for _, m := range slices.Backward(marked) {
			show(m - min(m, d))
			if d%3 == 0 {
				show(m + d/3)
			}
		}
	}
	var out []uint64
	for s := uint64(1); s <= end; s++ {
		if shown[s] || shown[s-1] && shown[s+1] { // a gap of one is no shorter
			out = append(out, s)
		}
	}
	return out
}

// marks returns the events from which pick goes out, in order.
func marks(seqs []uint64, end uint64) []uint64 {
	var out []uint64
	for _, s := range seqs {
		if s > 0 && s <= end {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if n := len(out); n > laneMarks {
		out = slices.Delete(out, laneMarks/2, n-laneMarks/2)
	}
	if len(out) == 0 {
		out = append(out, end)
	}
	return out
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
	last := uint64(0)
	for _, s := range shown {
		if last != 0 && s != last+1 {
			out = append(out, elided(s-last-1))
		}
		last = s
		e := h.At(s)
		out = append(out, mark(s, seqs)+cell(h.Thread(e.Thread), 24)+eventText(h, e))
	}
	return append(out, after(h, last)...)
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
