package engine

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

func TestErrorTexts(t *testing.T) {
	for _, tt := range []struct {
		err       error
		text      string
		condition wire.Symbol
	}{
		{nil, "", ""},
		{newProtocolError(ScopeSession, "2.5.6", wire.ConditionSessionWindowViolation, "transfer %d", 7),
			"amqp: session error: transfer 7 (amqp:session:window-violation, §2.5.6)", wire.ConditionSessionWindowViolation},
		{newProtocolError(ScopeConnection, "2.4.1", wire.ConditionNotAllowed, "x"), "amqp: connection error: x (amqp:not-allowed, §2.4.1)", wire.ConditionNotAllowed},
		{&HeaderError{Received: []byte("HTTP"), Reason: "no"}, `amqp: protocol header "HTTP": no (§2.2)`, wire.ConditionConnectionFramingError},
		{&SASLError{Mechanism: "PLAIN", Reason: "failed", Err: io.EOF}, "amqp: SASL PLAIN: failed: EOF", wire.ConditionUnauthorizedAccess},
		{&TimeoutError{Waiting: "open", After: time.Second}, "amqp: no open from the peer for 1s", wire.ConditionResourceLimitExceeded},
		{&DisconnectError{}, "amqp: the transport ended before the connection was closed", wire.ConditionConnectionForced},
		{&DisconnectError{Err: io.ErrUnexpectedEOF}, "amqp: the transport ended before the connection was closed: unexpected EOF", wire.ConditionConnectionForced},
		{&CallError{"Link.Attach", "no"}, "amqp: Link.Attach: no", wire.ConditionConnectionForced},
	} {
		if got := Condition(tt.err); got != tt.condition {
			t.Errorf("the condition of %v is %q, want %q", tt.err, got, tt.condition)
		}
		if tt.err != nil && tt.err.Error() != tt.text {
			t.Errorf("got  %q\nwant %q", tt.err.Error(), tt.text)
		}
	}
	if !errors.Is(&DisconnectError{Err: io.ErrUnexpectedEOF}, io.ErrUnexpectedEOF) || !errors.Is(&SASLError{Err: io.EOF}, io.EOF) {
		t.Error("the cause is hidden")
	}
}

func TestCutText(t *testing.T) {
	for n, want := range []string{"", "", "é", "é", "éé", "ééx", "ééx"} {
		if got := cutText("ééx", n); got != want {
			t.Errorf("%d octets of it are %q, want %q", n, got, want)
		}
	}
}
