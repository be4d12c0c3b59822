package view

import (
	"os"
	"strings"
)

// sources reads lines of source files, where they are still where the compiler
// found them.
type sources struct{ files map[string][]string }

// line returns line n, from 1, of a file, "" if it cannot be had.
func (s *sources) line(file string, n int) string {
	lines, ok := s.files[file]
	if !ok {
		if s.files == nil {
			s.files = map[string][]string{}
		}
		if b, err := os.ReadFile(file); err == nil {
			lines = strings.Split(string(b), "\n")
		}
		s.files[file] = lines
	}
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[n-1])
}

// shortFunc returns a function's name without the directories of its package.
func shortFunc(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
