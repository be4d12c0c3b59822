package scenarios

import (
	"io/fs"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/simtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBroker(t *testing.T)              { simtest.Run(t, Broker) }
func TestConvergence(t *testing.T)         { simtest.Run(t, Convergence) }
func TestCrashRecovery(t *testing.T)       { simtest.Run(t, CrashRecovery) }
func TestGoAMQPClient(t *testing.T)        { simtest.Run(t, GoAMQPClient) }
func TestLifecycle(t *testing.T)           { simtest.Run(t, Lifecycle) }
func TestLinks(t *testing.T)               { simtest.Run(t, Links) }
func TestMultithreadedClient(t *testing.T) { simtest.Run(t, MultithreadedClient) }
func TestFlowControl(t *testing.T)         { simtest.Run(t, MultithreadedClientFlowControl) }
func TestSerialization(t *testing.T)       { simtest.Run(t, Serialization) }
func TestTimers(t *testing.T)              { simtest.Run(t, Timers) }
func TestWakeCoalescing(t *testing.T)      { simtest.Run(t, WakeCoalescing) }
func TestWorkQueueOrder(t *testing.T)      { simtest.Run(t, WorkQueueOrder) }

// TestProperties has rapid draw the parameters and the seed of each world.
func TestProperties(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { simtest.Rapid(t, s) })
		})
	}
}

// TestRegistry keeps the list complete in itself: names, words and rules that
// reports rely on.
func TestRegistry(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range All() {
		if seen[s.Name] {
			t.Errorf("two scenarios are named %s", s.Name)
		}
		seen[s.Name] = true
		if s.Doc == "" || len(s.Properties) == 0 || s.Check == nil {
			t.Errorf("%s lacks a sentence, properties or a check", s.Name)
		}
		if err := s.Validate(&sim.RunConfig{}); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		for _, p := range s.Properties {
			if p.Rule == "" || p.Doc == "" {
				t.Errorf("%s has a property %v", s.Name, p)
			}
		}
	}
}

// TestCorpus replays what once failed.
func TestCorpus(t *testing.T) {
	cases, err := runner.LoadCorpus(Corpus())
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.CheckCorpus(All(), cases); err != nil {
		t.Fatal(err)
	}
	report, err := runner.ReplayCorpus(All(), cases, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Failures {
		t.Errorf("%s", report.Failures[i].Text())
	}
	// A change of the sources takes a record or two out of step. When it is many,
	// they are to be recorded anew.
	for _, name := range report.Drifted {
		t.Logf("%s: its decisions can no longer be followed", name)
	}
	if 4*len(report.Drifted) > report.Replayed {
		t.Errorf("the decisions of %d of %d stored runs can no longer be followed; testdata/corpus/README.md says how to record them anew", len(report.Drifted), report.Replayed)
	}
	for _, c := range cases {
		if text, err := fs.ReadFile(Corpus(), c.Name); err != nil || len(text) > 4<<10 {
			t.Errorf("%s has %d octets, more than 4 KiB: shrink it; %v", c.Name, len(text), err)
		}
	}
}
