package shim

import (
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

var workQueueOrder = Program{
	Name: "work-queue-order",
	Doc: "Threads add jobs to a connection's work queue while its callbacks run and while it closes: " +
		"order, exactly once, refusal after the end.",
	Rules: []string{"SER-1", "SER-2", "SER-8", "WQ-2", "WQ-3", "WQ-4", "WQ-5", "WQ-6"},
	Needs: []Op{OpRun, OpListen, OpConnect, OpOpenSender, OpSend, OpAddWork, OpWake, OpBehave, OpClose, OpStop, OpBarrier, OpReset},
	body:  orderJobs,
}

func orderJobs(r *run) error {
	p, err := r.pair(r.between(1, 4))
	if err != nil {
		return err
	}
	if err := r.traffic(p, r.between(0, 200)); err != nil {
		return err
	}
	// Two commands at once: their threads meet in any order.
	burst := []Command{r.jobs(p), {Op: OpWake, Conn: p.conn, Threads: r.between(1, 3), N: r.between(1, 50)}}
	if r.between(0, 1) == 1 {
		burst = append(burst, r.jobs(p))
	}
	if _, err := r.together(burst...); err != nil {
		return err
	}
	// One after the other: each add of the first returned before any of the
	// second was called, so real time orders their jobs.
	for range r.between(1, 3) {
		if _, err := r.do(r.jobs(p)); err != nil {
			return err
		}
	}
	if err := r.closeUnder(p); err != nil {
		return err
	}
	// After the end every add is refused (WQ-4).
	late := r.jobs(p)
	late.N, late.Body = 5, nil
	_, err = r.do(late)
	return err
}

// jobs draws an add_work command: sometimes its jobs add jobs, block or wake.
func (r *run) jobs(p pair) Command {
	threads, n := r.between(1, 8), r.between(1, 150)
	cmd := Command{Op: OpAddWork, Queue: p.queue, Threads: threads, N: n, First: r.items(threads * n), GapMicros: r.between(0, 1) * r.between(0, 20)}
	switch r.between(0, 4) {
	case 0:
		// Job i adds job First+i, whose number is given to nobody else.
		nested := r.items(int(cmd.First) + threads*n)
		cmd.Body = &Action{Do: DoAdd, First: nested, Every: r.between(1, 4)}
	case 1:
		cmd.Body = &Action{Do: DoBlock, Micros: r.between(1, 100), Every: r.between(5, 50)}
	case 2:
		cmd.Body = &Action{Do: DoWake, Every: r.between(1, 10)}
	}
	return cmd
}

// closeUnder closes the connection while threads add jobs, and waits for its
// last callback.
func (r *run) closeUnder(p pair) error {
	adding := r.jobs(p)
	adding.N, adding.GapMicros = r.between(20, 300), r.between(0, 20)
	adding.First = r.items(adding.Threads * adding.N)
	if adding.Body != nil && adding.Body.Do == DoAdd {
		adding.Body.First = r.items(int(adding.First) + adding.Threads*adding.N)
	}
	done := make(chan error, 1)
	go func() {
		_, err := r.do(adding)
		done <- err
	}()
	r.pause(3 * time.Millisecond)
	_, err := r.do(Command{Op: OpClose, Conn: p.conn, Item: r.items(1)})
	if added := <-done; err == nil {
		err = added
	}
	if err != nil {
		return err
	}
	return r.await("the connection's on_transport_close", ended(history.OnTransportClose, p.conn))
}
