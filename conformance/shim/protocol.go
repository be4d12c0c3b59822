package shim

// Op is an operation of the protocol; the package documentation says what each
// one does.
type Op string

// The operations.
const (
	OpHello        Op = "hello"
	OpPing         Op = "ping"
	OpRun          Op = "run"
	OpListen       Op = "listen"
	OpConnect      Op = "connect"
	OpOpenQueue    Op = "open_queue"
	OpOpenSender   Op = "open_sender"
	OpOpenReceiver Op = "open_receiver"
	OpSend         Op = "send"
	OpAddWork      Op = "add_work"
	OpWake         Op = "wake"
	OpSchedule     Op = "schedule"
	OpCancel       Op = "cancel"
	OpBehave       Op = "behave"
	OpClose        Op = "close"
	OpStop         Op = "stop"
	OpBarrier      Op = "barrier"
	OpStats        Op = "stats"
	OpReset        Op = "reset"
	OpExit         Op = "exit"
)

// ProtocolVersion is the version of the protocol that this package speaks.
const ProtocolVersion = 1

// Command is one command to the shim. The zero value of a field is not sent.
type Command struct {
	// ID is given by the client.
	ID uint64 `json:"id"`
	Op Op     `json:"op"`

	Proto   int    `json:"proto,omitempty"`
	Addr    string `json:"addr,omitempty"`
	Conn    uint32 `json:"conn,omitempty"`
	Queue   uint32 `json:"queue,omitempty"`
	Link    uint32 `json:"link,omitempty"`
	Credit  int    `json:"credit,omitempty"`
	Threads int    `json:"threads,omitempty"`
	// N is how often: per thread for add_work and wake.
	N int `json:"n,omitempty"`
	// First is the number of the first job or message.
	First uint64 `json:"first,omitempty"`
	// Item is the number of a timer, or of the job that does the command.
	Item uint64 `json:"item,omitempty"`
	// Size is the length of a message's body in octets.
	Size int `json:"size,omitempty"`
	// Millis is the delay of schedule.
	Millis int64 `json:"ms,omitempty"`
	// GapMicros is the pause between two calls of a thread.
	GapMicros int `json:"gap_us,omitempty"`
	// Body is what a job does.
	Body *Action `json:"body,omitempty"`

	// The arguments of behave.
	On     string `json:"on,omitempty"`
	Nth    int    `json:"nth,omitempty"`
	Times  int    `json:"times,omitempty"`
	Do     Deed   `json:"do,omitempty"`
	Micros int    `json:"us,omitempty"`
	Every  int    `json:"every,omitempty"`

	// The options of connect.
	ContainerID       string `json:"container_id,omitempty"`
	Hostname          string `json:"hostname,omitempty"`
	IdleTimeoutMillis int64  `json:"idle_timeout_ms,omitempty"`
	MaxFrame          uint32 `json:"max_frame,omitempty"`
	Reconnect         bool   `json:"reconnect,omitempty"`

	_ struct{}
}

// Deed is what an action does.
type Deed string

// The deeds.
const (
	DoNone  Deed = "none"
	DoBlock Deed = "block"
	DoThrow Deed = "throw"
	DoAdd   Deed = "add"
	DoWake  Deed = "wake"
	DoClose Deed = "close"
	DoStop  Deed = "stop"
)

// Action is what a job does besides being recorded.
type Action struct {
	Do Deed `json:"do"`
	// Micros is how long block sleeps.
	Micros int `json:"us,omitempty"`
	// First: add adds the job First+i, where i is the number of this job.
	First uint64 `json:"first,omitempty"`
	// Every limits the action to the jobs whose number it divides. Zero means
	// all.
	Every int `json:"every,omitempty"`
}

// Result is the content of a good reply; which fields are set, the operation
// says.
type Result struct {
	Addr     string `json:"addr"`
	Listener uint32 `json:"lsn"`
	Conn     uint32 `json:"conn"`
	Queue    uint32 `json:"queue"`
	Link     uint32 `json:"link"`
	Accepted int    `json:"accepted"`
	Refused  int    `json:"refused"`
	Seq      uint64 `json:"seq"`
	Left     int    `json:"left"`
	Conns    int    `json:"conns"`

	// Hello is set in the reply to hello.
	Hello
}

// Hello is how a shim presents itself.
type Hello struct {
	Proto      int      `json:"proto"`
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Language   string   `json:"language"`
	LibVersion string   `json:"lib_version"`
	Roles      []string `json:"roles"`
	Ops        []Op     `json:"ops"`
	// Threads is "single", "pool" or "per-connection".
	Threads string `json:"threads"`
	// EventsMode is "intervals" or "counts".
	EventsMode string   `json:"events"`
	Promises   Promises `json:"promises"`
}

// Supports reports whether the shim has the operation.
func (h *Hello) Supports(op Op) bool {
	for _, o := range h.Ops {
		if o == op {
			return true
		}
	}
	return false
}

// Promises is the part of the container contract that the library documents.
// Nothing else is judged.
type Promises struct {
	// SerializedCallbacks: callbacks and jobs of one connection never overlap
	// (SER-1, SER-2), and the calls of one listener neither (SER-4).
	SerializedCallbacks bool `json:"serialized_callbacks"`
	// ParallelConnections: a blocked callback does not hold other connections
	// (PAR-3).
	ParallelConnections bool `json:"parallel_connections"`
	// WorkQueueFIFO: jobs run in the order in which add took effect (WQ-2).
	WorkQueueFIFO bool `json:"work_queue_fifo"`
	// AddReturnsBool: a job for which add returned true runs exactly once, one
	// for which it returned false never (WQ-3, WQ-4).
	AddReturnsBool bool `json:"add_returns_bool"`
	// AddExactAtClose: AddReturnsBool holds also for an add that runs while the
	// connection closes (WQ-6). Without it, a job accepted in that window may
	// be lost.
	AddExactAtClose bool `json:"add_exact_at_close"`
	// WakeCoalesces: a wake leads to at least one on_connection_wake that begins
	// after it, unless the connection closes (WAKE-1, WAKE-2), and to none after
	// on_transport_close (WAKE-5).
	WakeCoalesces bool `json:"wake_coalesces"`
	// WakeSafeAtClose: a wake from any thread may also run while the connection
	// ends and does no harm then (WAKE-5). Without it, no program does so.
	WakeSafeAtClose bool `json:"wake_safe_at_close"`
	// Schedule: a scheduled function runs once, not before its time (SCHED-1).
	Schedule bool `json:"schedule"`
	// Cancel: a timer that was cancelled before it began does not run (SCHED-7).
	Cancel bool `json:"cancel"`
	// AutoStop: run returns when nothing is left to do (RUN-6).
	AutoStop bool `json:"auto_stop"`
	// StopJoins: after stop, run returns when all its threads have ended (RUN-1).
	StopJoins bool `json:"stop_joins"`
	// Lifecycle: the callbacks of a connection, session, link, listener and
	// container come in the contract's order (ORD, LIS, OWN-6, RUN-22).
	Lifecycle bool `json:"lifecycle"`
	// PoolBounded: callbacks run on the threads of run and on no others (PAR-2,
	// PAR-4).
	PoolBounded bool `json:"pool_bounded"`
	// Reconnect: the library reconnects by itself.
	Reconnect bool `json:"reconnect"`
	// AutoSettle: incoming deliveries are accepted by default.
	AutoSettle bool `json:"auto_settle"`
	// AutoCredit: receivers grant credit by default.
	AutoCredit bool `json:"auto_credit"`
}

// Event is one event as the shim reports it.
type Event struct {
	Kind      string `json:"ev"` // enter, exit, call, return, note
	Name      string `json:"name"`
	Seq       uint64 `json:"seq"`
	Of        uint64 `json:"of"`
	Nanos     int64  `json:"t"`
	Thread    string `json:"thr"`
	Container uint32 `json:"cont"`
	Listener  uint32 `json:"lsn"`
	Conn      uint32 `json:"conn"`
	Session   uint32 `json:"sess"`
	Link      uint32 `json:"link"`
	Queue     uint32 `json:"queue"`
	Item      uint64 `json:"item"`
	Count     int64  `json:"n"`
	OK        bool   `json:"ok"`
	Text      string `json:"text"`
}

// failure is the content of an error reply.
type failure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	Cond string `json:"cond"`
}

// message is any line from the shim: a reply if Re is set, else an event.
type message struct {
	Re  *uint64  `json:"re"`
	OK  *Result  `json:"ok"`
	Err *failure `json:"err"`
}
