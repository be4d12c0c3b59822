package bench

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// beside is the Rust project that runs the shapes under Shuttle and Loom.
//
//go:embed beside/Cargo.toml beside/src/*.rs
var beside embed.FS

// rival is the project's program.
type rival struct {
	path string
	// versions names what it is made of: "shuttle 0.9.10, loom 0.7.3, rustc 1.95.0".
	versions string
}

// errNoCargo says that the rival cannot be built here.
var errNoCargo = errors.New("cargo is not installed: https://rustup.rs")

// buildRival builds the program below dir, which keeps what a later call can use
// again. What cargo says goes to the error.
func buildRival(ctx context.Context, dir string) (*rival, error) {
	cargo, err := exec.LookPath("cargo")
	if err != nil {
		return nil, errNoCargo
	}
	if err := writeProject(dir); err != nil {
		return nil, err
	}
	target := filepath.Join(dir, "target")
	build := exec.CommandContext(ctx, cargo, "build", "--release", "--quiet", "--target-dir", target)
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cargo build: %w\n%s", err, bytes.TrimSpace(out))
	}
	r := &rival{path: filepath.Join(target, "release", "beside")}
	if runtime.GOOS == "windows" {
		r.path += ".exe"
	}
	r.versions, err = versions(ctx)
	return r, err
}

// writeProject writes the files of the project that are not there as they should
// be: cargo builds anew what is newer than its product.
func writeProject(dir string) error {
	return fs.WalkDir(beside, "beside", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(path, "beside")))
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		want, err := beside.ReadFile(path)
		if err != nil {
			return err
		}
		if got, err := os.ReadFile(to); err == nil && bytes.Equal(got, want) {
			return nil
		}
		return os.WriteFile(to, want, 0o666)
	})
}

// pinned matches a dependency with an exact version.
var pinned = regexp.MustCompile(`(?m)^(\w+) = "=([0-9.]+)"`)

// versions names the tools that are compared with, and the compiler.
func versions(ctx context.Context) (string, error) {
	manifest, err := beside.ReadFile("beside/Cargo.toml")
	if err != nil {
		return "", err
	}
	var names []string
	for _, m := range pinned.FindAllSubmatch(manifest, -1) {
		names = append(names, fmt.Sprintf("%s %s", m[1], m[2]))
	}
	out, err := exec.CommandContext(ctx, "rustc", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("rustc --version: %w", err)
	}
	words := strings.Fields(string(out))
	return strings.Join(append(names, strings.Join(words[:min(2, len(words))], " ")), ", "), nil
}

// speed measures a shape with a strategy under a tool, in a process of its own. The
// steps are 0 if the tool does not count them.
func (r *rival) speed(ctx context.Context, tool, strategy, shape string, budget time.Duration) (Rate, error) {
	cmd := exec.CommandContext(ctx, r.path, fmt.Sprint(budget.Seconds()), tool, strategy, shape)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return Rate{}, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args[1:], " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return parseRival(out.Bytes())
}

// parseRival reads the object that the program prints.
func parseRival(line []byte) (Rate, error) {
	var o struct {
		Schedules uint64  `json:"schedules"`
		Steps     *uint64 `json:"steps"`
		Seconds   float64 `json:"seconds"`
		CPU       float64 `json:"cpu_seconds"`
	}
	if err := json.Unmarshal(line, &o); err != nil {
		return Rate{}, fmt.Errorf("%q: %w", line, err)
	}
	if o.Schedules == 0 || o.Seconds <= 0 || o.CPU <= 0 {
		return Rate{}, fmt.Errorf("%q: nothing was measured", line)
	}
	r := Rate{Runs: o.Schedules, Elapsed: seconds(o.Seconds), CPU: seconds(o.CPU)}
	if o.Steps != nil {
		r.Steps = *o.Steps
	}
	return r, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// processor names the machine's processor, if it is known.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
				return strings.TrimSpace(v)
			}
		}
	}
	return runtime.GOARCH
}

// load is the machine's load of the last minute, a dash if it is not known.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if words := strings.Fields(string(b)); err == nil && len(words) > 0 {
		return words[0]
	}
	return "–"
}
