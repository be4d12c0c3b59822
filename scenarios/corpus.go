package scenarios

import (
	"embed"
	"io/fs"
)

//go:embed testdata/corpus
var corpus embed.FS

// Corpus returns the failure files that are replayed before anything else: what
// once failed, or made a canary sing, must pass.
func Corpus() fs.FS {
	sub, err := fs.Sub(corpus, "testdata/corpus")
	if err != nil {
		panic(err) // the path is the one embedded
	}
	return sub
}
