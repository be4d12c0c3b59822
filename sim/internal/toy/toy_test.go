package toy

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// Each toy fails in its way and not always; the clean one never.
func TestToysFailAsTheySay(t *testing.T) {
	want := map[string]sim.Kind{
		"toy/clean": 0, "toy/lost-update": sim.Broken, "toy/deadlock": sim.Deadlock,
		"toy/overlap": sim.Broken, "toy/panics": sim.Panicked,
	}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	for _, s := range All() {
		failed, passed := 0, 0
		for seed := range uint64(200) {
			r := sim.Execute(w, s, sim.RunConfig{Seed: seed})
			switch {
			case r.Failure == nil:
				passed++
			case r.Failure.Kind != want[s.Name]:
				t.Fatalf("%s: seed %d: %v", s.Name, seed, r.Failure)
			default:
				failed++
			}
		}
		if passed == 0 || (failed > 0) != (want[s.Name] != 0) {
			t.Errorf("%s: %d failed, %d passed", s.Name, failed, passed)
		}
	}
}
