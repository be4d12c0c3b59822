package container

import (
	"slices"
	"time"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// Message is an AMQP message: a value, free to copy to other threads once
// cloned.
type Message = wire.Message

// Error is an AMQP error condition with its description (§2.8.14).
type Error = wire.Error

// Symbol is AMQP's symbol, and Map its map.
type (
	Symbol = wire.Symbol
	Map    = wire.Map
)

// ConnectionOptions configures one connection. The zero value of a field leaves
// it to the options below: those of Connect or OnAccept lie above the
// container's.
type ConnectionOptions struct {
	// Handler receives the connection's events, and those of its sessions and
	// links that have no handler of their own. It is fixed once the connection
	// is made (HAND-3). Nil leaves them to the container's.
	Handler Handler

	// ContainerID replaces the container's id in the Open frame.
	ContainerID string
	// VirtualHost is the hostname of the Open and SASL-init frames (§2.7.1).
	// Empty means, for Connect, the host of the address.
	VirtualHost string
	// User and Password are the SASL identity. They come before those in the
	// address. Accepted connections ignore them.
	User, Password string

	// MaxFrameSize is the largest frame that the peer may send, in octets; less
	// than 512 is 512 (§2.7.1). Zero means 32768.
	MaxFrameSize uint32
	// MaxSessions is how many sessions the peer may begin, up to 65536. Zero
	// means 1024.
	MaxSessions int
	// MaxLinks is how many links the peer may attach in a session. Zero means
	// 1024.
	MaxLinks int
	// MaxMessageSize is the largest message that receivers accept, in octets;
	// math.MaxUint64 is no limit. Zero means 64 MiB.
	MaxMessageSize uint64
	// IdleTimeout is how long the peer may send nothing before the connection is
	// given up (§2.4.5). Zero means for ever.
	IdleTimeout time.Duration

	// OpenTimeout is how long the opening may take: dial, SASL layer and the
	// peer's Open. Zero means 30 s, negative for ever.
	OpenTimeout time.Duration
	// CloseTimeout is how long the peer may take to answer a Close. Zero means
	// 10 s, negative for ever.
	CloseTimeout time.Duration

	// SASL says whether the connection has a SASL layer (§5.3). The zero value
	// means: a client has one, a server accepts either.
	SASL SASLUse
	// Mechanisms restricts a client to these SASL mechanisms, and names those
	// that a server offers. Nil means, for a client, PLAIN if there is a user,
	// else ANONYMOUS; for a server ANONYMOUS, and PLAIN if Authenticate is set.
	Mechanisms []Symbol
	// Authenticate judges a server's clients: it returns the user's name and the
	// outcome. It is called within the connection's serial domain and must not
	// keep response. Nil admits ANONYMOUS alone.
	Authenticate func(mechanism Symbol, response []byte) (user string, code wire.SASLCode)

	// OfferedCapabilities, DesiredCapabilities and Properties go into the Open
	// frame (§2.7.1).
	OfferedCapabilities, DesiredCapabilities []Symbol
	Properties                               Map

	_ struct{}
}

// SASLUse says whether a connection has a SASL layer.
type SASLUse uint8

const (
	// SASLDefault: a client begins with SASL; a server accepts clients with and
	// without.
	SASLDefault SASLUse = iota
	// SASLRequired: no connection without a SASL layer.
	SASLRequired
	// SASLDisabled: no connection with one.
	SASLDisabled
)

// over lays o over the options below it.
func (o ConnectionOptions) over(below ConnectionOptions) ConnectionOptions {
	if o.Handler == nil {
		o.Handler = below.Handler
	}
	fill(&o.ContainerID, below.ContainerID)
	fill(&o.VirtualHost, below.VirtualHost)
	if o.User == "" {
		o.User, o.Password = below.User, below.Password
	}
	fill(&o.MaxFrameSize, below.MaxFrameSize)
	fill(&o.MaxSessions, below.MaxSessions)
	fill(&o.MaxLinks, below.MaxLinks)
	fill(&o.MaxMessageSize, below.MaxMessageSize)
	fill(&o.IdleTimeout, below.IdleTimeout)
	fill(&o.OpenTimeout, below.OpenTimeout)
	fill(&o.CloseTimeout, below.CloseTimeout)
	fill(&o.SASL, below.SASL)
	fillSlice(&o.Mechanisms, below.Mechanisms)
	if o.Authenticate == nil {
		o.Authenticate = below.Authenticate
	}
	fillSlice(&o.OfferedCapabilities, below.OfferedCapabilities)
	fillSlice(&o.DesiredCapabilities, below.DesiredCapabilities)
	fillSlice(&o.Properties, below.Properties)
	return o
}

// fill sets an unset field from the options below.
func fill[T comparable](field *T, below T) {
	var unset T
	if *field == unset {
		*field = below
	}
}

func fillSlice[S ~[]E, E any](field *S, below S) {
	if *field == nil {
		*field = below
	}
}

// beyondOpen names an option that was set and that an Open frame does not carry,
// if there is one. The handler is left out: it is ignored.
func (o ConnectionOptions) beyondOpen() string {
	for _, option := range []struct {
		name string
		set  bool
	}{
		{"User", o.User != "" || o.Password != ""},
		{"MaxFrameSize", o.MaxFrameSize != 0},
		{"MaxSessions", o.MaxSessions != 0},
		{"MaxLinks", o.MaxLinks != 0},
		{"MaxMessageSize", o.MaxMessageSize != 0},
		{"IdleTimeout", o.IdleTimeout != 0},
		{"OpenTimeout", o.OpenTimeout != 0},
		{"CloseTimeout", o.CloseTimeout != 0},
		{"SASL", o.SASL != SASLDefault},
		{"Mechanisms", o.Mechanisms != nil},
		{"Authenticate", o.Authenticate != nil},
	} {
		if option.set {
			return option.name
		}
	}
	return ""
}

// config translates the options for the engine.
func (o ConnectionOptions) config(side engine.Side, containerID string) engine.Config {
	cfg := engine.Config{
		Side:                side,
		ContainerID:         containerID,
		Hostname:            o.VirtualHost,
		MaxFrameSize:        o.MaxFrameSize,
		MaxSessions:         o.MaxSessions,
		MaxLinks:            o.MaxLinks,
		MaxMessageSize:      o.MaxMessageSize,
		IdleTimeOut:         o.IdleTimeout,
		OpenTimeOut:         o.OpenTimeout,
		CloseTimeOut:        o.CloseTimeout,
		OfferedCapabilities: o.OfferedCapabilities,
		DesiredCapabilities: o.DesiredCapabilities,
		Properties:          o.Properties,
	}
	if o.ContainerID != "" {
		cfg.ContainerID = o.ContainerID
	}
	if o.SASL == SASLDisabled {
		return cfg
	}
	if side == engine.Client {
		cfg.ClientSASL = &engine.ClientSASL{User: o.User, Password: o.Password, Allowed: o.Mechanisms}
		cfg.ClientSASL.External = slices.Contains(o.Mechanisms, "EXTERNAL")
		return cfg
	}
	cfg.ServerSASL = &engine.ServerSASL{Optional: o.SASL != SASLRequired, Offered: o.Mechanisms, Authenticate: o.Authenticate}
	if o.Mechanisms == nil && o.Authenticate != nil {
		cfg.ServerSASL.Offered = []Symbol{"PLAIN", "ANONYMOUS"}
	}
	return cfg
}

// SessionOptions configures a session.
type SessionOptions struct {
	// Handler receives the events of the session, and those of its links that
	// have no handler of their own.
	Handler Handler

	_ struct{}
}

// DeliveryMode says how deliveries of a link are settled (§2.6.12).
type DeliveryMode uint8

const (
	// DefaultDelivery: a sender settles when the receiver does, like
	// AtLeastOnce, but leaves the mode of the attach at "mixed".
	DefaultDelivery DeliveryMode = iota
	// AtMostOnce: the sender settles before it sends; there are no outcomes.
	AtMostOnce
	// AtLeastOnce: the receiver reports an outcome.
	AtLeastOnce
)

// TerminusOptions configures one end of a link's route (§3.5.3, §3.5.4).
type TerminusOptions struct {
	// Address of the node. Empty means the address given when the link is
	// opened, or that of the peer's attach.
	Address string
	// Dynamic asks the peer to make a node and tell its address.
	Dynamic bool
	// Anonymous leaves the address out although one was given.
	Anonymous bool
	// Durability, ExpiryPolicy, Timeout (in seconds) and Capabilities are the
	// fields of §3.5.3 of these names; their zero values the specification's
	// defaults.
	Durability   wire.TerminusDurability
	ExpiryPolicy wire.TerminusExpiryPolicy
	Timeout      uint32
	Capabilities []Symbol
	// DynamicProperties are the node properties asked for with Dynamic.
	DynamicProperties Map
	// DistributionMode ("move" or "copy") and Filter concern sources alone.
	DistributionMode Symbol
	Filter           Map

	_ struct{}
}

// SenderOptions configures a sender.
type SenderOptions struct {
	// Handler receives the events of the link.
	Handler Handler
	// Name of the link. Empty means a name made of the container-id and a count.
	Name string
	// DeliveryMode defaults to DefaultDelivery.
	DeliveryMode DeliveryMode
	// ManualSettle leaves settling a delivery, once the receiver has reported an
	// outcome, to Tracker.Settle.
	ManualSettle bool
	// Source and Target are the link's termini; Target is where messages go.
	Source, Target TerminusOptions
	// Properties go into the Attach frame.
	Properties Map

	_ struct{}
}

// over lays o over the options below it.
func (o SenderOptions) over(below SenderOptions) SenderOptions {
	if o.Handler == nil {
		o.Handler = below.Handler
	}
	fill(&o.DeliveryMode, below.DeliveryMode)
	fill(&o.ManualSettle, below.ManualSettle)
	fillSlice(&o.Properties, below.Properties)
	return o
}

// DefaultCreditWindow is the credit that a receiver keeps its sender at (ENG-4).
const DefaultCreditWindow = 10

// ReceiverOptions configures a receiver.
type ReceiverOptions struct {
	// Handler receives the events of the link.
	Handler Handler
	// Name of the link. Empty means a name made of the container-id and a count.
	Name string
	// DeliveryMode defaults to AtLeastOnce.
	DeliveryMode DeliveryMode
	// ManualAccept leaves the outcome of each delivery to the handler.
	ManualAccept bool
	// CreditWindow is the credit that the container keeps the sender at, topping
	// it up after each message. Zero means DefaultCreditWindow; negative means
	// none: the handler calls Receiver.AddCredit.
	CreditWindow int
	// Source and Target are the link's termini; Source is where messages come
	// from.
	Source, Target TerminusOptions
	// Properties go into the Attach frame.
	Properties Map

	_ struct{}
}

// over lays o over the options below it.
func (o ReceiverOptions) over(below ReceiverOptions) ReceiverOptions {
	if o.Handler == nil {
		o.Handler = below.Handler
	}
	fill(&o.DeliveryMode, below.DeliveryMode)
	fill(&o.ManualAccept, below.ManualAccept)
	fill(&o.CreditWindow, below.CreditWindow)
	fillSlice(&o.Properties, below.Properties)
	return o
}
