package bench

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim/cli"
)

func TestPairings(t *testing.T) {
	shapes := Shapes()
	var small, lock *Shape
	for i := range shapes {
		switch shapes[i].Name {
		case "small":
			small = &shapes[i]
		case "lock/5":
			lock = &shapes[i]
		}
	}
	ps := pairings([]Shape{*small, *lock}, []string{"random", "surw", "pct:2", "pct", "urw", "dfs:1"})
	var got []string
	for _, p := range ps {
		got = append(got, p.shape.Name+" "+p.ours+" "+p.tool+" "+p.strategy)
	}
	want := "small random shuttle random|small pct:2 shuttle pct:2|small urw shuttle urw|small dfs:99 loom exhaustive|" +
		"lock/5 random shuttle random|lock/5 pct:2 shuttle pct:2|lock/5 urw shuttle urw"
	if strings.Join(got, "|") != want {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// A ratio is that of two measurements beside each other, not of two medians.
func TestRatioIsRoundByRound(t *testing.T) {
	rate := func(runs uint64, cpu time.Duration) Rate {
		return Rate{Runs: runs, Steps: 10 * runs, Elapsed: time.Hour, CPU: cpu}
	}
	c := compared{
		ours:   []Rate{rate(10, time.Second), rate(40, time.Second), rate(90, time.Second)},
		theirs: []Rate{rate(10, 2*time.Second), rate(40, 4*time.Second), rate(30, time.Second)},
	}
	if got := c.ratio(Rate.RunsPerSecond); got != 3 {
		t.Errorf("ratio %v, want the median of 2, 4 and 3", got)
	}
	c.theirs[0].Steps, c.theirs[1].Steps, c.theirs[2].Steps = 0, 0, 0
	if got := c.ratio(Rate.StepsPerSecond); got != 0 {
		t.Errorf("ratio %v to nothing", got)
	}
	s := sideOf(c.ours)
	if s.StepsPerRun != 10 || s.RunsPerSecond != 40 || s.StepsPerSecond != 400 {
		t.Errorf("%+v", s)
	}
	if m := median(c.ours[:2], Rate.RunsPerSecond); m != 25 {
		t.Errorf("median of two is %v", m)
	}
}

func TestRivalIsRead(t *testing.T) {
	r, err := parseRival([]byte(`{"tool":"shuttle","shape":"pair","strategy":"random","schedules":4,"steps":2012,"seconds":2.5,"cpu_seconds":0.5}` + "\n"))
	if err != nil || r.Runs != 4 || r.Steps != 2012 || r.Elapsed != 2500*time.Millisecond || r.RunsPerSecond() != 8 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = parseRival([]byte(`{"schedules":4,"steps":null,"seconds":1,"cpu_seconds":1}`))
	if err != nil || r.Steps != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range []string{"", "{", `{"schedules":0,"seconds":1,"cpu_seconds":1}`, `{"schedules":1,"seconds":1}`} {
		if _, err := parseRival([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a measurement", bad)
		}
	}
}

// The project's files are written once, so that cargo builds once.
func TestProjectIsWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	if err := writeProject(dir); err != nil {
		t.Fatal(err)
	}
	old := time.Unix(1000, 0)
	manifest, program := filepath.Join(dir, "Cargo.toml"), filepath.Join(dir, "src", "main.rs")
	for _, name := range []string{manifest, program} {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(program, []byte("fn main() {}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := writeProject(dir); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(manifest); err != nil || !st.ModTime().Equal(old) {
		t.Errorf("a file that is as it should be was written: %v", err)
	}
	if b, err := os.ReadFile(program); err != nil || !strings.Contains(string(b), "mod shuttled;") {
		t.Errorf("a file that was changed was not written: %v", err)
	}
}

// A comparison names what it compares with.
func TestManifestPinsVersions(t *testing.T) {
	b, err := beside.ReadFile("beside/Cargo.toml")
	if err != nil {
		t.Fatal(err)
	}
	ms := pinned.FindAllSubmatch(b, -1)
	if len(ms) != 2 || string(ms[0][1]) != "shuttle" || string(ms[1][1]) != "loom" {
		t.Errorf("pinned: %q", ms)
	}
}

func TestBesideRefuses(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for args, want := range map[string]string{
		"-beside small":                    "cargo is not installed",
		"-beside -strategy surw lock/":     "nothing selected: Shuttle has",
		"-beside -rounds 0 small":          "-rounds 0: want a number from 1",
		"-beside -for 0 small reorder":     "-for 0 with -beside: want a time",
		"-beside -strategy nosuch small":   `unknown strategy "nosuch"`,
		"-beside no-such-shape-or-program": "nothing selected",
	} {
		if code, out, stderr := simrun(strings.Fields(args)...); code != cli.ExitUsage || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, %q, %q", args, code, out, stderr)
		}
	}
	if _, err := buildRival(context.Background(), t.TempDir()); !errors.Is(err, errNoCargo) {
		t.Errorf("error %v", err)
	}
}

// With COLLIDER_BESIDE=1 the Rust program is built and measured with.
func TestBeside(t *testing.T) {
	if os.Getenv("COLLIDER_BESIDE") == "" {
		t.Skip("COLLIDER_BESIDE is not set: building Shuttle and Loom takes minutes")
	}
	if _, err := exec.LookPath("cargo"); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := simrun("-beside", "-rounds", "2", "-for", "5ms", "small", "create/5")
	if code != cli.ExitOK || stderr != "" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	for _, want := range []string{"shuttle 0.", "loom 0.", "rustc ", "small             random", "loom exhaustive", "create/5", "geometric mean of 4"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	code, out, _ = simrun("-beside", "-json", "-rounds", "1", "-for", "1ms", "-strategy", "random", "buffer")
	if code != cli.ExitOK || !strings.Contains(out, `"type":"beside","shape":"buffer"`) || strings.Count(out, "\n") != 1 {
		t.Errorf("code %d: %s", code, out)
	}
}
