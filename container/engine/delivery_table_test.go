package engine

import (
	"testing"

	"pgregory.net/rapid"
)

// TestDeliveryTableAgainstAMap compares the table with a map that is asked for each id of a range one by one.
func TestDeliveryTableAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		next := SerialNumber(serials.Draw(t, "first id"))
		start := next
		table := deliveryTable{}
		model := map[SerialNumber]*delivery{}
		peak := 0
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 9), 1, 300).Draw(t, "steps") {
			switch {
			case step < 5: // a delivery begins
				d := &delivery{id: next}
				table.push(d)
				model[next] = d
				next++
			case step < 6: // some ids never enter: deliveries sent settled
				next += SerialNumber(rapid.Uint32Range(1, 3).Draw(t, "skipped"))
			case step < 8: // one leaves
				id := start + SerialNumber(rapid.Uint32Range(0, uint32(next-start)).Draw(t, "id"))
				if d := model[id]; d != nil {
					table.remove(d)
					delete(model, id)
				}
			default: // a range is asked for
				first := start + SerialNumber(rapid.Int32Range(-3, int32(next-start)+3).Draw(t, "first"))
				last := first + SerialNumber(rapid.Int32Range(-2, 40).Draw(t, "length"))
				checkSpan(t, &table, model, first, last)
			}
			if table.live != len(model) {
				t.Fatalf("the table holds %d deliveries, want %d", table.live, len(model))
			}
			peak = max(peak, table.live)
			if len(table.ring) > max(16, 4*peak) {
				t.Fatalf("a ring of %d for %d deliveries at most", len(table.ring), peak)
			}
		}
		checkSpan(t, &table, model, start-5, next+5)
		checkSpan(t, &table, model, start-5, start-5+(1<<31-1))
	})
}

func checkSpan(t *rapid.T, table *deliveryTable, model map[SerialNumber]*delivery, first, last SerialNumber) {
	var got, want []*delivery
	from, to := table.span(first, last)
	for i := from; i < to; i++ {
		if d := table.entry(i).d; d != nil {
			got = append(got, d)
		}
	}
	if n := last.Sub(first); n >= 0 && n < 1000 {
		for id := first; ; id++ {
			if d := model[id]; d != nil {
				want = append(want, d)
			}
			if id == last {
				break
			}
		}
	} else if n >= 0 {
		want = make([]*delivery, len(model)) // the long range covers everything
	}
	if len(got) != len(want) {
		t.Fatalf("[%d, %d] finds %d deliveries, want %d", first, last, len(got), len(want))
	}
	for i := range got {
		if want[i] != nil && got[i] != want[i] {
			t.Fatalf("[%d, %d] finds %d in place %d, want %d", first, last, got[i].id, i, want[i].id)
		}
	}
}

// TestDeliveryTableHeldDelivery holds one delivery while many come and go: memory must not grow with the ids between.
func TestDeliveryTableHeldDelivery(t *testing.T) {
	table := deliveryTable{}
	held := &delivery{id: 0xfffffff0}
	table.push(held)
	for id := held.id + 1; id != held.id+100001; id++ {
		d := &delivery{id: id}
		table.push(d)
		table.remove(d)
	}
	if len(table.ring) > 16 {
		t.Fatalf("a ring of %d for one delivery", len(table.ring))
	}
	if from, to := table.span(held.id, held.id); to != from+1 || table.entry(from).d != held {
		t.Fatal("the held delivery is lost")
	}
}

func TestDeliveryTableFull(t *testing.T) {
	table := deliveryTable{}
	table.push(&delivery{id: 10})
	if table.full(10 + 1<<31 - 1) {
		t.Fatal("an id that is comparable with the oldest one is refused")
	}
	if !table.full(10 + 1<<31) {
		t.Fatal("an id that is not comparable with the oldest one is accepted (RFC 1982 §3.2)")
	}
}

// TestDeliveryTableSqueeze holds every tenth delivery: the gaps between them must not make the ring grow.
func TestDeliveryTableSqueeze(t *testing.T) {
	table := deliveryTable{}
	var held []*delivery
	for i := range 10000 {
		d := &delivery{id: SerialNumber(i) - 500}
		table.push(d)
		if i%10 == 0 {
			held = append(held, d)
			continue
		}
		table.remove(d)
		if len(held) > 50 {
			table.remove(held[0])
			held = held[1:]
		}
	}
	if len(table.ring) > 256 {
		t.Fatalf("a ring of %d for %d deliveries", len(table.ring), table.live)
	}
	for _, d := range held {
		if from, to := table.span(d.id, d.id); to != from+1 || table.entry(from).d != d {
			t.Fatalf("delivery %d is lost", d.id)
		}
	}
	c := NewConnection(Config{})
	l := &Link{session: &Session{conn: c}}
	for _, d := range held {
		d.link = l
	}
	table.clear(c)
	if table.n != 0 || held[0].tracked || len(c.pool.free) != len(held) {
		t.Fatal("something is left")
	}
}
