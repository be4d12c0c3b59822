package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/shrink"
)

// Run is what is drawn.
type Run struct {
	// Scenario and Doc name it and say in one line what it is about.
	Scenario, Doc string
	// Property is the sentence that does not hold, if the run failed.
	Property string
	// Replay is the command line that repeats the run.
	Replay string
	// Result of the run, kept. Nil if only a history is known.
	Result *sim.Result
	// History is that of Result if it is nil.
	History *history.History
	// Tap that watched the run. Nil if none did.
	Tap *Tap
	// Explanation says why the run fails, or a smaller one that fails in the same
	// way. Only the page shows it. Nil if it is not known.
	Explanation *shrink.Explanation
	// Hint is a sentence for the reader, as what was not done. May be empty.
	Hint string
	// Sources returns the text of a source file, for the page's source lines. Nil
	// reads the files where the compiler found them, and has the page say which of
	// them are newer than the program.
	Sources func(path string) ([]byte, error)

	_ struct{}
}

// history returns the run's history, an empty one if there is none.
func (r *Run) history() *history.History {
	switch {
	case r.History != nil:
		return r.History
	case r.Result != nil && r.Result.History != nil:
		return r.Result.History
	}
	return &history.History{}
}

// failure returns the run's failure, nil if it passed or is not known.
func (r *Run) failure() *sim.Failure {
	if r.Result == nil {
		return nil
	}
	return r.Result.Failure
}

// Title names the run in a few words: "scenario broker, seed 7".
func (r *Run) Title() string {
	switch {
	case r.Result != nil:
		return fmt.Sprintf("scenario %s, seed %d", r.Scenario, r.Result.Seed)
	case r.Scenario != "":
		return r.Scenario
	}
	return "history"
}

// Formats are the names that Write knows.
var Formats = []string{"html", "chrome", "pcapng", "ndjson"}

// Extension returns the ending of a file's name for a format, with its dot.
func Extension(format string) string {
	switch format {
	case "chrome":
		return ".trace.json"
	case "ndjson":
		return ".history.ndjson"
	}
	return "." + format
}

// Write writes the run in a format of Formats. Format pcapng needs a Tap.
func Write(w io.Writer, format string, r *Run) error {
	switch format {
	case "html":
		return WriteHTML(w, r)
	case "chrome":
		return WriteChrome(w, r)
	case "ndjson":
		return history.Write(w, r.history())
	case "pcapng":
		if r.Tap == nil {
			return fmt.Errorf("view: a history holds no packets; a run that can be repeated does")
		}
		r.Tap.capture.SetComment(r.Title())
		_, err := r.Tap.capture.WriteTo(w)
		return err
	}
	return fmt.Errorf("view: unknown format %q (want %s)", format, strings.Join(Formats, ", "))
}
