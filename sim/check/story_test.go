package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

// story reads a hand-written history, one event a line:
//
//	THREAD begin|call|note NAME key=value… [#label]
//	THREAD end|return LABEL key=value…
//
// The keys are those of the NDJSON format; "ok" stands alone; "@5ms" sets the
// time of this event and the following ones.
func story(t testing.TB, text string) *history.History {
	t.Helper()
	h := &history.History{}
	labels := map[string]uint64{}
	var now time.Duration
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 3 {
			t.Fatalf("story: %q", line)
		}
		e := history.Event{Seq: uint64(len(h.Events) + 1)}
		i := slices.Index(h.Threads, f[0])
		if i < 0 {
			i = len(h.Threads)
			h.Threads = append(h.Threads, f[0])
		}
		e.Thread = int32(i)
		if err := e.Kind.UnmarshalText([]byte(f[1])); err != nil {
			t.Fatalf("story: %q: %v", line, err)
		}
		if e.Kind == history.End || e.Kind == history.Return {
			e.Of = labels[f[2]]
			if o := h.At(e.Of); o != nil {
				seq, of, kind, thread := e.Seq, e.Of, e.Kind, e.Thread
				e = *o
				e.Seq, e.Of, e.Kind, e.Thread, e.Text = seq, of, kind, thread, ""
			}
		} else {
			e.Name = f[2]
		}
		for _, w := range f[3:] {
			switch {
			case w == "ok":
				e.OK = true
			case w[0] == '#':
				labels[w[1:]] = e.Seq
			case w[0] == '@':
				d, err := time.ParseDuration(w[1:])
				if err != nil {
					t.Fatal(err)
				}
				now = d
			default:
				if err := set(&e, w); err != nil {
					t.Fatalf("story: %q: %v", line, err)
				}
			}
		}
		e.Time = now
		h.Events = append(h.Events, e)
	}
	return h
}

func set(e *history.Event, w string) error {
	key, value, _ := strings.Cut(w, "=")
	if key == "text" {
		e.Text = value
		return nil
	}
	if key == "delay" {
		d, err := time.ParseDuration(value)
		e.Count = int64(d)
		return err
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return err
	}
	switch key {
	case "container":
		e.Container = uint32(n)
	case "listener":
		e.Listener = uint32(n)
	case "conn":
		e.Conn = uint32(n)
	case "session":
		e.Session = uint32(n)
	case "link":
		e.Link = uint32(n)
	case "queue":
		e.Queue = uint32(n)
	case "item":
		e.Item = uint64(n)
	case "count":
		e.Count = n
	default:
		return fmt.Errorf("key %q", key)
	}
	return nil
}

// tale is a row of the tables: a story and the rules that it breaks.
type tale struct {
	name   string
	opt    Options
	want   string // ids, in order of the violations; "" for a good history
	text   string
	seqs   []uint64 // evidence of the first violation, if given
	phrase string   // a part of the first message, if given
}

// broken holds the rules that some test has shown to be broken.
var broken = map[string]bool{}

func ids(vs []Violation) string {
	var out []string
	for _, v := range vs {
		broken[v.Rule] = true
		out = append(out, v.Rule)
	}
	return strings.Join(out, " ")
}

func tell(t *testing.T, tales []tale) {
	t.Helper()
	reused := map[string]*Checker{}
	for _, c := range tales {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			h := story(t, c.text)
			got := New(c.opt).Check(h)
			if ids(got) != c.want {
				t.Fatalf("broken rules %q, want %q\n%v\n%s", ids(got), c.want, got, text(h))
			}
			for _, v := range got {
				if strings.Contains(v.Message, "%!") || len(v.Seqs) == 0 && v.Rule != "HISTORY" {
					t.Errorf("bad verdict %+v", v)
				}
				for _, s := range v.Seqs {
					if h.At(s) == nil {
						t.Errorf("evidence %d of %+v is no event", s, v)
					}
				}
			}
			if c.seqs != nil && !slices.Equal(got[0].Seqs, c.seqs) {
				t.Errorf("evidence %v, want %v", got[0].Seqs, c.seqs)
			}
			if !strings.Contains(fmt.Sprint(got), c.phrase) {
				t.Errorf("verdict %v lacks %q", got, c.phrase)
			}
			// A Checker used before must say the same.
			key := fmt.Sprint(c.opt)
			if reused[key] == nil {
				reused[key] = New(c.opt)
			}
			if again := ids(reused[key].Check(h)); again != c.want {
				t.Errorf("a used Checker says %q", again)
			}
		})
	}
}

func text(h *history.History) string {
	var b strings.Builder
	if err := history.WriteText(&b, h); err != nil {
		return err.Error()
	}
	return b.String()
}
