//go:build interop

package interop

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// suffixes returns the rest of the lines that have the prefix, in order.
func suffixes(lines []string, prefix string) []string {
	var rest []string
	for _, l := range lines {
		if r, ok := strings.CutPrefix(l, prefix); ok {
			rest = append(rest, r)
		}
	}
	return rest
}

// sequence returns format applied to 1…n.
func sequence(format string, n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf(format, i+1)
	}
	return s
}

// wantEqual compares two lists and shows the first difference.
func wantEqual(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s: number %d is %q, want %q", what, i+1, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d of them, want %d", what, len(got), len(want))
	}
}

// wantLast checks the last line of the standard output.
func wantLast(t *testing.T, p *process, want string) {
	t.Helper()
	lines := p.stdout.lines()
	if len(lines) == 0 || lines[len(lines)-1] != want {
		t.Fatalf("%s: the last line is not %q", p.cmd.Path, want)
	}
}

func TestProtonMultithreadedClient(t *testing.T) {
	withNode(t, "broker", func(t *testing.T, addr string) {
		const n = 2000
		p := start(t, program(t, "multithreaded_client"), "amqp://"+addr, address(t), strconv.Itoa(n))
		p.succeed(t, 60*time.Second)
		wantLast(t, p, fmt.Sprintf("%d messages sent and received", n))
		wantEqual(t, "received", suffixes(p.stdout.lines(), "received "), sequence(`"%d"`, n))
	})
}

func TestProtonMultithreadedClientFlowControl(t *testing.T) {
	withNode(t, "broker", func(t *testing.T, addr string) {
		const n, threads = 500, 4
		p := start(t, program(t, "multithreaded_client_flow_control"),
			"amqp://"+addr, address(t), strconv.Itoa(n), strconv.Itoa(threads))
		p.succeed(t, 60*time.Second)
		wantLast(t, p, fmt.Sprintf("%d messages sent and received", n*threads))
		var sent, received []string
		for _, l := range p.stdout.lines() {
			if _, body, ok := strings.Cut(l, ` sent "`); ok {
				sent = append(sent, body)
			}
			if _, body, ok := strings.Cut(l, ` received "`); ok {
				received = append(received, body)
			}
		}
		// Several threads print, so the lines' order says nothing.
		slices.Sort(sent)
		slices.Sort(received)
		if len(sent) != n*threads {
			t.Fatalf("%d messages sent, want %d", len(sent), n*threads)
		}
		wantEqual(t, "received", received, sent)
	})
}

// send runs simple_send to the end.
func send(t *testing.T, url string, n int) {
	t.Helper()
	p := start(t, program(t, "simple_send"), "-a", url, "-m", strconv.Itoa(n))
	p.succeed(t, 60*time.Second)
	wantLast(t, p, "all messages confirmed")
}

func TestProtonSimpleSendThenRecv(t *testing.T) {
	withNode(t, "broker", func(t *testing.T, addr string) {
		const n = 2000
		url := addr + "/" + address(t)
		send(t, url, n)
		p := start(t, program(t, "simple_recv"), "-a", url, "-m", strconv.Itoa(n))
		p.succeed(t, 60*time.Second)
		wantEqual(t, "received", p.stdout.lines(), sequence(`{"sequence"=%d}`, n))
	})
}

func TestProtonSimpleRecvBeforeSend(t *testing.T) {
	withNode(t, "broker", func(t *testing.T, addr string) {
		const n = 500
		url := addr + "/" + address(t)
		p := start(t, program(t, "simple_recv"), "-a", url, "-m", strconv.Itoa(n))
		send(t, url, n)
		p.succeed(t, 60*time.Second)
		wantEqual(t, "received", p.stdout.lines(), sequence(`{"sequence"=%d}`, n))
	})
}

// TestProtonCompetingReceivers checks that two receivers of a queue share its
// messages without loss or duplicates, and that each gets them in order.
func TestProtonCompetingReceivers(t *testing.T) {
	withNode(t, "broker", func(t *testing.T, addr string) {
		const n = 400
		url := addr + "/" + address(t)
		a := start(t, program(t, "simple_recv"), "-a", url, "-m", "0") // 0: without end
		b := start(t, program(t, "simple_recv"), "-a", url, "-m", "0")
		send(t, url, n)
		var got []int
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			got = append(numbers(t, a), numbers(t, b)...)
			if len(got) >= n {
				break
			}
		}
		for _, p := range []*process{a, b} {
			if l := numbers(t, p); !slices.IsSorted(l) {
				t.Errorf("a receiver got the messages out of order: %v", l)
			}
		}
		slices.Sort(got)
		if len(got) != n || got[0] != 1 || got[n-1] != n || len(slices.Compact(got)) != n {
			t.Fatalf("both receivers together got %v, want 1…%d once each", got, n)
		}
	})
}

// numbers returns the sequence numbers that a simple_recv has printed.
func numbers(t *testing.T, p *process) []int {
	t.Helper()
	var n []int
	for _, l := range p.stdout.lines() {
		s := strings.TrimSuffix(strings.TrimPrefix(l, `{"sequence"=`), "}")
		i, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("simple_recv printed %q", l)
		}
		n = append(n, i)
	}
	return n
}

func TestProtonReconnectClient(t *testing.T) {
	withNode(t, "broker", func(t *testing.T, addr string) {
		const n = 200
		p := start(t, program(t, "reconnect_client"), "amqp://"+addr, address(t), strconv.Itoa(n))
		p.succeed(t, 60*time.Second)
		wantEqual(t, "received", suffixes(p.stdout.lines(), `{"sequence"=`), sequence("%d}", n))
	})
}

// TestProtonReconnectClientFirstURLRefuses checks the way over a failover URL.
func TestProtonReconnectClientFirstURLRefuses(t *testing.T) {
	withNode(t, "broker", func(t *testing.T, addr string) {
		const n = 200
		p := start(t, program(t, "reconnect_client"),
			"amqp://"+refusing(t), address(t), strconv.Itoa(n), "amqp://"+addr)
		p.succeed(t, 60*time.Second)
		wantEqual(t, "received", suffixes(p.stdout.lines(), `{"sequence"=`), sequence("%d}", n))
	})
}

// failover runs reconnect_client on first, ends that broker by sig in the
// middle, and checks that the client finishes its count on second.
func failover(t *testing.T, first *process, firstAddr, secondAddr string, sig os.Signal) {
	t.Helper()
	const n = 20000
	p := start(t, program(t, "reconnect_client"),
		"amqp://"+firstAddr, address(t), strconv.Itoa(n), "amqp://"+secondAddr)
	p.await(t, `{"sequence"=100}`, 30*time.Second)
	first.end(sig)
	at := len(p.stdout.lines())
	p.succeed(t, 90*time.Second)
	wantEqual(t, "received", suffixes(p.stdout.lines(), `{"sequence"=`), sequence("%d}", n))
	if len(p.stdout.lines())-at < 100 {
		t.Fatal("the first broker ended too late: the second had nothing to do")
	}
}

// TestProtonFailoverFromProton checks that a client whose broker, Proton's, is
// killed goes on with ours.
func TestProtonFailoverFromProton(t *testing.T) {
	second := foreign()
	if second == "" {
		_, second = serve(t, "broker", 4)
	}
	first, firstAddr := protonBroker(t)
	failover(t, first, firstAddr, second, os.Kill)
}

// TestProtonFailoverToProton checks that a client whose broker, ours, is ended
// goes on with Proton's.
func TestProtonFailoverToProton(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			first, firstAddr := serve(t, "broker", 4)
			_, secondAddr := protonBroker(t)
			failover(t, first, firstAddr, secondAddr, sig)
		})
	}
}

func TestProtonSimpleSendToSink(t *testing.T) {
	withNode(t, "sink", func(t *testing.T, addr string) {
		send(t, addr+"/"+address(t), 5000)
	})
}

func TestProtonSimpleRecvFromSource(t *testing.T) {
	withNode(t, "source", func(t *testing.T, addr string) {
		const n = 2000
		p := start(t, program(t, "simple_recv"), "-a", addr+"/"+address(t), "-m", strconv.Itoa(n))
		p.succeed(t, 60*time.Second)
		wantEqual(t, "received", p.stdout.lines(), sequence("%d", n))
	})
}
