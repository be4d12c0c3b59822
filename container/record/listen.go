package record

import (
	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim/history"
)

// listenHandler returns the observed form of h for the listener numbered id. The
// handlers that its OnAccept gives are observed as well, so it wraps h even
// without a recorder.
func (c *Container) listenHandler(h container.ListenHandler, id uint32) container.ListenHandler {
	if h == nil {
		h = container.BaseListenHandler{}
	}
	return &listenHandler{h, c, id}
}

// listenHandler records the interval of each callback of a listener.
type listenHandler struct {
	next container.ListenHandler
	c    *Container
	id   uint32
}

func (h *listenHandler) event(name string) history.Event {
	return history.Event{Name: name, Container: h.c.id, Listener: h.id}
}

// OnOpen implements container.ListenHandler.
func (h *listenHandler) OnOpen(l *container.Listener) {
	e := h.event(history.OnOpen)
	begin := h.c.rec.Begin(e)
	defer h.c.rec.End(begin, e)
	h.next.OnOpen(l)
}

// OnAccept implements container.ListenHandler.
func (h *listenHandler) OnAccept(l *container.Listener) container.ConnectionOptions {
	e := h.event(history.OnAccept)
	begin := h.c.rec.Begin(e)
	defer h.c.rec.End(begin, e)
	return h.c.ConnectionOptions(h.next.OnAccept(l))
}

// OnError implements container.ListenHandler.
func (h *listenHandler) OnError(l *container.Listener, err error) {
	e := h.event(history.OnListenError)
	e.Text = text(err)
	begin := h.c.rec.Begin(e)
	defer h.c.rec.End(begin, e)
	h.next.OnError(l, err)
}

// OnClose implements container.ListenHandler.
func (h *listenHandler) OnClose(l *container.Listener) {
	e := h.event(history.OnClose)
	begin := h.c.rec.Begin(e)
	defer h.c.rec.End(begin, e)
	h.next.OnClose(l)
}
