package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/runner"
)

// artefacts are the files that a failure leaves; "" where there is none.
type artefacts struct {
	file, history, trace string
}

// leave writes the artefacts of a failure: the failure file, unless the run has
// no decisions to store, its history and a text of it.
func (r *reporter) leave(f *runner.Failure) artefacts {
	var a artefacts
	base := fileName(f)
	if err := os.MkdirAll(r.f.out, 0o755); err != nil {
		r.sayf("no artefacts: %v", err)
		return a
	}
	write := func(suffix string, make func(*bytes.Buffer) error) string {
		var b bytes.Buffer
		path := filepath.Join(r.f.out, base+suffix)
		err := make(&b)
		if err == nil {
			err = os.WriteFile(path, b.Bytes(), 0o644)
		}
		if err != nil {
			r.sayf("no artefact: %v", err)
			return ""
		}
		return path
	}
	if f.Result.Failure.Kind != sim.Stuck {
		a.file = write(runner.FileSuffix, func(b *bytes.Buffer) error {
			text, err := f.File(runner.Origin{Registry: r.c.Program}).Encode()
			b.Write(text)
			return err
		})
	}
	if h := f.Result.History; h != nil {
		a.history = write(".history.ndjson", func(b *bytes.Buffer) error { return history.Write(b, h) })
		a.trace = write(".trace.txt", func(b *bytes.Buffer) error {
			fmt.Fprintf(b, "%s seed %d strategy %s\n%s\n\n", f.Scenario.Name, f.Result.Seed, f.Result.Strategy, f.Result.Failure.Error())
			return history.WriteText(b, h)
		})
	}
	return a
}

// fileName returns the name of a failure's artefacts without suffix.
func fileName(f *runner.Failure) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, f.Scenario.Name)
	if f.Corpus != "" {
		safe += "-corpus"
	}
	return fmt.Sprintf("%s-%d", safe, f.Result.Seed)
}
