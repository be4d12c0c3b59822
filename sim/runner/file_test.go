package runner

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"pgregory.net/rapid"
)

// failing returns a failure of each failing toy.
func failing(t *testing.T) []Failure {
	t.Helper()
	r := mustRun(t, Options{Scenarios: toy.All(), Runs: 200, KeepGoing: true})
	if len(r.Failures) < 4 {
		t.Fatalf("only %d failures", len(r.Failures))
	}
	return r.Failures
}

func encode(t *testing.T, f *File) []byte {
	t.Helper()
	b, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFileReplaysTheSameFailure(t *testing.T) {
	for _, f := range failing(t) {
		text := encode(t, f.File(Origin{Registry: "simrun"}))
		if len(text) > 4096 {
			t.Errorf("%s: %d bytes", f.Scenario.Name, len(text))
		}
		file, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if again := encode(t, file); !bytes.Equal(again, text) {
			t.Errorf("encoded again:\n%s\nfirst:\n%s", again, text)
		}
		s, err := file.Find(toy.All())
		if err != nil {
			t.Fatal(err)
		}
		o, err := Replay(s, file, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !o.Same || !o.Exact || o.Result.Digest != f.Result.Digest || o.Failure.Key != f.Key {
			t.Errorf("%s: same %v, exact %v, %+v\n%s", s.Name, o.Same, o.Exact, o.Result, text)
		}
	}
}

func TestRepeatIsTheRunOfTheBatch(t *testing.T) {
	for _, f := range failing(t) {
		r, err := Repeat(f.Scenario, Spec{Seed: f.Result.Seed}, 0)
		if err != nil || !same(&r, &f.Result) || r.Strategy != f.Result.Strategy {
			t.Errorf("%s: %v, %+v", f.Scenario.Name, err, r)
		}
	}
	var oe *OptionError
	if _, err := Repeat(toy.Clean(), Spec{Strategy: "nosuch"}, 0); !errors.As(err, &oe) || oe.Option != "Strategy" {
		t.Errorf("error %v", err)
	}
	if _, err := Repeat(toy.Clean(), Spec{Params: map[string]int64{"x": 1}}, 0); !errors.As(err, &oe) || oe.Option != "Params" {
		t.Errorf("error %v", err)
	}
}

func TestFileText(t *testing.T) {
	f := Failure{
		Scenario: toy.LostUpdate(), Property: "no increment is lost",
		Result: sim.Result{
			Seed: 1 << 60, Strategy: "pct:3", Digest: 0xabc,
			Params:   []sim.ParamValue{{Name: "threads", Value: 2}},
			Schedule: choice.Schedule{{Thread: "main", Steps: 6}, {Thread: "main/adder#2", Steps: 1}, {Thread: "main/adder", Steps: 1 << 40}},
			Failure:  &sim.Failure{Kind: sim.Broken, Rule: "TOY-1", Message: "the counter is <1>"},
		},
	}
	file := f.File(Origin{Package: "example.org/p", Test: "TestX"})
	file.Collider = Build{Version: "v1.2.3", Commit: "0123456789ab"}
	want := `{
  "format": 2,
  "collider": {
    "version": "v1.2.3",
    "commit": "0123456789ab"
  },
  "origin": {
    "package": "example.org/p",
    "test": "TestX"
  },
  "scenario": "toy/lost-update",
  "params": {
    "threads": 2
  },
  "seed": 1152921504606846976,
  "strategy": "pct:3",
  "work": [],
  "faults": [],
  "segments": [
    "main 6 | main/adder#2 1 | main/adder 1099511627776"
  ],
  "failure": {
    "kind": "property",
    "property": "no increment is lost",
    "rule": "TOY-1",
    "message": "the counter is <1>"
  },
  "digest": "0000000000000abc"
}
`
	if got := string(encode(t, file)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSegmentsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Segments
		for range rapid.IntRange(0, 200).Draw(t, "n") {
			s = append(s, choice.Segment{
				Thread: rapid.SampledFrom([]string{"main", "main/reader#2", "clock", "main/a very long name of a thread"}).Draw(t, "thread"),
				Steps:  rapid.Uint64Range(1, 1<<63).Draw(t, "steps"),
			})
		}
		b, err := s.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var got Segments
		if err := got.UnmarshalJSON(b); err != nil || !reflect.DeepEqual(got, s) {
			t.Fatalf("%s gives %v, %v", b, got, err)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	f := failing(t)[0]
	good := string(encode(t, f.File(Origin{})))
	edit := func(old, with string) string {
		t.Helper()
		out := strings.Replace(good, old, with, 1)
		if out == good {
			t.Fatalf("nothing to edit: %q", old)
		}
		return out
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "broken or truncated"},
		{"no JSON", "hello", "broken or truncated"},
		{"no object", "[]", "broken or truncated"},
		{"no format", "{}", `no "format"`},
		{"unknown field", edit(`"seed"`, `"sead"`), "sead"},
		{"no scenario", edit(f.Scenario.Name, ""), `no "scenario"`},
		{"no strategy", edit(f.Result.Strategy, ""), `no "strategy"`},
		{"no failure", edit(`"kind": "`+f.Result.Failure.Kind.String(), `"kind": "`), `no "failure"`},
		{"bad digest", edit(`"digest": "`, `"digest": "x`), "16 hexadecimal digits"},
		{"bad segments", edit(`"segments": [`, `"segments": ["main",`), "segment 1"},
		{"no faults", edit(`"faults"`, `"Faults2"`), "Faults2"},
		{"null work", edit(`"work": []`, `"work": null`), `lacks "work"`},
		{"more", good + "{}", "broken or truncated"},
	} {
		_, err := Decode([]byte(c.text))
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want a FileError with %q", c.name, err, c.want)
		}
	}
	for n := range len(good) - 1 {
		if _, err := Decode([]byte(good[:n])); err == nil {
			t.Fatalf("a file cut to %d bytes is accepted", n)
		}
	}
	_, err := Decode([]byte(edit(`"format": 2`, `"format": 99`)))
	var ve *FileVersionError
	if !errors.As(err, &ve) || ve.Got != 99 {
		t.Errorf("error %v", err)
	}
}

func TestReplayOfAnotherScenario(t *testing.T) {
	file := failing(t)[0].File(Origin{Package: "p", Test: "TestX"})
	_, err := file.Find([]*sim.Scenario{toy.Clean()})
	var ue *UnknownScenarioError
	if !errors.As(err, &ue) || ue.Origin.Test != "TestX" {
		t.Errorf("error %v", err)
	}
	file.Params = map[string]int64{"gone": 1}
	var fe *FileError
	if _, err := Replay(toy.Clean(), file, 0); !errors.As(err, &fe) || !strings.Contains(err.Error(), "gone") {
		t.Errorf("error %v", err)
	}
}

func TestReplayOfRepairedScenario(t *testing.T) {
	for _, f := range failing(t) {
		if f.Scenario.Name != "toy/lost-update" {
			continue
		}
		fixed := toy.Clean()
		fixed.Name = f.Scenario.Name
		o, err := Replay(fixed, f.File(Origin{}), 0)
		if err != nil || o.Failure != nil || o.Same || o.Exact || o.Result.Drift.Zero() {
			t.Errorf("%v, %+v", err, o)
		}
	}
}

func TestReplayFindsNondeterminism(t *testing.T) {
	s := toy.Nondeterministic(true)
	file := &File{Format: 1, Scenario: s.Name, Strategy: "random", Failure: FileFailure{Kind: "property"}, Digest: "0000000000000000"}
	for range 2 {
		o, err := Replay(s, file, 0)
		if err != nil {
			t.Fatal(err)
		}
		if o.Failure != nil {
			if o.Failure.Result.Failure.Kind != sim.Nondeterminism || o.Same || o.Failure.Divergence == nil {
				t.Errorf("%+v", o.Failure)
			}
			return
		}
	}
	t.Error("no failure")
}

func TestCorpus(t *testing.T) {
	fs := failing(t)
	fsys := fstest.MapFS{"README.md": {Data: []byte("text")}}
	for i, f := range fs {
		fsys["dir/"+string(rune('a'+i))+FileSuffix] = &fstest.MapFile{Data: encode(t, f.File(Origin{}))}
	}
	cs, err := LoadCorpus(fsys)
	if err != nil || len(cs) != len(fs) || cs[0].Name != "dir/a.sim.json" {
		t.Fatalf("%d cases, %v", len(cs), err)
	}
	r, err := ReplayCorpus(toy.All(), cs, 0)
	if err != nil || r.Replayed != len(fs) || len(r.Failures) != len(fs) || r.Failures[0].Corpus != "dir/a.sim.json" {
		t.Errorf("%+v, %v", r, err)
	}
	var repaired []*sim.Scenario
	for _, s := range toy.All() {
		c := toy.Clean()
		c.Name = s.Name
		repaired = append(repaired, c)
	}
	if err := CheckCorpus(repaired, cs); err != nil {
		t.Error(err)
	}
	if err := CheckCorpus(repaired[:1], cs); err == nil || !strings.Contains(err.Error(), "dir/a") {
		t.Errorf("error %v", err)
	}
	if r, err := ReplayCorpus(repaired[:1], cs, 0); err != nil || r.Replayed != 0 {
		t.Errorf("cases of other scenarios: %+v, %v", r, err)
	}
	fsys["bad"+FileSuffix] = &fstest.MapFile{Data: []byte("{")}
	if _, err := LoadCorpus(fsys); err == nil || !strings.Contains(err.Error(), "bad.sim.json") {
		t.Errorf("error %v", err)
	}
	if cs, err := LoadCorpus(nil); cs != nil || err != nil {
		t.Error("no corpus")
	}
}

func TestCorpusTellsDrift(t *testing.T) {
	for _, f := range failing(t) {
		if f.Scenario.Name != "toy/deadlock" {
			continue
		}
		c := toy.Clean()
		c.Name = f.Scenario.Name
		r, err := ReplayCorpus([]*sim.Scenario{c}, []Case{{"x", f.File(Origin{})}}, 0)
		if err != nil || len(r.Drifted) != 1 || len(r.Failures) != 0 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"format":2,"work":[],"faults":[],"scenario":"x","strategy":"random","failure":{"kind":"leak"},"digest":"0000000000000000","segments":["main 1"]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Decode(b)
		if err != nil {
			return
		}
		text, err := file.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(text)
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, text)
		}
		if text2, err := again.Encode(); err != nil || !bytes.Equal(text, text2) {
			t.Fatalf("no round trip: %v", err)
		}
	})
}
