package conformance

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestCasesAreWellFormed(t *testing.T) {
	id := regexp.MustCompile(`^\d+(\.\d+)+-[a-z]+-\d+@srv(:[a-z0-9-]+)?$`)
	seen := map[string]bool{}
	for _, clause := range Clauses() {
		if clause.Number == "" || clause.Title == "" || len(clause.Cases) == 0 {
			t.Errorf("clause %q %q has %d cases", clause.Number, clause.Title, len(clause.Cases))
		}
		for _, k := range clause.Cases {
			switch {
			case !id.MatchString(k.ID):
				t.Errorf("id %q", k.ID)
			case seen[k.ID]:
				t.Errorf("id %s twice", k.ID)
			case !strings.HasPrefix(k.ID, k.Rule.ID+"@"+string(k.Role)):
				t.Errorf("case %s has rule %s", k.ID, k.Rule.ID)
			case !strings.HasPrefix(k.Rule.Clause, clause.Number) || !strings.HasPrefix(k.Rule.ID, k.Rule.Clause+"-"):
				t.Errorf("case %s of clause %s stands in %s", k.ID, k.Rule.Clause, clause.Number)
			case k.Title == "" || !strings.HasSuffix(k.Rule.Text, ".") || k.Run == nil:
				t.Errorf("case %s is not complete", k.ID)
			}
			if l, err := ParseLevel(string(k.Rule.Level)); err != nil || l != k.Rule.Level {
				t.Errorf("case %s: %v", k.ID, err)
			}
			seen[k.ID] = true
		}
	}
	if len(seen) < 30 || len(Cases()) != len(seen) {
		t.Errorf("%d cases, %d ids", len(Cases()), len(seen))
	}
}

func TestWorstOfLevels(t *testing.T) {
	for _, k := range []struct {
		level    Level
		in, want Outcome
	}{
		{Must, Failed, Failed}, {Should, Failed, NonStrict}, {Should, OK, OK}, {May, Failed, Info}, {May, NonStrict, Info},
		{Derived, Failed, Failed}, {Robust, Failed, Failed}, {May, Skipped, Skipped},
	} {
		if got := k.level.worst(k.in); got != k.want {
			t.Errorf("%s: %s becomes %s, want %s", k.level, k.in, got, k.want)
		}
	}
}

// The judge does not share the defendant's protocol engine (design: container and conformance share container/wire).
func TestJudgeDoesNotImportTheDefendant(t *testing.T) {
	const module = "github.com/collider-amqp/collider/"
	for _, dir := range []string{".", "peer", "internal/reference", "internal/memnet", "report"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", dir, err, len(files))
		}
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range f.Imports {
				path := strings.Trim(spec.Path.Value, `"`)
				rest, ours := strings.CutPrefix(path, module)
				if ours && !strings.HasPrefix(rest, "conformance") && !strings.HasPrefix(rest, "container/wire") {
					t.Errorf("%s imports %s", name, path)
				}
			}
		}
	}
}
