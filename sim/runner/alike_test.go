package runner

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func at(function string) *sim.Failure {
	return &sim.Failure{Kind: sim.Panicked, Message: "index 3 of 2", Locations: []sim.Frame{{Func: function, Line: 7}}}
}

// waiting returns a failure of threads that wait for objects, and of one that does
// not, for "".
func waiting(kind sim.Kind, message string, objects ...string) *sim.Failure {
	f := &sim.Failure{Kind: kind, Message: message}
	for _, o := range objects {
		f.Threads = append(f.Threads, sim.ThreadState{Op: "lock", Object: o, Blocked: o != ""})
	}
	return f
}

func TestAlike(t *testing.T) {
	moved := at("p.deep")
	moved.Message, moved.Locations[0].Line = "index 5 of 4", 9
	for _, c := range []struct {
		name string
		a, b *sim.Failure
		want bool
	}{
		{"a panic after an edit", at("p.deep"), moved, true},
		{"a panic elsewhere", at("p.deep"), at("p.shallow"), false},
		{"pass", at("p.deep"), nil, false},
		{"another kind", at("p.deep"), waiting(sim.Deadlock, "index 3 of 2"), false},
		{
			"fewer threads, other numbers", waiting(sim.Deadlock, "3 threads blocked for ever", "mutex a", "mutex q#2", "mutex b1"),
			waiting(sim.Deadlock, "2 threads blocked for ever", "mutex b7", "mutex a", "mutex q"), true,
		},
		{
			"one thread", waiting(sim.Leak, "2 threads left when main had returned", "mutex a", "mutex a"),
			waiting(sim.Leak, "1 thread left when main had returned", "mutex a"), true,
		},
		{
			"a deadlock elsewhere", waiting(sim.Deadlock, "1 thread blocked for ever", "mutex a"),
			waiting(sim.Deadlock, "1 thread blocked for ever", "mutex b"), false,
		},
		{
			"another moment", waiting(sim.Livelock, "budget", "mutex a", ""),
			waiting(sim.Livelock, "budget", "", "mutex b"), true,
		},
	} {
		f := Failure{Scenario: &sim.Scenario{Name: "s"}, Result: sim.Result{Failure: c.a}, Key: failureKey("s", c.a)}
		file := f.File(Origin{})
		if got := file.Alike(c.b); got != c.want {
			t.Errorf("%s: alike is %v", c.name, got)
		}
	}
}

// A file of a build that wrote no key is compared by kind, rule and message.
func TestAlikeWithoutKey(t *testing.T) {
	f := Failure{Scenario: &sim.Scenario{Name: "s"}, Result: sim.Result{Failure: at("p.deep")}}
	file := f.File(Origin{})
	if !file.Alike(at("p.shallow")) || file.Alike(waiting(sim.Leak, "index 3 of 2")) || file.Alike(nil) {
		t.Error("a file without a key is not compared by kind, rule and message")
	}
}

// A replay that panics elsewhere with the recorded message is not the same failure.
func TestReplayOfAPanicElsewhere(t *testing.T) {
	deep := true
	s := &sim.Scenario{Name: "moved", Run: func(*sim.World) {
		if deep {
			panicsDeep()
		}
		panicsShallow()
	}}
	r, err := Once(s, sim.RunConfig{}, 0)
	if err != nil || r.Failure == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	f := NewFailure(s, r).File(Origin{})
	if o, err := Replay(s, f, 0); err != nil || !o.Same {
		t.Fatalf("%+v, %v", o, err)
	}
	deep = false
	o, err := Replay(s, f, 0)
	if err != nil || o.Same {
		t.Fatalf("%+v, %v", o, err)
	}
	if got, want := o.Verdict(f), `another failure, elsewhere, than the recorded panic "no room"`; got != want {
		t.Errorf("the verdict is %q, want %q", got, want)
	}
}

//go:noinline
func panicsDeep() { panic("no room") }

//go:noinline
func panicsShallow() { panic("no room") }
