// Package shim attaches a foreign AMQP 1.0 implementation to the conformance
// suite as a child process that speaks line-JSON, drives it, and turns what it
// reports into a history that the checkers of sim/check judge.
//
// # Purpose
//
// Some rules of a container cannot be seen on the wire: callbacks of one
// connection do not overlap, jobs of a work queue run in order and once, a wake
// is not lost. A shim is a small program (300 to 600 lines, once per library)
// that runs the library's container, does what commands say, and reports each
// callback, job and API call with its place in the order of the process. It
// judges nothing. This page is all that is needed to write one;
// conformance/shims/proton-cpp is an example.
//
// # Usage
//
//	c, err := shim.Start(ctx, shim.Options{Command: []string{"./proton-cpp-shim"}})
//	defer c.Close()
//	h, err := shim.RunProgram(ctx, c, "work-queue-order", seed)
//	for _, v := range shim.Judge(&h, c.Hello().Promises) { … }
//
// The error of a call tells whose fault it is: *HarnessError (the shim broke the
// protocol), *CrashError (the process ended), *HangError (no answer in time),
// *RefusedError (the shim answered that it did not do it).
//
// # The protocol, version 1
//
// Framing. One JSON object per line, UTF-8, ended by "\n", at most 1 MiB. The
// harness writes commands to the shim's standard input. The shim writes replies
// and events to its standard output and nothing else; its standard error is kept
// as a log. Unknown members of an object are ignored by both sides. A member
// that is absent is 0, "" or false.
//
// Life. End of file on standard input, or the command exit: finish and exit with
// code 0. A command that blocks must not keep the shim from reading the next
// ones: ping is answered while others are in progress. One process runs many
// programs, with a reset before each.
//
// Commands carry id, a number from 1 that is never repeated, and op. Each is
// answered by exactly one reply, in any order:
//
//	{"re":7,"ok":{…}}
//	{"re":7,"err":{"kind":"definite","text":"…","cond":"amqp:not-found"}}
//
// kind is definite (it did not happen and will not), indefinite (it may have
// happened), unsupported (the shim has no such operation), bad_command (the
// harness is wrong), shim_bug (the shim is wrong). cond is an AMQP error
// condition or absent.
//
// Numbers of listeners, connections, queues, sessions, links and containers are
// given by the shim, from 1, and never reused, not even after reset. The queue
// of a connection has a queue number like a free-standing one.
//
// The operations, with arguments and results (○ = optional argument):
//
//	hello          proto → see below
//	ping           → nothing
//	run            threads → start the container on that many threads, auto-stop
//	               off. Once between two resets, first of all.
//	listen         addr ("127.0.0.1:0") → lsn, addr with the real port. Accepted
//	               connections use this shim's recording handler and open what
//	               the peer opens. They are announced by their on_accept event.
//	connect        addr ○container_id ○hostname ○idle_timeout_ms ○max_frame
//	               ○reconnect (bool) → conn, queue; at once, before the
//	               connection is open
//	open_queue     → queue, a free-standing work queue
//	open_sender    conn, addr, item → link
//	open_receiver  conn, addr, credit (window of automatic credit), item → link
//	send           conn, link, n, first, size, item → send n messages with bodies
//	               of size octets and the message ids (ulong) first, first+1, …
//	add_work       queue, threads, n, first ○gap_us ○body → accepted, refused:
//	               from that many new threads, which start together, call the
//	               queue's add n times each, gap_us microseconds apart. Thread k
//	               (from 0) adds the jobs first+k·n … first+k·n+n-1. The reply
//	               comes when all threads are done. definite if the connection
//	               has had no callback yet.
//	wake           conn, threads, n ○gap_us → the same with the connection's wake
//	schedule       ms, item ○queue ○body → the container's schedule, or the
//	               queue's
//	cancel         item → cancel that timer of the container
//	behave         on, do ○conn ○nth ○times ○us ○first ○every → from the nth call
//	               (default 1) of callback `on` of a connection (default: each
//	               connection's), for `times` calls (default 1), perform an
//	               action in the callback. on = "" disarms all.
//	close          conn, item → close the connection
//	stop           → the container's stop
//	barrier        → seq, the number of the last event so far; replied after all
//	               events up to it are written
//	stats          → conns (not closed), seq (the last event so far)
//	reset          → left, the connections that had no on_transport_close: stop the
//	               container, join its threads, forget everything. Nothing but
//	               ping is asked until it is answered.
//	exit           → nothing
//
// open_sender, open_receiver, send and close act on objects that belong to the
// connection's callbacks, so each is done by a job with the number item, which is
// added and recorded like those of add_work. The reply comes once it is added;
// definite if the queue refused it.
//
// An action is {"do":D,…} with D of none, block (us: sleep that long), throw, add
// (add job first+i to the same queue, where i is the number of the job, or of the
// call for a callback), wake, close, stop. With every = m > 1 only those i that m
// divides perform it. The body of a job is such an action.
//
// hello is answered with proto (1), name, version, language, lib_version, roles
// (of connect, listen, send, receive), ops (all it supports), threads (single,
// pool, per-connection), events (intervals, or counts for builds under a
// sanitizer), and promises, an object of booleans: what the library documents.
// Only promises are judged; see Promises for their names.
//
// Events have ev and no re:
//
//	{"ev":"enter","name":"on_message","seq":812,"t":123456789,"thr":"worker-1","conn":2,"link":4,"item":17}
//	{"ev":"exit","name":"on_message","seq":815,"of":812,"t":123459999,"thr":"worker-1","conn":2,"link":4,"item":17}
//
// ev is enter and exit for the interval of a callback or a job, call and return
// for an operation of the library's API, note for a remark. name is one of
// sim/history's constants: callbacks "on_…", "work" for a job, "scheduled" for a
// function of the container's schedule, operations "work_queue.add", "wake" and
// so on. cont, lsn, conn, sess, link, queue, item, n (a count), ok (the result of
// a return) and text (an error condition) are as in history.Event; t is
// monotonic time in nanoseconds, for people; of is the enter of an exit and the
// call of a return.
//
// seq is drawn from one counter of the process, from 1 and without gaps, as the
// first act of a callback or job (enter), as its last (exit), before an operation
// (call) and after it (return). It is then an order that agrees with real time:
// no clock is needed to see an overlap. Use a relaxed atomic increment; it stays
// sound, since a library that does serialize orders the increments too, and it
// hides no data race from a sanitizer.
//
// Do not write events from the callback: a lock around standard output would
// order the very threads that are observed. Append to a buffer of the calling
// thread; another thread writes the buffers out, soon and in any order.
//
// Every callback, every job and scheduled function, and every operation that a
// command or an action causes is recorded. A library whose default callback would
// be lost by recording it (open the peer's link, for instance) is given the
// default behaviour; errors are recorded and go no further.
//
// The note "canary" at the end of on_transport_close carries in n the value of a
// plain counter, without atomics or lock, that the shim keeps for each connection
// and increments in every callback and job of that connection. If it differs from
// the number of enters, two of them ran at once, even if no two intervals meet.
//
// # Limitations
//
// Messages have bodies of a given size and no typed values: cases about the type
// system use the wire. Times of the process are not compared with the
// harness's. A history of more events than Options.Limit is cut and proves
// nothing.
package shim
