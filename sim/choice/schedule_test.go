package choice

import (
	"reflect"
	"strings"
	"testing"
)

func TestScheduleText(t *testing.T) {
	s := Schedule{{"main", 6}, {"main/recv app#2", 2}, {Clock, 1}}
	text := s.String()
	if want := "main 6 | main/recv app#2 2 | clock 1"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	got, err := ParseSchedule("  main 6|main/recv app#2   2 |\n clock 1 ")
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("got %v, %v", got, err)
	}
	if n := s.Steps(); n != 9 {
		t.Errorf("%d steps", n)
	}
	if got, err := ParseSchedule(" \n"); got != nil || err != nil {
		t.Errorf("nothing gives %v, %v", got, err)
	}
}

func TestScheduleErrors(t *testing.T) {
	for text, want := range map[string]string{
		"main":            `segment 1 "main"`,
		"main 1 | ":       `segment 2 ""`,
		"main 1 | b 0":    `segment 2 "b 0"`,
		"main -1":         `segment 1 "main -1"`,
		"a 1 | b x | c 1": `segment 2 "b x"`,
	} {
		if _, err := ParseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	f.Add("main 6 | recv/app 2 | clock 1")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule(text)
		if err != nil {
			return
		}
		again, err := ParseSchedule(s.String())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%q: %v, then %v, %v", text, s, again, err)
		}
	})
}

func TestWithout(t *testing.T) {
	s := Schedule{{Without("main/reader#2"), 7}}
	got, err := ParseSchedule(s.String())
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%q is read as %v, %v", s, got, err)
	}
	if name, ok := Held(got[0].Thread); name != "main/reader#2" || !ok {
		t.Errorf("it holds %q, %v", name, ok)
	}
	for _, name := range []string{"main", Free, Clock} {
		if held, ok := Held(name); ok {
			t.Errorf("%s holds %q", name, held)
		}
	}
}
