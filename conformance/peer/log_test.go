package peer_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/conformance/internal/memnet"
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

func TestLogMasksSecrets(t *testing.T) {
	const secret = "correct horse"
	c, there, log := scripted(t)
	mechanisms := wire.RawFrame{Type: wire.FrameSASL, Body: peer.Composite("sasl-mechanisms", peer.Fields{
		"sasl-server-mechanisms": wire.Symbol("PLAIN"),
	}).Append(nil)}
	challenge := wire.RawFrame{Type: wire.FrameSASL, Body: peer.Composite("sasl-challenge", peer.Fields{
		"challenge": []byte("again"),
	}).Append(nil)}
	outcome := wire.RawFrame{Type: wire.FrameSASL, Body: peer.Composite("sasl-outcome", peer.Fields{"code": uint8(0)}).Append(nil)}
	write(t, there, wire.HeaderSASL.Append(nil), mechanisms.Append(nil), challenge.Append(nil), outcome.Append(nil))
	if err := c.SASL(peer.Credentials{Mechanism: "PLAIN", Response: []byte("\x00user\x00" + secret)}); err != nil {
		t.Fatal(err)
	}
	got := log.String()
	if strings.Contains(got, secret) || strings.Contains(got, hex.EncodeToString([]byte(secret))) {
		t.Errorf("the log shows the secret:\n%s", got)
	}
	for _, want := range []string{"sasl-init", "PLAIN", "sasl-response", "*****", "414d515003010000"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log does not show %s:\n%s", want, got)
		}
	}
	// An undecodable SASL frame is as secret as any.
	c.SendFrame(wire.RawFrame{Type: wire.FrameSASL, Body: []byte("?" + secret)})
	if got := log.String(); strings.Contains(got, secret) || strings.Contains(got, hex.EncodeToString([]byte(secret))) {
		t.Errorf("the log shows the secret of an undecodable frame:\n%s", got)
	}
}

func TestLogSplitsWrites(t *testing.T) {
	c, _, log := scripted(t)
	octets := append(wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil))...)
	octets = append(octets, frame("close", nil)...)
	c.Send(append(octets, 0, 0, 0)...)
	c.Note("a remark about %d", 7)
	entries := log.Entries()
	var texts []string
	for _, e := range entries {
		texts = append(texts, e.Dir.String()+" "+e.Text)
	}
	got := strings.Join(texts, "\n")
	for i, want := range []string{"→ AMQP 0 1.0.0", "→ 0 @open(16)", "→ 0 @close(24)", "→ (3 octets", "· a remark about 7"} {
		if i >= len(texts) || !strings.HasPrefix(texts[i], want) {
			t.Fatalf("entry %d: want %q in\n%s", i, want, got)
		}
	}
	if entries[3].Hex != "000000" || entries[0].Conn != 1 {
		t.Errorf("got %+v", entries)
	}
}

func TestLogIsBounded(t *testing.T) {
	c, _, log := scripted(t)
	big := wire.RawFrame{Body: make([]byte, 1<<16)}
	for range 10 {
		c.SendFrame(big)
	}
	if got := len(log.String()); got > 200<<10 {
		t.Errorf("ten frames of 64 KiB make a log of %d octets", got)
	}
	if !strings.Contains(log.String(), "4096 shown") {
		t.Error("the log does not tell what it leaves out")
	}
}

func TestConnectionsOfALogAreNumbered(t *testing.T) {
	log := peer.NewLog()
	for range 2 {
		here, there := memnet.Pipe()
		defer there.Close()
		defer here.Close()
		peer.New(here, peer.Options{Log: log}).SendEmpty(0)
	}
	log.Note("of none")
	entries := log.Entries()
	if len(entries) != 3 || entries[0].Conn != 1 || entries[1].Conn != 2 || entries[2].Conn != 0 || entries[2].Dir != peer.Note {
		t.Fatalf("got %+v", entries)
	}
	if s := entries[1].String(); !strings.Contains(s, " 2 → 0 (empty frame)") || !strings.Contains(s, "0000000802000000") {
		t.Errorf("got %q", s)
	}
}
