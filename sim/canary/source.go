package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// Suite says where the planted bugs of a program are. All fields are needed.
type Suite struct {
	// Module is the path of the module that holds the program's sources, as its
	// go.mod says it.
	Module string
	// Package is the program's main package, as go build takes it in the module's
	// root: "./cmd/simrun". It must be a command line of package cli.
	Package string
	// Patches is the directory of the patches, below the module's root, with
	// slashes: "scenarios/testdata/canaries".
	Patches string

	_ struct{}
}

// SourceError says that the sources, or what builds them, are not there.
type SourceError struct {
	// Reason is a sentence without its end.
	Reason string
	// Err is the cause, if there is one.
	Err error
}

// Error implements error.
func (e *SourceError) Error() string {
	if e.Err != nil {
		return e.Reason + ": " + e.Err.Error()
	}
	return e.Reason
}

// Unwrap returns the cause.
func (e *SourceError) Unwrap() error { return e.Err }

// Root returns the root of the suite's module, of which dir, or the working
// directory if it is empty, must be a part. The error is a *SourceError: there is
// no Go, or the directory belongs to another module or to none.
func (s *Suite) Root(ctx context.Context, dir string) (string, error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", &SourceError{Reason: "the Go tool is needed to build the canaries", Err: err}
	}
	where := "the working directory"
	if dir != "" {
		where = dir
	}
	cmd := exec.CommandContext(ctx, goTool, "list", "-m", "-json")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		if text != "" {
			err = errors.New(firstLine(text))
		}
		return "", &SourceError{fmt.Sprintf("%s is not within the source of %s", where, s.Module), err}
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct {
			Path, Dir string
			Main      bool
		}
		if err := dec.Decode(&m); err == io.EOF {
			break
		} else if err != nil {
			return "", &SourceError{"go list -m -json", err}
		}
		if m.Main && m.Path == s.Module && m.Dir != "" {
			return filepath.Abs(m.Dir)
		}
	}
	return "", &SourceError{Reason: fmt.Sprintf("%s is not within the source of %s", where, s.Module)}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// build makes the canary's program in dir and returns its path. An *Error says
// that the patch is no longer good.
func (s *Suite) build(ctx context.Context, c *Canary, root, dir string, environ []string) (string, error) {
	overlay, err := c.Overlay(root, dir)
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "canary.exe")
	cmd := command(ctx, root, environ, "go", "build", "-ldflags", "-s -w", "-overlay", overlay, "-o", program, s.Package)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", &Error{c.Name, fmt.Sprintf("go build: %v\n%s", err, bytes.TrimSpace(out))}
	}
	return program, nil
}
