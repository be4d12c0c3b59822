package runner

import (
	"runtime/debug"
	"sync"
)

// Build identifies the code that ran.
type Build struct {
	// Version of the module, "devel" if it is none.
	Version string `json:"version"`
	// Commit is the revision, "" if the build does not know it, with "+dirty" if
	// files were changed.
	Commit string `json:"commit"`
}

// modulePath is this module's path.
const modulePath = "github.com/collider-amqp/collider"

// ThisBuild returns the build of the running program.
var ThisBuild = sync.OnceValue(func() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{Version: "devel"}
	}
	return buildOf(info)
})

func buildOf(info *debug.BuildInfo) Build {
	b := Build{Version: info.Main.Version}
	if info.Main.Path != modulePath {
		for _, d := range info.Deps {
			if d.Path == modulePath {
				b.Version = d.Version
			}
		}
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	dirty := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+dirty"
			}
		}
	}
	if b.Commit != "" {
		b.Commit += dirty
	}
	return b
}
