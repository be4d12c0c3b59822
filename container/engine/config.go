package engine

import (
	"math"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// Side is the part an engine plays in the opening of a connection. (AMQP's "role" is that of a link end: sender or
// receiver.)
type Side uint8

const (
	// Client is the side that connected the transport. It sends its protocol header at once (§2.2).
	Client Side = iota
	// Server is the side that accepted the transport. It answers the client's protocol header.
	Server
)

// String returns "client" or "server".
func (s Side) String() string {
	if s == Server {
		return "server"
	}
	return "client"
}

// Config configures a [Connection]. The zero value of each field selects its default. A Config may be reused; the
// engine copies it and only reads what its slices, maps and pointers refer to.
type Config struct {
	// Side is Client (default) or Server.
	Side Side
	// ContainerID names the container in the open (§2.7.1); it must be the same on all connections of the container.
	// Default: empty, which is legal but identifies nothing.
	ContainerID string
	// Hostname is the virtual host that the connection is meant for, sent in the open and in the sasl-init
	// (§2.7.1, §5.3.3.2). Default: not sent.
	Hostname string
	// MaxFrameSize is the largest frame that the peer may send, in octets, sent in the open (§2.7.1). Default:
	// 32768. Less than 512 means 512.
	MaxFrameSize uint32
	// MaxSessions is how many sessions the peer may begin, 1 to 65536; the open's channel-max is one less (§2.7.1).
	// Default: 1024.
	MaxSessions int
	// MaxLinks is how many links the peer may attach in one session; the begin's handle-max is one less (§2.7.2).
	// Default: 1024.
	MaxLinks int
	// IdleTimeOut is how long the peer may send no frame before the connection is closed with
	// amqp:resource-limit-exceeded. The open carries half of it (§2.4.5). Default: no limit. Less than 2 ms means 2 ms.
	IdleTimeOut time.Duration
	// OpenTimeOut is how long the opening may take: from the first time the engine learns of to the peer's open, the
	// SASL layer included. Default: 30 s. Negative: no limit.
	OpenTimeOut time.Duration
	// CloseTimeOut is how long to wait for the peer's close after the local one (§2.4.3), and for the peer's end of the
	// transport after a refused protocol header. Default: 10 s. Negative: no limit.
	CloseTimeOut time.Duration

	// OutgoingLocales and IncomingLocales are sent in the open (§2.7.1). Default: not sent, which means en-US.
	OutgoingLocales, IncomingLocales []wire.Symbol
	// OfferedCapabilities, DesiredCapabilities and Properties are sent in the open (§2.7.1). Default: not sent.
	OfferedCapabilities, DesiredCapabilities []wire.Symbol
	Properties                               wire.Map

	// ClientSASL makes a client begin with a SASL layer (§5.3). Default: nil, the client sends the AMQP header.
	ClientSASL *ClientSASL
	// ServerSASL makes a server accept a SASL layer (§5.3). Default: nil, the server refuses SASL headers.
	ServerSASL *ServerSASL
	// MaxSASLFrameSize is the largest SASL frame sent or accepted, in octets. Default: 512, which §5.3.1 fixes; a
	// larger value is for peers that carry long tokens in SASL frames. Less than 512 means 512.
	MaxSASLFrameSize uint32

	// IncomingWindow is the largest incoming-window advertised for a session, in transfer frames (§2.5.6).
	// Default: 2048.
	IncomingWindow uint32
	// IncomingBytes bounds the payload of complete deliveries that the caller has neither consumed nor settled, per
	// session, in octets: when what is kept approaches it, the incoming-window shrinks to nothing. Incomplete
	// deliveries do not count; credit and MaxMessageSize bound them. Default: IncomingWindow times MaxFrameSize.
	IncomingBytes int64
	// MaxUnsettled bounds the incoming deliveries of a session that are not settled locally: when they approach it,
	// the incoming-window shrinks to nothing. Default: 65536.
	MaxUnsettled int
	// MaxMessageSize is the largest message that a receiver accepts unless its AttachOptions say otherwise, in octets;
	// sent in the attach (§2.7.3). A larger message closes its link with amqp:link:message-size-exceeded.
	// Default: 67108864 (64 MiB). math.MaxUint64: no limit.
	MaxMessageSize uint64

	// OutputHighWater is how many octets of output may be pending before the engine stops framing deliveries,
	// dispositions and flows into it; it goes on when Wrote makes room. One frame may exceed it. Default: 131072.
	OutputHighWater int
	// OutputLimit is how many octets of output may be pending at all. Answers that the peer provokes but does not
	// read pile up no higher: then the connection fails with amqp:resource-limit-exceeded. Default: 16777216 (16 MiB).
	OutputLimit int

	_ struct{}
}

// Defaults and bounds of Config.
const (
	minMaxFrameSize        = 512 // MIN-MAX-FRAME-SIZE, §2.8.19
	defaultMaxFrameSize    = 32 << 10
	defaultMaxSessions     = 1024
	defaultMaxLinks        = 1024
	defaultOpenTimeOut     = 30 * time.Second
	defaultCloseTimeOut    = 10 * time.Second
	defaultIncomingWindow  = 2048
	defaultMaxUnsettled    = 64 << 10
	defaultMaxMessageSize  = 64 << 20
	defaultOutputHighWater = 128 << 10
	defaultOutputLimit     = 16 << 20
	minIdleTimeOut         = 2 * time.Millisecond
)

// withDefaults returns the Config with every default and bound applied, so that the engine reads plain fields.
func (c Config) withDefaults() Config {
	c.MaxFrameSize = max(orDefault(c.MaxFrameSize, defaultMaxFrameSize), minMaxFrameSize)
	c.MaxSASLFrameSize = max(c.MaxSASLFrameSize, minMaxFrameSize)
	c.MaxSessions = min(orDefault(max(c.MaxSessions, 0), defaultMaxSessions), 1<<16)
	c.MaxLinks = min(orDefault(max(c.MaxLinks, 0), defaultMaxLinks), math.MaxInt32)
	c.OpenTimeOut = max(orDefault(c.OpenTimeOut, defaultOpenTimeOut), 0)
	c.CloseTimeOut = max(orDefault(c.CloseTimeOut, defaultCloseTimeOut), 0)
	c.IncomingWindow = min(orDefault(c.IncomingWindow, defaultIncomingWindow), math.MaxInt32)
	c.MaxUnsettled = min(orDefault(max(c.MaxUnsettled, 0), defaultMaxUnsettled), math.MaxInt32)
	c.MaxMessageSize = orDefault(c.MaxMessageSize, defaultMaxMessageSize)
	c.OutputHighWater = orDefault(max(c.OutputHighWater, 0), defaultOutputHighWater)
	c.OutputLimit = max(orDefault(max(c.OutputLimit, 0), defaultOutputLimit), 2*c.OutputHighWater)
	if c.IncomingBytes <= 0 {
		c.IncomingBytes = int64(c.IncomingWindow) * int64(c.MaxFrameSize)
	}
	c.IncomingBytes = max(c.IncomingBytes, int64(c.MaxFrameSize))
	if c.IdleTimeOut > 0 {
		c.IdleTimeOut = min(max(c.IdleTimeOut, minIdleTimeOut), 2*math.MaxUint32*time.Millisecond)
	} else {
		c.IdleTimeOut = 0
	}
	return c
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
