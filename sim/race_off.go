//go:build !race

package sim

// Only race builds split a thread into two sides (see race_on.go). Here an
// operation is done by the thread that calls it, and edges are nothing.

// edge stands for a happens-before edge.
type edge struct{}

// programs is the World's part of the split.
type programs struct{}

// side is a coroutine's part of it.
type side struct{}

// origins are the edges that end where a thread begins.
type origins struct{}

// slotEdges are the edges of a channel's buffer.
type slotEdges struct{}

func raceReports() int { return 0 }

func (w *World) initSplit()                    { w.programs = programs{} }
func (*World) splits() bool                    { return false }
func (*World) locatePlaces(bool)               {}
func (*World) operationFrames(*Thread) []Frame { return callers(2) }
func (*World) outside() bool                   { return false }
func (*World) cross(func())                    {}
func (*World) joinPrograms()                   {}
func (*World) hold(edge)                       {}
func (*World) meet()                           {}
func (*World) mine() (e edge)                  { return e }
func (*World) reached(edge)                    {}
func (*side) host(*World, *Thread)             {}
func (*side) is(uint64) bool                   { return false }
func (t *Thread) follow(edge)                  { t.origins = origins{} }
func (*Thread) reached(edge)                   {}
func (slotEdges) make(int) (s slotEdges)       { return s }
func (slotEdges) put(int, edge) (back edge)    { return back }
func (slotEdges) take(int, edge) (there edge)  { return there }

func ask[R any](_ *World, f func() R) R { return f() }

var noEdge edge

func newEdge() (e edge)             { return e }
func reach(edge)                    {}
func (*object) edge() (e edge)      { return e }
func (*object) acquire()            {}
func (*object) release()            {}
func (*object) merge()              {}
func (*object) acquireReaders()     {}
func (*object) mergeReader()        {}
func privateString(s string) string { return s }

// shut closes the channel of a context that has ended.
func (*World) shut(c *Context, _ edge) { close(c.done) }

// heldObject and heldTimer are the kernel's part of what is embedded in the
// structs of others.
type heldObject struct{ o object }

func (h *heldObject) at() *object { return &h.o }
func (h *heldObject) renew()      { h.o = object{} }

type heldTimer struct{ t timer }

func (h *heldTimer) at() *timer { return &h.t }
func (h *heldTimer) renew()     { h.t = timer{} }
