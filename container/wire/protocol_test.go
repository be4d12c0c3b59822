package wire

import (
	"bytes"
	"testing"
)

func TestProtocolHeader(t *testing.T) {
	for _, row := range []struct {
		header ProtocolHeader
		bytes  string
		text   string
	}{
		{HeaderAMQP, "41 4d 51 50 00 01 00 00", "AMQP 0 1.0.0"},
		{HeaderTLS, "41 4d 51 50 02 01 00 00", "AMQP 2 1.0.0"},
		{HeaderSASL, "41 4d 51 50 03 01 00 00", "AMQP 3 1.0.0"},
		{ProtocolHeader{255, 0, 9, 1}, "41 4d 51 50 ff 00 09 01", "AMQP 255 0.9.1"},
	} {
		b := octets(t, row.bytes)
		if got := row.header.Append(nil); !bytes.Equal(got, b) {
			t.Errorf("%v is %x, want %x", row.header, got, b)
		}
		if row.header.String() != row.text {
			t.Errorf("%q, want %q", row.header.String(), row.text)
		}
		var h ProtocolHeader
		if n, err := h.Decode(append(b, 0)); n != 8 || err != nil || h != row.header {
			t.Errorf("%x: %v, %d, %v", b, h, n, err)
		}
		for n := range 8 {
			if got, err := h.Decode(b[:n]); got != 0 || err != nil {
				t.Errorf("%x: %d, %v", b[:n], got, err)
			}
		}
	}
	for text, offset := range map[string]int{
		"GET / HTTP/1.1": 0, "AMQp\x00\x01\x00\x00": 3, "AX": 1, "\x16\x03\x01": 0, "AMQ\x00": 3,
	} {
		var h ProtocolHeader
		n, err := h.Decode([]byte(text))
		wantDecodeError(t, err, ConditionConnectionFramingError, offset)
		if n != 0 || h != (ProtocolHeader{}) {
			t.Errorf("%q: %d octets, %v", text, n, h)
		}
	}
}
