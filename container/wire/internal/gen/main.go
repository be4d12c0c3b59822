// Command gen writes the *_gen.go files of package wire from the table of package spec.
//
// It is run by go generate in container/wire. Its output depends on the table alone.
package main

import (
	"log"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	files, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range sortedNames(files) {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

func sortedNames(files map[string][]byte) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
