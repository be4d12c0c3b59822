package cli

import (
	"context"
	"fmt"
	"runtime"

	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/runner"
)

// version prints what was built of what.
func (c *Config) version(_ context.Context, env *Env, args []string) int {
	f := NewFlags(env, "version", "", "Prints the versions of the module, its commit, Go, and the file formats.", "version")
	asJSON := f.Bool("json", false, "print one object")
	if rest, code, ok := f.ParseArgs(args); !ok {
		return code
	} else if len(rest) > 0 {
		env.Errorf("version: unexpected argument %q", rest[0])
		return ExitUsage
	}
	b := runner.ThisBuild()
	if *asJSON {
		printJSON(env.Stdout, struct {
			Type    string `json:"type"`
			Version string `json:"version"`
			Commit  string `json:"commit"`
			Go      string `json:"go"`
			History int    `json:"history_format"`
			File    int    `json:"file_format"`
		}{"version", b.Version, b.Commit, runtime.Version(), history.FormatVersion, runner.FileFormat})
		return ExitOK
	}
	commit := b.Commit
	if commit == "" {
		commit = "unknown"
	}
	fmt.Fprintf(env.Stdout, "%s %s\ncommit %s\n%s %s/%s\nhistory format %d\nfailure file format %d\n",
		c.Program, b.Version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH, history.FormatVersion, runner.FileFormat)
	return ExitOK
}
