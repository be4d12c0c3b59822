// Package record writes down what a container does: it wraps Handler,
// ListenHandler, WorkQueue and the thread-safe operations from outside and turns
// every call into events of a history, which the checkers of sim/check judge. It
// is the same in simulation and in production.
//
// # Usage
//
//	rec := w.Recorder() // or history.NewRecorder(history.Options{})
//	c := record.New(rec, "client", handler, container.Options{…})
//	c.Connect("broker:5672", container.ConnectionOptions{})
//	c.Run(ctx, 4)
//	violations := check.Standard(check.Options{})(rec.History())
//
// Work, wakes and sends are recorded when they go through the wrappers:
//
//	q := c.Queue(conn.WorkQueue())
//	q.Add(func() { c.Send(sender, message) })
//	c.Wake(conn)
//
// With a nil recorder the wrappers pass everything on, so that a program can be
// written once and run unobserved.
//
// # Limitations
//
// A callback is recorded for the handler that gets it. A handler given in
// options that do not pass through this package is not seen.
package record
