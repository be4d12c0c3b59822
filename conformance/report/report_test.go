package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sample() *Report {
	e := func(id, outcome string, class Class) Entry {
		rule, _, _ := strings.Cut(id, "@")
		return Entry{
			Type: "case", ID: id, Rule: rule, Clause: "2.2", Level: "MUST", Role: "srv", Requirement: "It is so.",
			Title: "it is seen", Outcome: outcome, Class: class, Seconds: 0.25,
		}
	}
	info := e("2.2-a-2@srv", "INFO", Passed)
	info.Variant, info.Reason = "ignored", "nothing came"
	bad := e("2.2-a-3@srv:x", "FAILED", Failed)
	bad.Reason, bad.Closing, bad.Log = "want <a> & \x01 \"b\"", "no close, FIN", "logs/x.log"
	bad.Wire = []string{" 0.1 1 → AMQP 0 1.0.0", " 0.2 1 ← nothing"}
	crash := e("2.3-b-1@srv", "CRASH", Broken)
	crash.Reason = "gone"
	skip := e("2.3-b-2@srv", "SKIPPED", Undecided)
	skip.Reason = "no SASL"
	return &Report{
		Target: "host:5672", Profile: map[string]any{"raw": true},
		Sections: []Section{
			{Number: "2.2", Title: "Header", Entries: []Entry{e("2.2-a-1@srv", "OK", Passed), info, bad}},
			{Number: "2.3", Title: "Framing", Entries: []Entry{crash, skip}},
			{Number: "2.4", Title: "Not selected"},
		},
		Outcomes: []string{"OK", "INFO", "NON-STRICT", "SKIPPED", "FAILED", "CRASH"}, Repeat: "simrun conform …", Seconds: 1.5,
	}
}

const wantText = `host:5672: map[raw:true]

2.2  Header
  OK               2.2-a-1@srv                      it is seen
  INFO ignored     2.2-a-2@srv                      it is seen
                           nothing came
  FAILED           2.2-a-3@srv:x                    it is seen
                           want <a> & ` + "\x01" + ` "b"
                   rule    It is so. (MUST, 2.2-a-3)
                   closing no close, FIN
                   wire     0.1 1 → AMQP 0 1.0.0
                            0.2 1 ← nothing
                   log     logs/x.log

2.3  Framing
  CRASH            2.3-b-1@srv                      it is seen
                           gone
                   rule    It is so. (MUST, 2.3-b-1)
  SKIPPED          2.3-b-2@srv                      it is seen
                           no SASL

5 cases in 1.5 s: 1 OK, 1 INFO, 1 SKIPPED, 1 FAILED, 1 CRASH
  FAILED           2.2-a-3@srv:x
  CRASH            2.3-b-1@srv
repeat: simrun conform …
`

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := sample().Text(&b); err != nil {
		t.Fatal(err)
	}
	if b.String() != wantText {
		t.Errorf("got\n%s\nwant\n%s", b.String(), wantText)
	}
}

func TestTextBoundsTheWire(t *testing.T) {
	r := sample()
	r.Sections[0].Entries[2].Wire = make([]string, wireMax+5)
	var b bytes.Buffer
	r.Text(&b)
	if !strings.Contains(b.String(), "… 5 more lines") {
		t.Errorf("got\n%s", b.String())
	}
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	if err := sample().Lines(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines", len(lines))
	}
	var bad map[string]any
	if err := json.Unmarshal([]byte(lines[2]), &bad); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]any{
		"type": "case", "id": "2.2-a-3@srv:x", "rule": "2.2-a-3", "clause": "2.2", "level": "MUST", "role": "srv",
		"outcome": "FAILED", "reason": "want <a> & \x01 \"b\"", "closing": "no close, FIN", "seconds": 0.25, "log": "logs/x.log",
	} {
		if bad[k] != v {
			t.Errorf("%s: got %v, want %v", k, bad[k], v)
		}
	}
	want := `{"type":"summary","schema":1,"target":"host:5672","profile":{"raw":true},"cases":5,"failures":2,"undecided":1,` +
		`"outcomes":{"CRASH":1,"FAILED":1,"INFO":1,"OK":1,"SKIPPED":1},"seconds":1.5}`
	if lines[5] != want {
		t.Errorf("got  %s\nwant %s", lines[5], want)
	}
}

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := sample().JUnit(&b); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if got.Tests != 5 || got.Failures != 1 || got.Errors != 1 || got.Skipped != 1 || len(got.Suites) != 2 {
		t.Fatalf("got %+v", got)
	}
	header, framing := got.Suites[0], got.Suites[1]
	if header.Name != "2.2 Header" || header.Tests != 3 || header.Failures != 1 || header.Errors != 0 || header.Time != "0.750" {
		t.Errorf("got %+v", header)
	}
	for i, k := range []struct {
		c                       junitCase
		failure, error, skipped bool
	}{
		{header.Cases[0], false, false, false}, {header.Cases[1], false, false, false}, {header.Cases[2], true, false, false},
		{framing.Cases[0], false, true, false}, {framing.Cases[1], false, false, true},
	} {
		if (k.c.Failure != nil) != k.failure || (k.c.Error != nil) != k.error || (k.c.Skipped != nil) != k.skipped {
			t.Errorf("case %d: %+v", i, k.c)
		}
		if k.c.Name == "" || k.c.ClassName != "conformance.2.2" || k.c.Time != "0.250" {
			t.Errorf("case %d: %+v", i, k.c)
		}
	}
	f := header.Cases[2].Failure
	if f.Message != "want <a> & \ufffd \"b\"" || f.Type != "FAILED" || !strings.Contains(f.Text, "← nothing") {
		t.Errorf("got %+v", f)
	}
	if header.Cases[1].Output != "INFO ignored: nothing came" || framing.Cases[1].Skipped.Message != "SKIPPED: no SASL" {
		t.Errorf("got %+v, %+v", header.Cases[1], framing.Cases[1].Skipped)
	}
}

func TestWriteDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	logs := map[string]string{LogFile("2.2-a-3@srv:x"): "octets\n"}
	if err := sample().WriteDir(dir, logs); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"report.txt": "2.2  Header", "report.jsonl": `"type":"summary"`, "junit.xml": "<testsuites", "logs/2.2-a-3@srv-x.log": "octets",
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %v, %q", name, err, b)
		}
	}
	file := filepath.Join(dir, "report.txt")
	if err := sample().WriteDir(file, nil); err == nil {
		t.Error("a file is a directory")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestWriteErrorsAreTold(t *testing.T) {
	for name, err := range map[string]error{
		"text": sample().Text(full{}), "lines": sample().Lines(full{}), "junit": sample().JUnit(full{}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
