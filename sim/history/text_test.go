package history

import (
	"bytes"
	"testing"
)

func TestWriteText(t *testing.T) {
	var b bytes.Buffer
	h := sample()
	h.Events[2].Thread = 7
	if err := WriteText(&b, h); err != nil {
		t.Fatal(err)
	}
	want := `    1      1.5ms  worker-1         begin  on_message container=1 listener=2 conn=3 session=4 link=5 queue=6 item=9223372036854775808 count=-7 "amqp:link:detach-forced \"<a>\" \n ✗"
    2      1.5ms  worker-1         end    on_message container=1 listener=2 conn=3 session=4 link=5 queue=6 item=9223372036854775808 count=-7 "amqp:link:detach-forced \"<a>\" \n ✗" of=1
    3         0s  thread-8         call   work_queue.add
    4         0s  main             return work_queue.add ok=true of=3
    5         0s  main             note   sent
    6         0s  main             frame  transfer
    7         0s  main             fault  reset
3 more events were dropped: the recorder's limit was reached
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestKindText(t *testing.T) {
	for k := Begin; k < kinds; k++ {
		b, err := k.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got Kind
		if err := got.UnmarshalText(b); err != nil || got != k || string(b) != k.String() {
			t.Errorf("kind %d: text %q gives %d, %v", k, b, got, err)
		}
	}
	if Kind(0).String() != "kind(0)" || kinds.String() != "kind(8)" {
		t.Errorf("text of no kind: %v %v", Kind(0), kinds)
	}
	if _, err := Kind(0).MarshalText(); err == nil {
		t.Error("kind 0 has a text form")
	}
}

func TestHistoryAccess(t *testing.T) {
	h := sample()
	if h.At(0) != nil || h.At(8) != nil || h.At(7).Name != "reset" {
		t.Error("At")
	}
	if h.Thread(-1) != "" || h.Thread(2) != "" || h.Thread(1) != "worker-1" {
		t.Error("Thread")
	}
	if h.Origin(h.At(4)) != h.At(3) || h.Origin(h.At(5)) != h.At(5) {
		t.Error("Origin")
	}
	if broken := (&Event{Seq: 9, Kind: End, Of: 99}); h.Origin(broken) != broken {
		t.Error("Origin of a broken End")
	}
	if c := h.Clone(); c.Digest() != h.Digest() || &c.Events[0] == &h.Events[0] {
		t.Error("Clone")
	}
	if (&History{}).Duration() != 0 {
		t.Error("Duration of nothing")
	}
}
