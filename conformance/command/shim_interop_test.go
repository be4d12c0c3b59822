//go:build interop

package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInteropShimProton judges Proton C++ through its shim, as an implementer
// would.
func TestInteropShimProton(t *testing.T) {
	dir := os.Getenv("COLLIDER_INTEROP_DIR")
	if dir == "" {
		t.Skip("COLLIDER_INTEROP_DIR does not name what scenarios/interop/setup.sh has built")
	}
	code, stdout, stderr := run(t, nil, "shim", "-runs", "10", "-report", t.TempDir(), "--", filepath.Join(dir, "proton-cpp-shim"))
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	for _, want := range []string{"OK       work-queue-order", "OK       wake-coalescing"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}
