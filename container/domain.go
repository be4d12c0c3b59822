package container

// domain is the container's own serial domain: scheduled functions and the jobs
// of all free-standing work queues run in it, one at a time (SER-5). It is
// guarded by the container's mutex, but for turnJobs, turnTimers and ran, which
// belong to the turn.
type domain struct {
	c      *Container
	strand strand
	timers timers
	jobs   fifo[domainJob]

	turnTimers fifo[*timer]
	turnJobs   fifo[domainJob]
	ran        int // functions begun in this turn: activity that ends with it
}

// domainJob is a job of a free-standing queue.
type domainJob struct {
	queue *WorkQueue
	f     func()
}

// jobBatch bounds the jobs that one turn runs, so that a queue that feeds itself
// starves nobody (PAR-5).
const jobBatch = 256

func (d *domain) init(c *Container) {
	d.c = c
	d.strand = strand{mu: c.mu, body: d}
	d.timers.init(c, d.noteLocked)
}

// noteLocked queues the domain's strand if it is not. The container's mutex is
// held.
func (d *domain) noteLocked() {
	if d.strand.state.note() {
		d.c.enqueueLocked(&d.strand)
	}
}

// turn implements turner. Due functions are taken out as a batch before they
// run, so that one scheduled with no delay by another runs in a later turn
// (SCHED-4).
func (d *domain) turn() {
	c := d.c
	c.mu.Lock()
	d.strand.state.begin()
	d.timers.takeDue(c.env.Now(), &d.turnTimers)
	d.jobs.moveTo(&d.turnJobs, jobBatch-d.turnJobs.len())
	c.mu.Unlock()
	c.protect(d.run)
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.turnTimers.len()+d.turnJobs.len()+d.jobs.len() > 0 {
		d.noteLocked()
	}
	if d.strand.state.end() {
		c.enqueueLocked(&d.strand)
	}
	ran := d.ran
	d.ran = 0
	c.deactivate(ran)
}

// run runs what the turn has taken. What a panic leaves over stays for the next
// turn.
func (d *domain) run() {
	for d.turnTimers.len() > 0 {
		t := d.turnTimers.pop()
		d.ran++
		if !d.begin(t) {
			continue
		}
		if t.queue != nil {
			t.queue.Add(t.f)
		} else {
			t.f()
		}
	}
	for d.turnJobs.len() > 0 {
		job := d.turnJobs.pop()
		d.ran++
		job.f()
	}
}

// begin reports whether t was not cancelled, and puts it beyond Cancel.
func (d *domain) begin(t *timer) bool {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.timers.begin(t)
}

// add implements workHome for free-standing queues. After Stop jobs are accepted
// only as long as connections and listeners are left, whose final callbacks may
// add some: else a queue that is always fed would keep Run from returning.
func (d *domain) add(q *WorkQueue, f func()) bool {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if q.closed || c.run.stopping && len(c.hosts)+len(c.accepts) == 0 {
		return false
	}
	d.jobs.push(domainJob{q, f})
	c.activate()
	d.noteLocked()
	return true
}

// close drops the jobs of q that no turn has taken yet.
func (d *domain) close(q *WorkQueue) int {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	q.closed = true
	dropped := d.jobs.filter(func(j domainJob) bool { return j.queue != q })
	c.deactivate(dropped)
	c.deactivate(d.timers.dropQueue(q))
	return dropped
}

// dropScheduled forgets what is not yet due. The container's mutex is held.
func (d *domain) dropScheduled() { d.c.deactivate(d.timers.dropAll()) }

// owner implements workHome.
func (d *domain) owner() *Container { return d.c }
