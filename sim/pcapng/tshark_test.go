package pcapng_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/pcapng"
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
// dissector: in each stream it must name the frames that were sent, one by one, and
// find nothing wrong with the segments or the frames.
func TestTsharkReadsFrames(t *testing.T) {
	path := tshark(t)
	for i, run := range []struct {
		s    *sim.Scenario
		seed uint64
	}{{scenarios.Broker, 1}, {scenarios.GoAMQPClient, 1}, {scenarios.Lifecycle, 4}, {scenarios.MultithreadedClient, 1}} {
		s := run.s
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.pcapng", i))
		text := capture(t, s, run.seed)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		want, n := streams(t, text)
		got := dissected(t, path, file)
		for key, frames := range want {
			if strings.Join(got[key], " ") != strings.Join(frames, " ") {
				t.Errorf("%s: %s has the frames\n%v, tshark names\n%v", s.Name, key, frames, got[key])
			}
		}
		if len(got) != len(want) || n == 0 {
			t.Errorf("%s: %d streams with %d frames, tshark sees %d", s.Name, len(want), n, len(got))
		}
		t.Logf("%s: %d frames in %d streams", s.Name, n, len(want))
		wrong := "_ws.malformed || tcp.analysis.flags && !tcp.analysis.zero_window && !tcp.analysis.reused_ports || tcp.checksum.status == 0 || ip.checksum.status == 0"
		check := []string{"-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", wrong, "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info"}
		if bad := fields(t, path, file, check...); len(bad) > 0 {
			t.Errorf("%s: tshark finds fault with %s", s.Name, strings.Join(bad, " "))
		}
	}
}

// frameCode is the descriptor in a decoder's line about a frame: "0 @open(16) […]".
var frameCode = regexp.MustCompile(`^\d+ @[a-z-]+\((\d+)\)`)

// streams returns the descriptors of the frames that a capture holds, by direction
// and layer, and their number.
func streams(t *testing.T, file []byte) (map[string][]string, int) {
	t.Helper()
	bytesOf, out, n := map[string][]byte{}, map[string][]string{}, 0
	for _, p := range packets(t, file) {
		bytesOf[p.from+">"+p.to] = append(bytesOf[p.from+">"+p.to], p.payload...)
	}
	for way, b := range bytesOf {
		for len(b) > 0 {
			k, text := stage.DecodeFrame(b)
			if k == 0 {
				break // the rest of a frame never came
			}
			b = b[k:]
			if m := frameCode.FindStringSubmatch(text); m != nil {
				key := way + " amqp"
				if m[1] >= "64" {
					key = way + " sasl"
				}
				out[key] = append(out[key], m[1])
				n++
			}
		}
	}
	return out, n
}

// dissected returns the same as tshark sees it.
func dissected(t *testing.T, path, file string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	args := []string{"-Y", "amqp", "-T", "fields", "-E", "separator=;", "-e", "ip.src", "-e", "tcp.srcport", "-e", "ip.dst", "-e", "tcp.dstport", "-e", "amqp.performative", "-e", "amqp.sasl.method"}
	for _, line := range fields(t, path, file, args...) {
		f := strings.Split(line, ";")
		host := func(ip, port string) string { return ip[strings.LastIndexByte(ip, '.')+1:] + ":" + port }
		way := host(f[0], f[1]) + ">" + host(f[2], f[3])
		for i, layer := range []string{" amqp", " sasl"} {
			if f[4+i] != "" {
				out[way+layer] = append(out[way+layer], strings.Split(f[4+i], ",")...)
			}
		}
	}
	return out
}

// TestTsharkNamesEveryPerformative has a capture of each frame that there is, one to
// a packet.
func TestTsharkNamesEveryPerformative(t *testing.T) {
	path := tshark(t)
	sasl := func(p wire.Performative) []byte { return wire.AppendFrame(nil, wire.FrameSASL, 0, p, nil) }
	amqp := func(p wire.Performative, payload string) []byte {
		return wire.AppendFrame(nil, wire.FrameAMQP, 0, p, []byte(payload))
	}
	header := "Protocol-Header"
	said := []struct {
		b    []byte
		name string
	}{
		{[]byte("AMQP\x03\x01\x00\x00"), header},
		{sasl(&wire.SASLMechanisms{SASLServerMechanisms: []wire.Symbol{"SCRAM-SHA-256"}}), "sasl.mechanisms"},
		{sasl(&wire.SASLInit{Mechanism: "SCRAM-SHA-256", InitialResponse: []byte("n,,")}), "sasl.init"},
		{sasl(&wire.SASLChallenge{Challenge: []byte("r=1")}), "sasl.challenge"},
		{sasl(&wire.SASLResponse{Response: []byte("c=1")}), "sasl.response"},
		{sasl(&wire.SASLOutcome{}), "sasl.outcome"},
		{[]byte("AMQP\x00\x01\x00\x00"), header},
		{amqp(&wire.Open{ContainerID: "client"}, ""), "open"},
		{amqp(&wire.Begin{OutgoingWindow: 1, IncomingWindow: 1}, ""), "begin"},
		{amqp(&wire.Attach{Name: "l"}, ""), "attach"},
		{amqp(&wire.Flow{IncomingWindow: 1, OutgoingWindow: 1}, ""), "flow"},
		{amqp(&wire.Transfer{}, "\x00\x53\x77\xa1\x02hi"), "transfer"},
		{amqp(&wire.Disposition{First: 0}, ""), "disposition"},
		{wire.AppendEmptyFrame(nil), "(empty)"},
		{amqp(&wire.Detach{Closed: true}, ""), "detach"},
		{amqp(&wire.End{}, ""), "end"},
		{amqp(&wire.Close{}, ""), "close"},
	}
	c := pcapng.NewCapture("")
	c.Observe(event(netsim.Dialed, false, ""))
	c.Observe(event(netsim.Connected, false, ""))
	for _, x := range said {
		c.Observe(event(netsim.Delivered, false, string(x.b)))
	}
	file := filepath.Join(t.TempDir(), "all.pcapng")
	if err := os.WriteFile(file, write(t, c), 0o644); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range fields(t, path, file, "-Y", "amqp", "-T", "fields", "-e", "_ws.col.Info") {
		if f != "1-0-0" { // follows the name of a protocol header
			names = append(names, f)
		}
	}
	var want []string
	for _, x := range said {
		want = append(want, x.name)
	}
	if !slices.Equal(names, want) {
		t.Errorf("tshark names\n%q, want\n%q", names, want)
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
