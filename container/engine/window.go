package engine

import "math"

// outgoingWindow is advertised in begin and flow: this side never runs out of room for what the caller has queued, so
// the number only has to be large (§2.5.6).
const outgoingWindow = math.MaxInt32

// sendWindow is the session's view of what the peer can take (§2.5.6).
type sendWindow struct {
	initial SerialNumber // the first next-outgoing-id
	next    SerialNumber // next-outgoing-id
	remote  uint32       // remote-incoming-window
}

// onSent accounts for a transfer frame: next-outgoing-id goes up, remote-incoming-window down.
func (w *sendWindow) onSent() {
	if w.remote == 0 {
		panic("engine: a transfer without session window")
	}
	w.next++
	w.remote--
}

// onFlow takes the peer's view:
//
//	remote-incoming-window = next-incoming-id(flow) + incoming-window(flow) - next-outgoing-id(endpoint)
//
// with the initial next-outgoing-id if the flow has no next-incoming-id, that is, if the peer has not seen the begin.
// A result below zero counts as zero. It returns false if the peer claims to have received what was not sent.
func (w *sendWindow) onFlow(nextIncoming SerialNumber, known bool, window uint32) bool {
	if !known {
		nextIncoming = w.initial
	}
	inFlight := w.next.Sub(nextIncoming)
	if inFlight < 0 {
		return false
	}
	w.remote = uint32(max(int64(window)-int64(inFlight), 0))
	return true
}

// receiveWindow is what the session has promised to take (§2.5.6).
type receiveWindow struct {
	next     SerialNumber // next-incoming-id
	known    bool         // the peer's begin or a flow has told next
	promised uint32       // how many transfer frames the peer may still send
	unread   int64        // payload of complete deliveries that the caller has not consumed
	kept     int64        // payload of all incoming deliveries that is kept
	pending  int          // incoming deliveries that are not settled locally
}

// onTransfer accounts for a transfer frame. It returns false if the peer had no window left.
func (w *receiveWindow) onTransfer() bool {
	if w.promised == 0 {
		return false
	}
	w.promised--
	w.next++
	return true
}

// onFlow takes the peer's next-outgoing-id (§2.5.6). Frames that it skips will not come; the end of the window stays.
func (w *receiveWindow) onFlow(nextOutgoing SerialNumber) {
	if skipped := nextOutgoing.Sub(w.next); skipped > 0 {
		w.promised -= min(w.promised, uint32(skipped))
	}
	w.next = nextOutgoing
	w.known = true
}

// room is the window that the limits permit now.
func (w *receiveWindow) room(cfg *Config) uint32 {
	frames := (cfg.IncomingBytes - w.unread) / int64(cfg.MaxFrameSize)
	frames = min(frames, int64(cfg.MaxUnsettled-w.pending), int64(cfg.IncomingWindow))
	return uint32(max(frames, 0))
}

// advertise returns the window for a begin or flow. A promise once given is not taken back: the frames may be under way.
func (w *receiveWindow) advertise(cfg *Config) uint32 {
	w.promised = max(w.promised, w.room(cfg))
	return w.promised
}

// wantsFlow reports whether the peer has used up half of the window that it could have.
func (w *receiveWindow) wantsFlow(cfg *Config) bool {
	room := w.room(cfg)
	return room > w.promised && w.promised <= room/2
}
