package netsim

import (
	"strings"
	"testing"
)

func TestKindsHaveWords(t *testing.T) {
	if n := len(Kinds()); n != int(kinds)-1 {
		t.Errorf("%d kinds of %d", n, kinds-1)
	}
	for _, k := range Kinds() {
		got, err := ParseKind(k.String())
		if got != k || err != nil {
			t.Errorf("%q is parsed as %v, %v", k, got, err)
		}
		if k.Once() && k.Dials() {
			t.Errorf("%v happens on a connection and before it", k)
		}
	}
	if _, err := ParseKind("earthquake"); err == nil || !strings.Contains(err.Error(), "earthquake") || !strings.Contains(err.Error(), "slow-accept") {
		t.Errorf("the error is %v", err)
	}
}

func TestConcernsAndCrosses(t *testing.T) {
	f := MustParseFault("stall a<-b#2 @byte 1")
	for _, x := range []struct {
		from, to string
		nth      int
		want     bool
	}{{"a", "b", 2, true}, {"a", "b", 1, false}, {"b", "a", 2, false}, {"c", "b", 2, false}} {
		if got := f.Concerns(x.from, x.to, x.nth); got != x.want {
			t.Errorf("concerns %v: %v", x, got)
		}
	}
	p := MustParseFault("partition a<-b")
	if !p.Crosses("b", "a") || p.Crosses("a", "b") {
		t.Error("the arrow is the direction of the bytes")
	}
}
