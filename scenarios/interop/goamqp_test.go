//go:build interop

package interop

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"testing"
	"time"

	amqp "github.com/Azure/go-amqp"
)

// letter is the message number i: every hundredth has a body of 100 000
// octets, so that it crosses several frames; all have properties.
func letter(i int) *amqp.Message {
	body := fmt.Appendf(nil, "%d ", i)
	if i%100 == 0 {
		body = append(body, bytes.Repeat([]byte{byte(i), 0, 0xff, 'x'}, 25_000)...)
	}
	m := amqp.NewMessage(body)
	to, subject, correlation := "somebody", fmt.Sprintf("number %d", i), uint64(i)<<33
	created := time.UnixMilli(1_700_000_000_000 + int64(i)).UTC()
	m.Header = &amqp.MessageHeader{Durable: i%2 == 0, Priority: uint8(i % 10)}
	m.Properties = &amqp.MessageProperties{
		MessageID: uint64(i), To: &to, Subject: &subject, CorrelationID: correlation, CreationTime: &created,
	}
	m.ApplicationProperties = map[string]any{
		"number": int64(i), "text": "grüße", "ratio": float64(i) / 3, "flag": i%3 == 0, "none": nil,
	}
	m.Annotations = amqp.Annotations{"x-opt-number": int32(i)}
	return m
}

// dial opens a go-amqp session. The connection is closed when the test ends.
func dial(ctx context.Context, t *testing.T, addr string) *amqp.Session {
	t.Helper()
	conn, err := amqp.Dial(ctx, "amqp://"+addr, &amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous()})
	if err != nil {
		t.Fatalf("dial %s: %v", addr, err)
	}
	t.Cleanup(func() { closeConn(t, conn) })
	s, err := conn.NewSession(ctx, nil)
	if err != nil {
		t.Fatalf("begin a session: %v", err)
	}
	return s
}

// closeConn closes a connection. go-amqp does not wait for the peer's close: if
// the peer is quick, it reports the end of the stream as an error.
func closeConn(t *testing.T, conn *amqp.Conn) {
	t.Helper()
	if err := conn.Close(); err != nil && err.Error() != io.EOF.Error() {
		t.Errorf("close the connection: %v", err)
	}
}

// TestGoAMQP sends messages through the broker and gets them back: in order,
// unchanged, and settled on both sides.
func TestGoAMQP(t *testing.T) { withNode(t, "broker", testGoAMQP) }

func testGoAMQP(t *testing.T, addr string) {
	const n = 2000
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	node := address(t)
	began := time.Now()
	sent := make(chan error, 1)
	out := dial(ctx, t, addr)
	in := dial(ctx, t, addr)
	go func() { sent <- sendLetters(ctx, out, node, n) }()
	receiveLetters(ctx, t, in, node, n)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d messages there and back: %v", n, time.Since(began).Round(time.Millisecond))
}

// sendLetters sends n letters; Send returns when the broker has settled.
func sendLetters(ctx context.Context, s *amqp.Session, node string, n int) error {
	sender, err := s.NewSender(ctx, node, nil)
	if err != nil {
		return fmt.Errorf("attach a sender: %w", err)
	}
	for i := range n {
		if err := sender.Send(ctx, letter(i), nil); err != nil {
			return fmt.Errorf("send number %d: %w", i, err)
		}
	}
	if err := sender.Close(ctx); err != nil {
		return fmt.Errorf("detach the sender: %w", err)
	}
	return nil
}

func receiveLetters(ctx context.Context, t *testing.T, s *amqp.Session, node string, n int) {
	t.Helper()
	receiver, err := s.NewReceiver(ctx, node, &amqp.ReceiverOptions{Credit: 50})
	if err != nil {
		t.Fatalf("attach a receiver: %v", err)
	}
	for i := range n {
		m, err := receiver.Receive(ctx, nil)
		if err != nil {
			t.Fatalf("receive number %d: %v", i, err)
		}
		wantLetter(t, i, m)
		if err := receiver.AcceptMessage(ctx, m); err != nil {
			t.Fatalf("accept number %d: %v", i, err)
		}
	}
	if m := receiver.Prefetched(); m != nil {
		t.Fatalf("a message more than was sent: %.40q", m.GetData())
	}
	if err := receiver.Close(ctx); err != nil {
		t.Fatalf("detach the receiver: %v", err)
	}
}

// wantLetter compares what a broker must not change (§3.2: bare message).
func wantLetter(t *testing.T, i int, got *amqp.Message) {
	t.Helper()
	want := letter(i)
	if !bytes.Equal(got.GetData(), want.GetData()) {
		t.Fatalf("number %d: body of %d octets %.20q…, want %d octets %.20q…",
			i, len(got.GetData()), got.GetData(), len(want.GetData()), want.GetData())
	}
	if !reflect.DeepEqual(utc(got.Properties), want.Properties) {
		t.Fatalf("number %d: properties %+v, want %+v", i, got.Properties, want.Properties)
	}
	if !reflect.DeepEqual(got.ApplicationProperties, want.ApplicationProperties) {
		t.Fatalf("number %d: application properties %v, want %v",
			i, got.ApplicationProperties, want.ApplicationProperties)
	}
	if got.Header == nil || got.Header.Durable != want.Header.Durable || got.Header.Priority != want.Header.Priority {
		t.Fatalf("number %d: header %+v, want durable %v and priority %d",
			i, got.Header, want.Header.Durable, want.Header.Priority)
	}
	if !reflect.DeepEqual(got.Annotations, want.Annotations) {
		t.Fatalf("number %d: annotations %v, want %v", i, got.Annotations, want.Annotations)
	}
}

// utc puts the creation time in UTC, as the decoder's zone is the machine's.
func utc(p *amqp.MessageProperties) *amqp.MessageProperties {
	if p == nil || p.CreationTime == nil {
		return p
	}
	c := *p
	at := c.CreationTime.UTC()
	c.CreationTime = &at
	return &c
}

// TestGoAMQPReleased checks that a message which a receiver releases comes
// again.
func TestGoAMQPReleased(t *testing.T) {
	if foreign() != "" {
		t.Skip("COLLIDER_INTEROP_URL is set: Proton 0.37's broker forgets what was released")
	}
	withNode(t, "broker", testGoAMQPReleased)
}

func testGoAMQPReleased(t *testing.T, addr string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := address(t)
	s := dial(ctx, t, addr)
	if err := sendLetters(ctx, s, node, 3); err != nil {
		t.Fatal(err)
	}
	receiver, err := s.NewReceiver(ctx, node, &amqp.ReceiverOptions{Credit: 1})
	if err != nil {
		t.Fatalf("attach a receiver: %v", err)
	}
	seen := map[any]int{}
	for range 4 {
		m, err := receiver.Receive(ctx, nil)
		if err != nil {
			t.Fatalf("receive after %v: %v", seen, err)
		}
		seen[m.Properties.MessageID]++
		settle := receiver.AcceptMessage
		if len(seen) == 1 && seen[m.Properties.MessageID] == 1 {
			settle = receiver.ReleaseMessage
		}
		if err := settle(ctx, m); err != nil {
			t.Fatalf("settle: %v", err)
		}
	}
	if len(seen) != 3 || seen[uint64(0)] != 2 {
		t.Fatalf("deliveries by message id: %v, want 0 twice, 1 and 2 once", seen)
	}
}
