package conformance

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestSelection(t *testing.T) {
	all := len(Cases())
	for _, k := range []struct {
		name string
		s    Selection
		want func(k *Case) bool
	}{
		{"all", Selection{}, func(*Case) bool { return true }},
		{"chapter", Selection{Names: []string{"2.4"}}, func(k *Case) bool { return strings.HasPrefix(k.ID, "2.4.") }},
		{"clause", Selection{Names: []string{"2.4.1"}}, func(k *Case) bool { return strings.HasPrefix(k.ID, "2.4.1-") }},
		{"dot at the end", Selection{Names: []string{"2.4.1."}}, func(k *Case) bool { return strings.HasPrefix(k.ID, "2.4.1-") }},
		{"rule", Selection{Names: []string{"2.3.1-frame-1"}}, func(k *Case) bool { return k.Rule.ID == "2.3.1-frame-1" }},
		{"subject", Selection{Names: []string{"2.4.5-idle"}}, func(k *Case) bool { return k.Rule.Clause == "2.4.5" }},
		{"variant", Selection{Names: []string{"2.3.1-frame-1@srv:size-4"}}, func(k *Case) bool { return k.ID == "2.3.1-frame-1@srv:size-4" }},
		{"two names", Selection{Names: []string{"2.2", "2.7.1"}}, func(k *Case) bool { return k.Rule.Clause == "2.2" || k.Rule.Clause == "2.7.1" }},
		{"pattern", Selection{Pattern: regexp.MustCompile("size-[04]$")}, func(k *Case) bool {
			return strings.HasSuffix(k.ID, "size-0") || strings.HasSuffix(k.ID, "size-4")
		}},
		{"level", Selection{Levels: []Level{Should, May}}, func(k *Case) bool { return k.Rule.Level == Should || k.Rule.Level == May }},
		{"all of them", Selection{Names: []string{"2.4"}, Levels: []Level{Must}, Pattern: regexp.MustCompile("close")}, func(k *Case) bool {
			return strings.HasPrefix(k.ID, "2.4") && k.Rule.Level == Must && strings.Contains(k.ID, "close")
		}},
	} {
		got, err := k.s.Choose(Cases())
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		want := 0
		for _, c := range Cases() {
			if k.want(&c) {
				want++
			}
		}
		if len(got) != want || want == 0 || (want == all) != (k.name == "all") {
			t.Errorf("%s: chose %d, want %d of %d", k.name, len(got), want, all)
		}
		for i := range got {
			if !k.want(&got[i]) {
				t.Errorf("%s: chose %s", k.name, got[i].ID)
			}
		}
	}
}

func TestSelectionErrors(t *testing.T) {
	for _, k := range []struct {
		s    Selection
		name string
	}{
		{Selection{Names: []string{"9.9"}}, "9.9"},
		{Selection{Names: []string{"2.2", "2.4.1-open-"}}, "2.4.1-open-"},
		{Selection{Names: []string{"2.4.1-ope"}}, "2.4.1-ope"},
		{Selection{Names: []string{""}}, ""},
		{Selection{Pattern: regexp.MustCompile("nothing like it")}, ""},
		{Selection{Names: []string{"2.2"}, Levels: []Level{May}}, ""},
	} {
		got, err := k.s.Choose(Cases())
		var e *SelectionError
		if !errors.As(err, &e) || e.Name != k.name || len(got) != 0 {
			t.Errorf("%v: chose %d, %v", k.s, len(got), err)
		}
	}
	if _, err := ParseLevel("MUSTARD"); err == nil {
		t.Error("MUSTARD is a level")
	}
	if l, err := ParseLevel("must"); l != Must || err != nil {
		t.Errorf("%q, %v", l, err)
	}
}
