// Package engine is one AMQP 1.0 connection as a state machine without I/O, threads or clock, client or server.
//
// A [Connection] takes octets that came from the peer, the time, and calls on its endpoints; it gives octets for the
// peer, events, and the time at which it wants to be called again. Same inputs in the same order, same outputs, octet
// for octet: there is no clock, no chance and no map order in it. Segmentation of the input makes no difference.
//
// The model is that of Proton's engine. A connection has sessions, a session has links, a link has deliveries. Each
// endpoint has a local state, which the caller's calls change, and a remote state, which the peer's frames change and
// events report. Calls take effect at once in the local state; the frames follow with the next output, in the order of
// the protocol. What may not be sent yet (a link without credit, a session beyond a channel-max that is not known yet)
// waits inside and needs no further call.
//
// # The caller's duties
//
//  1. Tell the time. Call Advance when a turn of work begins and no later than Deadline says. Times never run
//     backwards; the first one starts the clock of Config.OpenTimeOut. Calls on endpoints happen at the time told last.
//  2. Give all input to Receive, in order, in segments of any size. Call ReceiveEOF when the peer's stream ends in good
//     order, TransportClosed when the transport fails or has been closed. ReadDone says that input does not matter any more.
//  3. Take the events with NextEvent until there are none, after each call that takes input or time, before the next
//     one. Calls on endpoints may be made at any time, in particular while taking events.
//  4. Answer the peer. Each of ConnectionRemoteOpen, SessionRemoteBegin and LinkRemoteAttach with an Uninitialized local
//     end wants Open, Begin, or Attach or Refuse; each remote close, end and detach wants the local one. What remains
//     unanswered keeps its channel or handle.
//  5. Settle every incoming delivery in the end, aborted and remotely settled ones too, and every outgoing one that was
//     not sent settled. Read its payload: what is neither consumed nor settled shuts the session's window.
//  6. Write Output to the transport in order and say so by Wrote, then ask again: output is produced as room permits.
//     Go on reading while output is pending; a peer that writes before it reads would otherwise wait for ever. Config
//     bounds what can pile up.
//  7. End this side's half of the transport when WriteDone says so, and close the transport when Finished does.
//     TransportClosed is then the last event.
//  8. One caller at a time. Nothing here locks; endpoints and deliveries belong to their connection. A SASL callback
//     may not call the connection.
//
// # Usage
//
//	c := engine.NewConnection(engine.Config{ContainerID: "me"})
//	c.Advance(now)
//	c.Open()
//	s := c.NewSession()
//	s.Begin(engine.BeginOptions{})
//	l := s.NewSender("orders")
//	l.Attach(engine.AttachOptions{Target: target})
//	for !c.Finished() {
//		// write c.Output() and call c.Wrote, read and call c.Receive, or wait until c.Deadline() and call c.Advance
//		for ev, ok := c.NextEvent(); ok; ev, ok = c.NextEvent() {
//			switch ev.Type {
//			case engine.LinkFlow:
//				for l.Credit() > 0 {
//					l.Send(nil, payload, false)
//				}
//			case engine.DeliveryUpdated:
//				ev.Delivery.Settle()
//			}
//		}
//	}
//
// # Errors
//
// What the peer reports is a *wire.Error in the RemoteError of an endpoint. What the peer does wrong is answered at the
// smallest scope that the specification permits: the link is closed (LinkFault), the session ended (SessionFault), or
// the connection closed (ConnectionFault); LocalError tells the reason, and Connection.Err at the end. What the caller
// does wrong is a [*CallError] and changes nothing. Panics are for broken invariants, of the engine or of duty 6.
//
// # Memory
//
// Everything that the peer decides is bounded by [Config]: frames, sessions, links, windows, unsettled deliveries,
// messages, output. What the caller queues for sending is the caller's to bound; Link.Credit, Link.Queued,
// Session.OutgoingBytes and Pending tell. Transfers, dispositions and flows allocate nothing in the steady state.
//
// # Limitations
//
// TLS (§5.2) is the transport's business; its protocol header is refused. Unsettled maps and the resumption of
// deliveries (§2.6.13) are carried as data: the caller compares the maps and resumes. A link name that is stolen
// (§2.6.1) is noticed within a session only; between sessions and connections the container must look. Credit does not
// outlive an attachment (§2.6.4). A peer that reports delivery-ids out of sequence, or transfers without delivery-tag
// or message-format on the first frame, is refused. Frames are counted as signs of life (§2.4.5), not octets. A
// delivery that stays unsettled for 2^31 deliveries of its session stops it, for later ids could not be compared
// (RFC 1982). A duplicate delivery-tag of the peer is not noticed.
package engine
