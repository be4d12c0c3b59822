package runner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Artefacts are the paths of the files that a failure has left; "" where there
// is none.
type Artefacts struct {
	// File is the failure file, History the history as NDJSON, Trace the history
	// as text.
	File, History, Trace string
}

// Leave writes the artefacts of a failure into a directory, which is made if it
// does not exist: the failure file, unless the run was stuck and has no decisions
// to store, the history and a text of it. It goes on after an error; what was
// written is told beside it.
func (f *Failure) Leave(dir string, o Origin) (Artefacts, error) {
	a, err := f.LeaveFile(dir, o)
	h := f.Result.History
	if h == nil || a.File == "" && f.Result.Failure.Kind != sim.Stuck {
		return a, err
	}
	var err1, err2 error
	a.History, err1 = f.write(dir, ".history.ndjson", func(b *bytes.Buffer) error { return history.Write(b, h) })
	a.Trace, err2 = f.write(dir, ".trace.txt", func(b *bytes.Buffer) error {
		fmt.Fprintf(b, "%s seed %d strategy %s\n%s\n\n", f.Scenario.Name, f.Result.Seed, f.Result.Strategy, f.Result.Failure.Error())
		return history.WriteText(b, h)
	})
	return a, errors.Join(err, err1, err2)
}

// LeaveFile is Leave of the failure file alone.
func (f *Failure) LeaveFile(dir string, o Origin) (Artefacts, error) {
	var a Artefacts
	err := os.MkdirAll(dir, 0o755)
	if err == nil && f.Result.Failure.Kind != sim.Stuck {
		a.File, err = f.write(dir, FileSuffix, func(b *bytes.Buffer) error {
			text, err := f.File(o).Encode()
			b.Write(text)
			return err
		})
	}
	return a, err
}

func (f *Failure) write(dir, suffix string, fill func(*bytes.Buffer) error) (string, error) {
	var b bytes.Buffer
	if err := fill(&b); err != nil {
		return "", err
	}
	path := filepath.Join(dir, f.fileName()+suffix)
	// Renamed into place: the workers of a fuzzer write one file and may be killed.
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	if err := os.WriteFile(part, b.Bytes(), 0o644); err != nil {
		return "", err
	}
	if err := os.Rename(part, path); err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	return path, nil
}

// fileName returns the name of a failure's artefacts without suffix. Where a seed does
// not name a run the way to fail does, and the latest run that failed so is kept.
func (f *Failure) fileName() string {
	name := FileName(f.Scenario.Name)
	if f.Corpus != "" {
		return name + "-corpus-" + FileName(strings.TrimSuffix(f.Corpus, FileSuffix))
	}
	if f.Result.Strategy == sim.TapeName {
		return name + "-" + f.Key // a fuzzer changes the seed, too
	}
	name = fmt.Sprintf("%s-%d", name, f.Result.Seed)
	if search, _ := newSearch(f.Result.Strategy); search != nil {
		name += "-" + f.Key // all runs of a search have one seed
	}
	return name
}

// FileName returns a name with what some file system does not take replaced by
// '-'.
func FileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name)
}

// TestLine is the line that repeats a failure file with the test that it is from.
func TestLine(path string, o Origin) string { return TestLineFor("SIM_REPLAY", path, o) }

// TestLineFor is the line that makes the test do what a variable of the environment
// says, such as SIM_SHRINK, with a failure file.
func TestLineFor(variable, path string, o Origin) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	// go test matches each element of a test's name by itself.
	elems := strings.Split(o.Test, "/")
	for i, e := range elems {
		elems[i] = "^" + regexp.QuoteMeta(e) + "$"
	}
	pattern := "'" + strings.ReplaceAll(strings.Join(elems, "/"), "'", `'\''`) + "'"
	line := fmt.Sprintf("%s=%s go test -run %s %s", variable, ShellWord(path), pattern, ShellWord(o.Package))
	return line + testFlags[variable]
}

// testFlags are those without which a test that passes would not show what its
// variable asks for, or would not do it again. A replay that matters fails.
var testFlags = map[string]string{"SIM_SHRINK": " -count=1 -v", "SIM_EXPLAIN": " -v", "SIM_VIEW": " -count=1 -v"}

// ShellWord quotes s for a POSIX shell if it needs to be.
func ShellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%#", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
