package sim

import (
	"slices"
	"strings"
)

// locator finds the source lines of some events of the history. Looking at the
// stack at each event would cost more than the run, so it is done when a failed
// run is repeated and the events are known.
type locator struct {
	want  []uint64 // Seqs
	found []Frame
}

// event is called for each event, before it is recorded.
//
//go:norace
func (l *locator) event(w *World) {
	if w.tap != nil && !w.over {
		w.tapEvent()
	}
	if len(l.want) == 0 || w.over || !slices.Contains(l.want, uint64(w.recorder.Len())+1) {
		return
	}
	for _, f := range callers(2) {
		if !isRecording(f.Func) {
			if !slices.Contains(l.found, f) {
				l.found = append(l.found, f)
			}
			return
		}
	}
}

// isRecording says whether a function stands between what happened and the
// history: the recorder, and packages named record that wrap a program's API.
func isRecording(function string) bool {
	return strings.HasPrefix(function, strings.TrimSuffix(kernelPrefix, ".")+"/history.") || strings.Contains(function, "/record.")
}
