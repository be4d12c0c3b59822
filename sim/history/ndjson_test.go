package history

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() *History {
	full := Event{
		Seq: 1, Time: 1500 * time.Microsecond, Kind: Begin, Name: OnMessage, Thread: 1,
		Container: 1, Listener: 2, Conn: 3, Session: 4, Link: 5, Queue: 6, Item: 1 << 63, Count: -7,
		OK: true, Text: "amqp:link:detach-forced \"<a>\" \n ✗", Step: 9,
	}
	end := full
	end.Seq, end.Of, end.Kind = 2, 1, End
	return &History{
		Events: []Event{
			full, end,
			{Seq: 3, Kind: Call, Name: OpAdd},
			{Seq: 4, Of: 3, Kind: Return, Name: OpAdd, OK: true},
			{Seq: 5, Kind: Note, Name: NoteSent},
			{Seq: 6, Kind: Frame, Name: "transfer"},
			{Seq: 7, Kind: Fault, Name: "reset"},
		},
		Threads: []string{"main", "worker-1"},
		Dropped: 3,
	}
}

func TestNDJSONRoundTrip(t *testing.T) {
	for _, h := range []*History{sample(), {Threads: []string{}}} {
		var a, b bytes.Buffer
		if err := Write(&a, h); err != nil {
			t.Fatal(err)
		}
		text := a.String()
		got, err := Read(&a)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Events, h.Events) || got.Dropped != h.Dropped || len(got.Threads) != len(h.Threads) {
			t.Errorf("got %+v\nwant %+v", got, h)
		}
		if err := Write(&b, got); err != nil {
			t.Fatal(err)
		}
		if b.String() != text {
			t.Errorf("written again:\n%s\nfirst:\n%s", b.String(), text)
		}
	}
}

// The bytes are a contract with programs that write the format themselves.
func TestNDJSONGolden(t *testing.T) {
	h := sample()
	h.Events = h.Events[:4]
	var b bytes.Buffer
	if err := Write(&b, h); err != nil {
		t.Fatal(err)
	}
	want := `{"format":"collider-history","version":1,"events":4,"threads":["main","worker-1"],"dropped":3}
{"seq":1,"t":1500000,"kind":"begin","name":"on_message","thread":1,"container":1,"listener":2,"conn":3,"session":4,"link":5,"queue":6,"item":9223372036854775808,"count":-7,"ok":true,"text":"amqp:link:detach-forced \"<a>\" \n ✗","step":9}
{"seq":2,"of":1,"t":1500000,"kind":"end","name":"on_message","thread":1,"container":1,"listener":2,"conn":3,"session":4,"link":5,"queue":6,"item":9223372036854775808,"count":-7,"ok":true,"text":"amqp:link:detach-forced \"<a>\" \n ✗","step":9}
{"seq":3,"t":0,"kind":"call","name":"work_queue.add","thread":0}
{"seq":4,"of":3,"t":0,"kind":"return","name":"work_queue.add","thread":0,"ok":true}
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestReadRefuses(t *testing.T) {
	const hd = `{"format":"collider-history","version":1,"threads":["main"]}` + "\n"
	const call = `{"seq":1,"t":0,"kind":"call","name":"wake","thread":0}` + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "line 1: no header"},
		{"text", "hello\n", "line 1: not a header"},
		{"other format", `{"format":"pcap","version":1}`, `format "pcap"`},
		{"header field", `{"format":"collider-history","version":1,"threads":[],"x":1}`, "line 1: not a header"},
		{"not an event", hd + "{", "line 2: not an event"},
		{"unknown field", hd + `{"seq":1,"kind":"call","name":"wake","thread":0,"con":1}`, `unknown field "con"`},
		{"unknown kind", hd + `{"seq":1,"kind":"began","name":"wake","thread":0}`, `unknown kind "began"`},
		{"no kind", hd + `{"seq":1,"name":"wake","thread":0}`, "no kind"},
		{"two values", hd + `{"seq":1,"kind":"call","name":"wake","thread":0} {}`, "more than one value"},
		{"gap", hd + `{"seq":2,"kind":"call","name":"wake","thread":0}`, "seq 2, want 1"},
		{"thread", hd + `{"seq":1,"kind":"call","name":"wake","thread":1}`, "thread 1, the header names 1"},
		{"of nothing", hd + `{"seq":1,"kind":"return","name":"wake","thread":0}`, "of 0 names no call"},
		{"of wrong kind", hd + call + `{"seq":2,"of":1,"kind":"end","name":"wake","thread":0}`, "of 1 names no begin"},
		{"of on call", hd + call + `{"seq":2,"of":1,"kind":"call","name":"wake","thread":0}`, "of 1 on a call"},
		{"cut", strings.Replace(hd, `"threads"`, `"events":2,"threads"`, 1) + call, "1 events, the header says 2"},
		{"long line", hd + strings.Repeat("x", maxLine+1), "line 2: unreadable"},
	} {
		_, err := Read(strings.NewReader(c.text))
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want a FormatError with %q", c.name, err, c.want)
		}
	}
}

func TestReadOtherVersion(t *testing.T) {
	_, err := Read(strings.NewReader(`{"format":"collider-history","version":2,"lanes":[]}`))
	var ve *VersionError
	if !errors.As(err, &ve) || ve.Got != 2 {
		t.Errorf("error %v, want a VersionError of 2", err)
	}
}

func TestWriteRefusesUnknownKind(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, &History{Events: []Event{{Seq: 1}}}); err == nil {
		t.Error("an event without a kind is written")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrors(t *testing.T) {
	if err := Write(brokenWriter{}, sample()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
	if err := WriteText(brokenWriter{}, sample()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		h, err := Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, h); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := Read(&out)
		if err != nil || !reflect.DeepEqual(again.Events, h.Events) {
			t.Fatalf("no round trip: %v", err)
		}
	})
}
