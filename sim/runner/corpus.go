package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Case is a stored failure file.
type Case struct {
	// Name is the file's path in the corpus.
	Name string
	File *File
}

// LoadCorpus reads all failure files of a file system, in order of their paths.
// Other files are passed over. A file that cannot be read or decoded is an error
// that names it. A nil fsys, and one whose root does not exist, has none.
func LoadCorpus(fsys fs.FS) ([]Case, error) {
	if fsys == nil {
		return nil, nil
	}
	var cs []Case
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if name == "." && errors.Is(err, fs.ErrNotExist) {
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		if d.IsDir() || !strings.HasSuffix(path.Base(name), FileSuffix) {
			return nil
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		f, err := Decode(b)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		cs = append(cs, Case{Name: name, File: f})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	return cs, nil
}

// CorpusReport is what came of a replayed corpus.
type CorpusReport struct {
	// Replayed is the number of cases.
	Replayed int
	// Drifted are the names of the cases that passed, but whose decisions could
	// not all be followed: they prove little.
	Drifted []string
	// Failures are the cases that failed.
	Failures []Failure
}

// ReplayCorpus replays the cases of the scenarios given, in order. A case is a
// failure that has been repaired: it must pass.
func ReplayCorpus(scenarios []*sim.Scenario, cs []Case, watchdog time.Duration) (*CorpusReport, error) {
	r := &CorpusReport{}
	for _, c := range cs {
		s, err := c.File.Find(scenarios)
		if err != nil {
			continue // not selected
		}
		o, err := Replay(s, c.File, watchdog)
		if err != nil {
			return nil, fmt.Errorf("corpus: %s: %w", c.Name, err)
		}
		r.Replayed++
		if o.Failure != nil {
			o.Failure.Corpus = c.Name
			r.Failures = append(r.Failures, *o.Failure)
		} else if d := o.Result.Drift; d.Segments > 0 || d.Items > 0 {
			r.Drifted = append(r.Drifted, c.Name)
		}
	}
	return r, nil
}

// CheckCorpus returns an *UnknownScenarioError that names the first case whose
// scenario is not among all.
func CheckCorpus(all []*sim.Scenario, cs []Case) error {
	for _, c := range cs {
		if _, err := c.File.Find(all); err != nil {
			return fmt.Errorf("corpus: %s: %w", c.Name, err)
		}
	}
	return nil
}
