package view_test

import "testing"

// TestLongRunStaysSmall bounds what a run of ten thousand events costs: the page
// can be mailed.
func TestLongRunStaysSmall(t *testing.T) {
	r := longRun(t, 600)
	if r.Result.Failure != nil {
		t.Fatal(r.Result.Failure)
	}
	n := len(r.Result.History.Events)
	if n < 10_000 {
		t.Fatalf("the run has %d events", n)
	}
	for format, most := range map[string]int{"html": 300, "chrome": 400, "ndjson": 300, "pcapng": 100} {
		size := len(write(t, format, r))
		t.Logf("%s: %d events, %d KiB", format, n, size/1024)
		if size > most*n {
			t.Errorf("%s takes %d octets for each event, more than %d", format, size/n, most)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	r := longRun(b, 600)
	b.ReportMetric(float64(len(r.Result.History.Events)), "events")
	for b.Loop() {
		write(b, "html", r)
	}
}
