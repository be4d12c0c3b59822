package history

// Callbacks of a messaging handler: names of Begin and End events. All but the
// container's carry Conn; a session's also Session, a link's Session and Link.
const (
	OnContainerStart = "on_container_start" // Container
	OnContainerStop  = "on_container_stop"  // Container

	OnTransportOpen  = "on_transport_open"
	OnTransportError = "on_transport_error" // Text: condition
	OnTransportClose = "on_transport_close"

	OnConnectionOpen  = "on_connection_open"
	OnConnectionError = "on_connection_error" // Text: condition
	OnConnectionClose = "on_connection_close"
	OnConnectionWake  = "on_connection_wake"

	OnSessionOpen  = "on_session_open"
	OnSessionError = "on_session_error"
	OnSessionClose = "on_session_close"

	OnSenderOpen   = "on_sender_open"
	OnSenderError  = "on_sender_error"
	OnSenderDetach = "on_sender_detach"
	OnSenderClose  = "on_sender_close"

	OnReceiverOpen   = "on_receiver_open"
	OnReceiverError  = "on_receiver_error"
	OnReceiverDetach = "on_receiver_detach"
	OnReceiverClose  = "on_receiver_close"

	OnSendable = "on_sendable" // Count: credit
	OnMessage  = "on_message"  // Item: message number

	OnTrackerAccept  = "on_tracker_accept" // Item: the number given to sender.send
	OnTrackerReject  = "on_tracker_reject"
	OnTrackerRelease = "on_tracker_release"
	OnTrackerSettle  = "on_tracker_settle"

	OnDeliverySettle      = "on_delivery_settle"
	OnSenderDrainStart    = "on_sender_drain_start"
	OnReceiverDrainFinish = "on_receiver_drain_finish"
	OnError               = "on_error"
)

// Callbacks of a listen handler: names of Begin and End events with Listener.
// In on_accept, Conn is the connection being accepted.
const (
	OnOpen   = "on_open"
	OnAccept = "on_accept"
	// OnListenError has the same text as OnError; Listener tells them apart.
	OnListenError = "on_error"
	OnClose       = "on_close"
)

// Work: names of Begin and End events.
const (
	// Work is a job of a work queue: Queue, Item (the job's number as given to
	// work_queue.add), and Conn if the queue belongs to a connection.
	Work = "work"
	// Scheduled is a function of container.schedule: Container, Item (the
	// timer's number as given to the call).
	Scheduled = "scheduled"
)

// Operations: names of Call and Return events.
const (
	// OpAdd: Queue, Item (job), Conn if the queue belongs to a connection;
	// the Return's OK says whether the job was accepted.
	OpAdd = "work_queue.add"
	// OpQueueSchedule: Queue, Item (job), Count (delay in nanoseconds).
	OpQueueSchedule = "work_queue.schedule"
	// OpQueueClose: Queue. The jobs of a free-standing queue that had not begun
	// may be dropped from the call on.
	OpQueueClose = "work_queue.close"
	// OpWake: Conn.
	OpWake = "wake"
	// OpSchedule: Container, Item (timer), Count (delay in nanoseconds).
	OpSchedule = "container.schedule"
	// OpCancel: Container, Item (timer).
	OpCancel = "container.cancel"
	// OpConnect: Container, Text (address), Conn if the recorder knows it; the
	// Return's OK says whether it succeeded.
	OpConnect = "container.connect"
	// OpListen: Container, Listener, Text (address); OK.
	OpListen = "container.listen"
	// OpStop: Container, Text (condition, if any).
	OpStop = "container.stop"
	// OpAutoStop: Container, Count (1 = on, 0 = off).
	OpAutoStop = "container.auto_stop"
	// OpRun: Container, Count (threads); OK if it returned without error, else
	// Text.
	OpRun = "container.run"
	// OpConnClose: Conn.
	OpConnClose = "connection.close"
	// OpSend: Conn, Link, Item (message number).
	OpSend = "sender.send"
	// OpListenerStop: Listener.
	OpListenerStop = "listener.stop"
)

// Notes that the checkers know. Link is the link they concern and Item the
// message number, unique in the run unless the scenario sends the same message
// twice on purpose. The two ends of one flow use the same Link number or leave
// it 0.
const (
	// NoteSent: a message was handed to the sending link.
	NoteSent = "sent"
	// NoteSentSettled: the message was sent settled (AT_MOST_ONCE), Link is the
	// sender's link.
	NoteSentSettled = "sent_settled"
	// NoteAccepted: the sender saw this outcome.
	NoteAccepted = "accepted"
	// NoteRejected: the sender saw this outcome.
	NoteRejected = "rejected"
	// NoteReleased: the sender saw this outcome, or modified.
	NoteReleased = "released"
	// NoteUnknown: the sender learnt that it will never know the outcome
	// (the link or connection was lost first).
	NoteUnknown = "outcome_unknown"
	// NoteReceived: the receiving application got the message.
	NoteReceived = "received"
	// NoteCredit: the receiver of Link granted Count more credit.
	NoteCredit = "credit"
	// NoteCreditReset: the credit of Link is now Count (drain, re-attach).
	NoteCreditReset = "credit_reset"
	// NoteForgot: the node at the other end of Link, or of all links if that is 0,
	// has lost its memory; what was sent before may never be received, although it
	// was accepted.
	NoteForgot = "forgot"
	// NoteCrashed: Container has crashed with its machine; nothing of it runs any
	// more, and nothing that it owed is due.
	NoteCrashed = "crashed"
	// NoteClock: the clock of Container drifts against the history's by Count parts
	// per million; positive is faster.
	NoteClock = "clock"
	// NoteFinished: the scenario reached its planned end; checkers that need a
	// quiet end (nothing lost, nothing pending) apply.
	NoteFinished = "finished"
)
