package pcapng_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/scenarios"
	"github.com/collider-amqp/collider/sim"
)

// tshark returns the program's path. Without it the test is skipped, unless the
// environment variable COLLIDER_TSHARK is 1.
func tshark(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("tshark")
	if err == nil {
		return path
	}
	if os.Getenv("COLLIDER_TSHARK") == "1" {
		t.Fatalf("COLLIDER_TSHARK=1, but there is no tshark: %v", err)
	}
	t.Skip("no tshark: captures are not judged by another program's dissector (Debian: apt-get install tshark)")
	return ""
}

// fields returns the lines that tshark prints for a file.
func fields(t *testing.T, path, file string, args ...string) []string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(path, append([]string{"-n", "-r", file}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.String())
	}
	return strings.Fields(string(out))
}

// TestTsharkReadsFrames holds captures of whole runs against Wireshark's
// dissector: it must name each performative and find nothing wrong with the
// segments or the frames.
func TestTsharkReadsFrames(t *testing.T) {
	path := tshark(t)
	seen := map[string]bool{}
	for i, s := range []*sim.Scenario{scenarios.Broker, scenarios.GoAMQPClient, scenarios.Lifecycle, scenarios.MultithreadedClient} {
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.pcapng", i))
		if err := os.WriteFile(file, capture(t, s, 1), 0o644); err != nil {
			t.Fatal(err)
		}
		// 10 to 18 are open to close (§2.7) in the low byte of the descriptor.
		for _, f := range fields(t, path, file, "-Y", "amqp", "-T", "fields", "-e", "amqp.performative") {
			for one := range strings.SplitSeq(f, ",") {
				seen[one] = true
			}
		}
		wrong := "_ws.malformed || tcp.analysis.flags && !tcp.analysis.zero_window && !tcp.analysis.reused_ports || tcp.checksum.status == 0 || ip.checksum.status == 0"
		check := []string{"-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", wrong, "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info"}
		if bad := fields(t, path, file, check...); len(bad) > 0 {
			t.Errorf("%s: tshark finds fault with %s", s.Name, strings.Join(bad, " "))
		}
	}
	var missing []string
	for code, name := range map[string]string{
		"16": "open", "17": "begin", "18": "attach", "19": "flow", "20": "transfer", "21": "disposition", "24": "close",
	} {
		if !seen[code] {
			missing = append(missing, name)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		t.Errorf("tshark named no %v; it saw %v", missing, seen)
	}
}

func TestTsharkShowsTheComment(t *testing.T) {
	path := tshark(t)
	file := filepath.Join(t.TempDir(), "x.pcapng")
	if err := os.WriteFile(file, capture(t, scenarios.Broker, 2), 0o644); err != nil {
		t.Fatal(err)
	}
	capinfos := filepath.Join(filepath.Dir(path), "capinfos")
	out, err := exec.Command(capinfos, file).CombinedOutput()
	if err != nil {
		t.Skipf("no capinfos beside tshark: %v", err)
	}
	if !strings.Contains(string(out), "scenario broker, seed 2") {
		t.Errorf("capinfos says\n%s", out)
	}
}
