package simtest_test

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/simtest"
	"pgregory.net/rapid"
)

// transfer moves money between two accounts, each under its lock. A transfer takes
// the locks in the order of the accounts' numbers, or two of them could wait for each
// other.
var transfer = &sim.Scenario{
	Name: "transfer", Doc: "transfers between two accounts",
	Properties: []sim.Property{{Rule: "SUM-1", Doc: "no money is made or lost"}},
	Params: []sim.Param{
		{Name: "tellers", Doc: "threads that transfer", Default: 2, Min: 1, Max: 4},
		{Name: "transfers", Doc: "by each of them", Default: 2, Min: 1, Max: 5},
	},
	Run: func(w *sim.World) {
		b := newBank(w, 100, 100)
		tellers := w.NewWaitGroup("tellers")
		for i := range int(w.Param("tellers")) {
			tellers.Go("teller", func() {
				for range w.Param("transfers") {
					b.transfer(i%2, 1-i%2, 10)
				}
			})
		}
		tellers.Wait()
		if sum := b.balance[0] + b.balance[1]; sum != 200 {
			w.Fail("SUM-1", "the accounts hold %d, want 200", sum)
		}
	},
}

type bank struct {
	locks   [2]*sim.Mutex
	balance [2]int
}

func newBank(w *sim.World, balance ...int) *bank {
	b := &bank{}
	for i := range b.locks {
		b.locks[i], b.balance[i] = w.NewMutex("account"), balance[i]
	}
	return b
}

func (b *bank) transfer(from, to, amount int) {
	for i := range b.locks {
		b.locks[i].Lock()
		defer b.locks[i].Unlock()
	}
	b.balance[from] -= amount
	b.balance[to] += amount
}

// Over seeds: go test.
func TestTransfer(t *testing.T) { simtest.Run(t, transfer) }

// By the fuzzer, which decides parameters and schedule: go test -fuzz FuzzTransfer.
func FuzzTransfer(f *testing.F) { simtest.Fuzz(f, transfer) }

// By rapid, which draws the parameters and a seed, and shrinks them.
func TestTransferRapid(t *testing.T) { rapid.Check(t, transferProperty) }

// By the fuzzer, which writes what rapid draws: go test -fuzz FuzzRapidTransfer.
func FuzzRapidTransfer(f *testing.F) { f.Fuzz(rapid.MakeFuzz(transferProperty)) }

func transferProperty(t *rapid.T) { simtest.Rapid(t, transfer) }
