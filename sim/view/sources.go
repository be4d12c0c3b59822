package view

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// sources reads source files and collects the lines that a page shows: those where
// something was done, each with what stands around it. Without them the page tells
// where, and not what.
type sources struct {
	read  func(path string) ([]byte, error)
	built time.Time // of the program; zero if files are not held against it
	files map[string]*source
	order []*source
	index map[sim.Frame]int
	lines []line
}

// source is a file.
type source struct {
	name  string // as a frame tells it, dir/file.go
	text  []string
	newer bool // than the program: its lines may be others now
	shown map[int]bool
}

// The bounds of what is shown of sources.
const (
	around      = 6 // lines before and after
	maxLine     = 200
	maxExcerpts = 20_000 // lines in all
)

// newSources returns sources that are read with the function, from the files where
// the compiler found them if it is nil.
func newSources(read func(path string) ([]byte, error)) *sources {
	s := &sources{read: read, files: map[string]*source{}, index: map[sim.Frame]int{}}
	if read != nil {
		return s
	}
	s.read = os.ReadFile
	if path, err := os.Executable(); err == nil {
		if st, err := os.Stat(path); err == nil {
			s.built = st.ModTime()
		}
	}
	return s
}

// line returns the index of a frame's line among those shown.
func (s *sources) line(f sim.Frame) int {
	if i, ok := s.index[f]; ok {
		return i
	}
	src := s.file(f)
	l := line{At: f.String(), Func: shortFunc(f.Func), N: f.Line}
	if f.Line >= 1 && f.Line <= len(src.text) {
		l.Src = clip(strings.TrimSpace(src.text[f.Line-1]))
		l.File = slices.Index(s.order, src) + 1
		for n := max(1, f.Line-around); n <= min(len(src.text), f.Line+around); n++ {
			src.shown[n] = true
		}
	}
	i := len(s.lines)
	s.lines, s.index[f] = append(s.lines, l), i
	return i
}

// file returns a frame's file, without text if it cannot be read.
func (s *sources) file(f sim.Frame) *source {
	if src := s.files[f.File]; src != nil {
		return src
	}
	at := f.String()
	src := &source{name: at[:strings.LastIndexByte(at, ':')], shown: map[int]bool{}}
	s.files[f.File] = src
	if b, err := s.read(f.File); err == nil {
		src.text = strings.Split(string(b), "\n")
		if st, err := os.Stat(f.File); err == nil && !s.built.IsZero() {
			src.newer = st.ModTime().After(s.built)
		}
		s.order = append(s.order, src)
	}
	return src
}

// excerpt is a stretch of a file.
type excerpt struct {
	From int      `json:"from"` // number of the first line
	Text []string `json:"text"`
}

// shownFile is what the page holds of a file.
type shownFile struct {
	Name  string    `json:"name"`
	Newer bool      `json:"newer,omitempty"`
	Parts []excerpt `json:"parts"`
}

// excerpts returns the files that something is shown of, in order of appearance.
func (s *sources) excerpts() []shownFile {
	var out []shownFile
	left := maxExcerpts
	for _, src := range s.order {
		f := shownFile{Name: src.name, Newer: src.newer}
		for n := 1; n <= len(src.text) && left > 0; n++ {
			if !src.shown[n] {
				continue
			}
			if k := len(f.Parts); k == 0 || f.Parts[k-1].From+len(f.Parts[k-1].Text) != n {
				f.Parts = append(f.Parts, excerpt{From: n})
			}
			p := &f.Parts[len(f.Parts)-1]
			p.Text = append(p.Text, clip(strings.TrimRight(src.text[n-1], " \t\r")))
			left--
		}
		out = append(out, f)
	}
	return out
}

// newer returns the names of the files that are newer than the program.
func (s *sources) newer() []string {
	var out []string
	for _, src := range s.order {
		if src.newer {
			out = append(out, src.name)
		}
	}
	return out
}

// clip bounds the length of a line.
func clip(text string) string {
	if r := []rune(text); len(r) > maxLine {
		return string(r[:maxLine]) + "…"
	}
	return text
}

// shortFunc returns a function's name without the directories of its package.
func shortFunc(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
