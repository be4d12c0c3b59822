package confine_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/collider-amqp/collider/container/confine"
)

// TestFindings runs the analyzer on the packages of testdata, each of whose
// comments says what is to be found on its line. Package permitted has none.
func TestFindings(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), confine.Analyzer, "confine.test/...")
}

// TestVetTool runs the command as go vet does: facts travel in files then.
func TestVetTool(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "confine")
	if out, err := exec.Command("go", "build", "-o", tool, "./cmd/confine").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	vet := func(pattern string) (string, error) {
		c := exec.Command("go", "vet", "-vettool="+tool, pattern)
		c.Dir = "testdata"
		out, err := c.CombinedOutput()
		return string(out), err
	}
	const finding = "fed/fed.go:12:5: Sender.Send by way of Say in a goroutine"
	if out, err := vet("./fed"); err == nil || !strings.Contains(out, finding) {
		t.Errorf("not found: %s\n%v\n%s", finding, err, out)
	}
	if out, err := vet("./permitted"); err != nil {
		t.Errorf("found where nothing is: %v\n%s", err, out)
	}
}
