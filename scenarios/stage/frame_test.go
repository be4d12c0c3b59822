package stage_test

import (
	"strings"
	"testing"

	"github.com/collider-amqp/collider/scenarios/stage"
)

func TestDecodeFrame(t *testing.T) {
	header := "AMQP\x00\x01\x00\x00"
	empty := "\x00\x00\x00\x08\x02\x00\x00\x03"
	open := "\x00\x00\x00\x10\x02\x00\x00\x00\x00\x53\x10\xc0\x03\x01\xa1\x00"
	for _, c := range []struct {
		in   string
		n    int
		text string
	}{
		{"", 0, ""},
		{header[:5], 0, ""},
		{header + open, 8, "AMQP"},
		{empty + open, 8, "3 (empty frame)"},
		{open, 16, "0 @open(16)"},
		{open[:12], 0, ""},
		{open[:3], 0, ""},
		{"\x00\x00\x00\x01\x02\x00\x00\x00more", 12, "size"},
	} {
		n, text := stage.DecodeFrame([]byte(c.in))
		if n != c.n || !strings.Contains(text, c.text) {
			t.Errorf("%q: %d, %q; want %d, %q", c.in, n, text, c.n, c.text)
		}
	}
}
