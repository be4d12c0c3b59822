package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// FileFormat is the version of the failure file that this package reads and
// writes. Since version 2 "work" and "faults" are the plans of the run.
const FileFormat = 2

// FileSuffix ends the names of failure files.
const FileSuffix = ".sim.json"

// File is a failure file: the decisions of one run and what came of it.
type File struct {
	// Format is FileFormat.
	Format int `json:"format"`
	// Collider says which build made the file.
	Collider Build `json:"collider"`
	// Origin says which program can repeat the run.
	Origin Origin `json:"origin"`
	// Scenario is its name.
	Scenario string `json:"scenario"`
	// Params are all parameters of the run.
	Params map[string]int64 `json:"params"`
	// Seed of what is not decided below.
	Seed uint64 `json:"seed"`
	// Strategy that made the decisions.
	Strategy string `json:"strategy"`
	// Work and Faults are the plans that the run had (sim.Plan), whatever the seed
	// would give today. An item taken out of them is left out of the run.
	Work   []string `json:"work"`
	Faults []string `json:"faults"`
	// Segments are the decisions of the scheduler.
	Segments Segments `json:"segments"`
	// Failure is how the run failed.
	Failure FileFailure `json:"failure"`
	// Digest of the run, 16 hexadecimal digits.
	Digest string `json:"digest"`
}

// Origin names the program that can repeat the run of a file: one with a registry
// of scenarios, or a test.
type Origin struct {
	// Registry is the name of the program with the registry, as "simrun".
	Registry string `json:"registry,omitempty"`
	// Package and Test name a Go test: its import path and its full name.
	Package string `json:"package,omitempty"`
	Test    string `json:"test,omitempty"`
}

// FileFailure is the failure in a File.
type FileFailure struct {
	// Kind is the kernel's name for the sort of failure, as "deadlock".
	Kind string `json:"kind"`
	// Property is the sentence that does not hold, Rule its id, if it has one.
	Property string `json:"property"`
	Rule     string `json:"rule"`
	Message  string `json:"message"`
	// Key is that of the Failure: it tells apart what the message does not, as two
	// panics of one text. Files without it are of earlier builds.
	Key string `json:"key,omitempty"`
}

// Segments is a schedule as a list of short texts, "thread steps | thread steps",
// so that a file has lines of bounded length.
type Segments choice.Schedule

const segmentsLine = 90

// MarshalJSON implements json.Marshaler.
func (s Segments) MarshalJSON() ([]byte, error) {
	lines := []string{}
	cur := ""
	for i := range s {
		text := choice.Schedule(s[i : i+1]).String()
		switch {
		case cur == "":
			cur = text
		case len(cur)+len(text) < segmentsLine:
			cur += " | " + text
		default:
			lines, cur = append(lines, cur), text
		}
	}
	if cur != "" {
		lines = append(lines, cur)
	}
	return json.Marshal(lines)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Segments) UnmarshalJSON(b []byte) error {
	var lines []string
	if err := json.Unmarshal(b, &lines); err != nil {
		return err
	}
	*s = nil
	for _, l := range lines {
		part, err := choice.ParseSchedule(l)
		if err != nil {
			return err
		}
		*s = append(*s, part...)
	}
	return nil
}

// File returns the failure file of f.
func (f *Failure) File(o Origin) *File {
	r := &f.Result
	file := &File{
		Format: FileFormat, Collider: ThisBuild(), Origin: o,
		Scenario: f.Scenario.Name, Params: map[string]int64{}, Seed: r.Seed, Strategy: r.Strategy,
		Work: planItems(r.Plans[sim.Work]), Faults: planItems(r.Plans[sim.Faults]), Segments: Segments(r.Schedule),
		Failure: FileFailure{
			Kind: r.Failure.Kind.String(), Property: f.Property, Rule: r.Failure.Rule, Message: r.Failure.Message, Key: f.Key,
		},
		Digest: fmt.Sprintf("%016x", r.Digest),
	}
	for _, p := range r.Params {
		file.Params[p.Name] = p.Value
	}
	return file
}

// planItems is a plan of a file, which is never nil.
func planItems(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// Encode returns the file's text: JSON, a field a line, in a fixed order. Equal
// files give equal texts.
func (f *File) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("runner: failure file: %w", err)
	}
	return b.Bytes(), nil
}

// FileError says that a text is not a failure file, or one that this build cannot
// follow.
type FileError struct {
	Reason string
	Err    error
}

func (e *FileError) Error() string {
	if e.Err != nil {
		return "not a failure file: " + e.Reason + ": " + e.Err.Error()
	}
	return "not a failure file: " + e.Reason
}

func (e *FileError) Unwrap() error { return e.Err }

// FileVersionError says that a failure file is of another format version.
type FileVersionError struct{ Got int }

func (e *FileVersionError) Error() string {
	return fmt.Sprintf("failure file of format version %d; this build reads version %d", e.Got, FileFormat)
}

// UnknownScenarioError says that a failure file is about a scenario that this
// program does not have.
type UnknownScenarioError struct {
	Name   string
	Origin Origin
}

func (e *UnknownScenarioError) Error() string {
	return fmt.Sprintf("no scenario %q here", e.Name)
}

// Decode reads a failure file. The error is a *FileVersionError or a *FileError;
// unknown fields, missing fields and anything after the object are errors.
func Decode(b []byte) (*File, error) {
	var v struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, &FileError{Reason: "broken or truncated", Err: err}
	}
	if v.Format == nil {
		return nil, &FileError{Reason: `it has no "format"`}
	}
	if *v.Format != FileFormat {
		return nil, &FileVersionError{Got: *v.Format}
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var f File
	if err := d.Decode(&f); err != nil {
		return nil, &FileError{Reason: "broken or truncated", Err: err}
	}
	if reason := f.lacks(); reason != "" {
		return nil, &FileError{Reason: reason}
	}
	return &f, nil
}

func (f *File) lacks() string {
	switch {
	case f.Scenario == "":
		return `it has no "scenario"`
	case f.Strategy == "":
		return `it has no "strategy"`
	case f.Failure.Kind == "":
		return `it has no "failure"`
	case f.Work == nil || f.Faults == nil:
		return `it lacks "work" or "faults"`
	case len(f.Digest) != 16 || strings.Trim(f.Digest, "0123456789abcdef") != "":
		return fmt.Sprintf("digest %q is not 16 hexadecimal digits", f.Digest)
	}
	return ""
}

// Find returns the scenario of the file, or an *UnknownScenarioError.
func (f *File) Find(all []*sim.Scenario) (*sim.Scenario, error) {
	for _, s := range all {
		if s.Name == f.Scenario {
			return s, nil
		}
	}
	return nil, &UnknownScenarioError{Name: f.Scenario, Origin: f.Origin}
}
