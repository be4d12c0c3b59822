package simtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
)

// plantedEnv makes FuzzToy fuzz a scenario with a bug.
const plantedEnv = "COLLIDER_FUZZ_PLANTED"

// FuzzToy finds nothing, unless there is something to find.
func FuzzToy(f *testing.F) {
	s := toy.Clean()
	if os.Getenv(plantedEnv) != "" {
		s = planted()
	}
	Fuzz(f, s)
}

// planted fails in one run of some tens: a read must come between the right two of
// four writes, with one parameter of four.
func planted() *sim.Scenario {
	return &sim.Scenario{
		Name: "planted", Doc: "a writer and a reader in step",
		Params: []sim.Param{{Name: "mode", Min: 0, Max: 3}, {Name: "spare", Min: 0, Max: 1000}},
		Run: func(w *sim.World) {
			n, mode := w.NewInt64("n", 0), w.Param("mode")
			w.Go("writer", func() {
				for i := range int64(4) {
					n.Store(i + 1)
				}
			})
			w.Go("reader", func() {
				if mode == 2 && n.Load() == 3 {
					w.Fail("STEP-1", "the reader is out of step")
				}
			})
		},
	}
}

func TestWriteIsReadAgain(t *testing.T) {
	fresh(t)
	for _, s := range []*sim.Scenario{planted(), toy.LostUpdate(), toy.Deadlock()} {
		z := newFuzzer(&explorer{t: t, s: s})
		for seed := range uint64(50) {
			r, err := runner.Repeat(s, runner.Spec{Seed: seed}, 0)
			if err != nil {
				t.Fatal(err)
			}
			b, err := z.write(&r)
			if err != nil {
				t.Fatal(err)
			}
			again, err := z.player.Play(s, z.config(seed, b))
			if err != nil || again.Digest != r.Digest || len(s.Params) > 0 && again.Params[0] != r.Params[0] {
				t.Fatalf("%s, seed %d: digest %016x, as octets %016x, %v", s.Name, seed, r.Digest, again.Digest, err)
			}
		}
		z.player.Close()
	}
}

func TestFuzzParamsThatAreFixed(t *testing.T) {
	x := &explorer{t: t, s: planted(), e: env{Options: Options{Params: map[string]int64{"mode": 3}}}}
	z := newFuzzer(x)
	cfg := z.config(1, []byte{1, 2, 128})
	if cfg.Params["mode"] != 3 || cfg.Params["spare"] != 258 {
		t.Errorf("parameters %v", cfg.Params)
	}
}

// buildEnv makes the child a binary that go test -fuzz would have built. This takes a
// minute where it has not been done before.
const buildEnv = "COLLIDER_FUZZ"

// child is a fuzzing test binary in a directory of its own.
type child struct {
	t        *testing.T
	bin, dir string
}

func newChild(t *testing.T) *child {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, bin: self, dir: t.TempDir()}
	if os.Getenv(buildEnv) == "" {
		return c
	}
	c.bin = filepath.Join(t.TempDir(), "simtest.test")
	cmd := exec.Command("go", "test", "-c", "-fuzz", ".", "-o", c.bin, ".")
	_, file, _, _ := runtime.Caller(0)
	cmd.Dir = filepath.Dir(file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	return c
}

// do runs the binary and returns what it prints and its exit code.
func (c *child) do(env string, args ...string) (string, int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.bin, args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), plantedEnv+"=1", env)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil {
		c.t.Fatalf("%v does not end:\n%s", args, &out)
	}
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		c.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// The fuzzer finds a planted bug, and what it finds is repeated in each of the ways
// that the failure names.
func TestFuzzFindsAPlantedBug(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a fuzzer")
	}
	fresh(t)
	c := newChild(t)
	plain := []string{"-test.run=^FuzzToy$", "-test.v"}

	if out, code := c.do("X=", plain...); code != 0 {
		t.Fatalf("the seeds that begin the corpus fail:\n%s", out)
	}
	out, code := c.do("X=", "-test.run=^$", "-test.fuzz=^FuzzToy$", "-test.fuzztime=40000x", "-test.parallel=2",
		"-test.fuzzminimizetime=200x", "-test.fuzzcachedir="+filepath.Join(c.dir, "cache"))
	contains(t, out, "FAIL  planted  STEP-1", "the reader is out of step", "strategy bytes", "mode=2",
		"SIM_REPLAY="+c.dir, " go test -run '^FuzzToy$' github.com/collider-amqp/collider/sim/simtest",
		"Failing input written to testdata/fuzz/FuzzToy/")
	if code == 0 || os.Getenv(buildEnv) != "" && strings.Contains(out, "without coverage guidance") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	files, err := filepath.Glob(filepath.Join(c.dir, "testdata/sim/FuzzToy/*"))
	if err != nil || len(files) != 1 || !strings.HasSuffix(files[0], runner.FileSuffix) {
		t.Fatalf("files %v, %v", files, err)
	}

	out, code = c.do("SIM_REPLAY="+files[0], plain...)
	if contains(t, out, "the same failure, exactly as recorded", "STEP-1"); code == 0 {
		t.Errorf("the replay passes:\n%s", out)
	}
	out, code = c.do("SIM_SHRINK="+files[0], plain...)
	if contains(t, out, "1-minimal", "spare=0"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	out, code = c.do("X=", plain...)
	if contains(t, out, "a stored failure has come back: planted-", filepath.Base(files[0])+" has come back, too"); code == 0 {
		t.Errorf("the stored failure passes:\n%s", out)
	}
	if err := os.RemoveAll(filepath.Join(c.dir, "testdata/sim")); err != nil {
		t.Fatal(err)
	}
	out, code = c.do("X=", plain...)
	if contains(t, out, "--- FAIL: FuzzToy/", "STEP-1"); code == 0 {
		t.Errorf("the fuzzer's own file passes:\n%s", out)
	}
}
