package reference

// Bug names one deviation from the specification.
type Bug string

// The bugs. The comment says what the server does.
const (
	None Bug = ""

	// Types, composites, descriptors.
	NoUlongDescriptor     Bug = "no-ulong-descriptor"     // refuses descriptors of eight octets
	NoList32              Bug = "no-list32"               // refuses composites as list32
	NullContainerID       Bug = "null-container-id"       // accepts open without a container-id
	NullMaxFrameSize      Bug = "null-max-frame-size"     // refuses an explicit null for max-frame-size
	NoBareMultiple        Bug = "no-bare-multiple"        // wants an array for each multiple field
	NoSymbolicDescriptors Bug = "no-symbolic-descriptors" // refuses symbolic descriptors
	IgnoreUnknown         Bug = "ignore-unknown"          // ignores unknown performatives

	// Header.
	WrongHeader       Bug = "wrong-header"         // answers with AMQP 0 1.0.1
	OctetBeforeHeader Bug = "octet-before-header"  // sends an octet before the header
	EchoHeader        Bug = "echo-header"          // claims to support every version and protocol id
	RefuseSilently    Bug = "refuse-silently"      // closes without a header
	RefuseOpenly      Bug = "refuse-openly"        // answers with a header and leaves the socket open
	RefuseWithFrames  Bug = "refuse-with-frames"   // answers with header, open, close, then closes the socket
	OpenInsideSASL    Bug = "open-inside-sasl"     // accepts AMQP frames inside the SASL layer
	HeaderInOneRead   Bug = "header-in-one-read"   // wants the header in one segment
	KeepAfterFIN      Bug = "keep-after-fin"       // keeps the socket open after the partner's FIN
	StuckOnHalfHeader Bug = "stuck-on-half-header" // serves nobody any more after an incomplete header

	// Framing.
	SkipBadSize      Bug = "skip-bad-size"      // skips a frame header with a size below eight
	CutOnError       Bug = "cut-on-error"       // closes the socket instead of sending close with an error
	WrongCondition   Bug = "wrong-condition"    // reports every error as amqp:internal-error
	CrashOnBadSize   Bug = "crash-on-bad-size"  // dies of a size below eight
	HangOnBadSize    Bug = "hang-on-bad-size"   // answers nobody any more after a size below eight
	LowDOFF          Bug = "low-doff"           // takes a data offset below two for two
	HighDOFF         Bug = "high-doff"          // takes a data offset behind the frame for an empty frame
	NoExtendedHeader Bug = "no-extended-header" // takes the extended header for the body
	AnyFrameType     Bug = "any-frame-type"     // takes every frame type for AMQP
	IgnoreSASL       Bug = "ignore-sasl"        // ignores SASL frames on an open connection
	SendSASLType     Bug = "send-sasl-type"     // sends begin as a SASL frame
	IgnoreBadBody    Bug = "ignore-bad-body"    // ignores bodies that are no performatives
	FrameInOneRead   Bug = "frame-in-one-read"  // wants each frame in one segment
	GarbageAfterOpen Bug = "garbage-after-open" // sends a frame of size 3 after open

	// Open and close.
	CloseWithoutOpen     Bug = "close-without-open"       // reports errors before open by close alone
	SecondOpen           Bug = "second-open"              // answers a second open with a second open
	OpenOnAnyChannel     Bug = "open-on-any-channel"      // accepts open on any channel
	BeginBeforeOpen      Bug = "begin-before-open"        // accepts begin before open
	SmallOpen            Bug = "small-open"               // refuses opens of more than 500 octets
	IgnoreSecondOpen     Bug = "ignore-second-open"       // ignores a second open
	NoPipelining         Bug = "no-pipelining"            // forgets what comes in one segment with the header
	FlowAfterClose       Bug = "flow-after-close"         // sends a flow after close
	NoCloseAnswer        Bug = "no-close-answer"          // answers close with FIN
	NoErrorCloseAnswer   Bug = "no-error-close-answer"    // answers close with an error with FIN
	CloseOnlyOnZero      Bug = "close-only-on-zero"       // takes close on another channel for an error
	CloseOnOne           Bug = "close-on-one"             // sends close on channel 1
	CloseWithoutError    Bug = "close-without-error"      // sends close without its error
	CloseNeedsEnd        Bug = "close-needs-end"          // takes close with open sessions for an error
	NoDiscarding         Bug = "no-discarding"            // goes on answering after close with an error
	DropOnHalfClose      Bug = "drop-on-half-close"       // does not answer close if FIN comes with it
	ChangingContainerID  Bug = "changing-container-id"    // shows another container-id on each connection
	IgnoreMaxFrameSize   Bug = "ignore-max-frame-size"    // sends frames of any size
	DropLongAttach       Bug = "drop-long-attach"         // answers nothing if the answer would be too large
	AcceptOversize       Bug = "accept-oversize"          // accepts frames of any size
	CrashOnSmallMaxFrame Bug = "crash-on-small-max-frame" // dies of a max-frame-size below 512
	RefuseLocales        Bug = "refuse-locales"           // refuses unknown locales

	// Idle time-out.
	NoHeartbeats      Bug = "no-heartbeats"        // never sends empty frames
	LateHeartbeats    Bug = "late-heartbeats"      // sends them after one and a half time-outs
	RefuseIdle        Bug = "refuse-idle"          // refuses time-outs below a second
	ZeroIdle          Bug = "zero-idle"            // takes an idle-time-out of 0 for one that has passed
	RefuseEmpty       Bug = "refuse-empty"         // takes empty frames for errors
	EmptyOnlyOnZero   Bug = "empty-only-on-zero"   // takes empty frames on other channels than 0 for errors
	EmptyBeforeOpen   Bug = "empty-before-open"    // sends an empty frame before open
	CrashOnEarlyEmpty Bug = "crash-on-early-empty" // dies of an empty frame before open
	IdleOverflow      Bug = "idle-overflow"        // takes large time-outs for negative ones

	// Sessions.
	WrongRemoteChannel Bug = "wrong-remote-channel" // answers every begin with remote-channel 0
	AnyChannel         Bug = "any-channel"          // accepts every channel number
)
