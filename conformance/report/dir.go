package report

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// LogFile returns the name of the file for the wire log of a case, relative to the report's directory.
func LogFile(id string) string {
	return filepath.Join("logs", strings.NewReplacer(":", "-", "/", "-").Replace(id)+".log")
}

// WriteDir writes report.txt, report.jsonl, junit.xml and the wire logs into a directory, which it makes. The keys of
// logs are the names that LogFile returns.
func (r *Report) WriteDir(dir string, logs map[string]string) error {
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"report.txt", r.Text}, {"report.jsonl", r.Lines}, {"junit.xml", r.JUnit},
	} {
		if err := writeFile(filepath.Join(dir, f.name), f.write); err != nil {
			return err
		}
	}
	for name, text := range logs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
