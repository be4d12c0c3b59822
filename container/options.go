package container

import (
	"crypto/tls"
	"time"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/sasl"
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
	// Token is a bearer token, for XOAUTH2, in place of a password or beside it.
	// A long one needs MaxSASLFrameSize. Accepted connections ignore it.
	Token string

	// TLS configures the TLS layer (§5.2). It is not changed, and must not be as
	// long as it is in use. Nil means none, but for amqps addresses: there it
	// stands for the zero Config, with which a client trusts the system's roots
	// and a server has no certificate and fails. The fields that matter most:
	//
	// Of a client: ServerName, the name that the server's certificate must have
	// and that SNI sends; empty means VirtualHost, and so the host of the
	// address. RootCAs, whom to trust. Certificates, what to show to a server
	// that asks, which also makes the client use SASL EXTERNAL if there is
	// neither User nor Token. InsecureSkipVerify alone gives up the checks.
	//
	// Of a server: Certificates, GetCertificate or GetConfigForClient, which is
	// asked with SNI's name. ClientAuth and ClientCAs, for mutual TLS; a verified
	// certificate lets the client use SASL EXTERNAL.
	//
	// The handshake counts in OpenTimeout. It is made by an I/O thread of the
	// connection, so that the Config's own callbacks may block, but must not use
	// objects of a connection; a panic there ends the program. A simulation has no
	// TLS layer: there the connection fails with a *TLSError.
	TLS *tls.Config
	// TLSUse says how the TLS layer begins, and whether there must be one. The
	// zero value is TLSDefault.
	TLSUse TLSUse

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

	// SASL says whether the connection has a SASL layer (§5.3). The zero value is
	// SASLDefault.
	SASL SASLUse
	// Mechanisms restricts the SASL mechanisms to these, on either side. Nil means
	// no restriction. A client takes the first that the server offers of:
	// EXTERNAL, if TLS holds a certificate and there is neither User nor Token, or
	// if it is named here; with a User SCRAM-SHA-512 and SCRAM-SHA-256; with a
	// Token XOAUTH2; with a User PLAIN; ANONYMOUS, if it has none of these, or if
	// it is named here.
	Mechanisms []Symbol
	// AllowInsecure permits PLAIN and XOAUTH2, which show password or token to
	// whoever reads the octets, without TLS. False means that a client fails
	// rather than use them, and that a server does not offer them.
	AllowInsecure bool
	// Authenticator judges a server's clients. Nil offers ANONYMOUS, and EXTERNAL
	// to clients whose TLS certificate was verified, and admits everybody. The
	// user is then Connection.User. Clients ignore it.
	Authenticator sasl.Authenticator
	// MaxSASLFrameSize is the largest SASL frame sent or accepted, in octets, and
	// so the bound of challenges and responses. Zero means the 512 of §5.3.1; a
	// larger value is for long tokens.
	MaxSASLFrameSize uint32

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
	// without, unless it has an Authenticator: then as SASLRequired.
	SASLDefault SASLUse = iota
	// SASLRequired: no connection without a SASL layer.
	SASLRequired
	// SASLDisabled: no connection with one.
	SASLDisabled
	// SASLOptional: a client begins with SASL; a server accepts clients with and
	// without, even if it has an Authenticator.
	SASLOptional
)

// over lays o over the options below it.
func (o ConnectionOptions) over(below ConnectionOptions) ConnectionOptions {
	if o.Handler == nil {
		o.Handler = below.Handler
	}
	fill(&o.ContainerID, below.ContainerID)
	fill(&o.VirtualHost, below.VirtualHost)
	if o.User == "" && o.Token == "" {
		o.User, o.Password, o.Token = below.User, below.Password, below.Token
	}
	fill(&o.TLS, below.TLS)
	fill(&o.TLSUse, below.TLSUse)
	fill(&o.MaxFrameSize, below.MaxFrameSize)
	fill(&o.MaxSessions, below.MaxSessions)
	fill(&o.MaxLinks, below.MaxLinks)
	fill(&o.MaxMessageSize, below.MaxMessageSize)
	fill(&o.IdleTimeout, below.IdleTimeout)
	fill(&o.OpenTimeout, below.OpenTimeout)
	fill(&o.CloseTimeout, below.CloseTimeout)
	fill(&o.SASL, below.SASL)
	fillSlice(&o.Mechanisms, below.Mechanisms)
	fill(&o.AllowInsecure, below.AllowInsecure)
	if o.Authenticator == nil {
		o.Authenticator = below.Authenticator
	}
	fill(&o.MaxSASLFrameSize, below.MaxSASLFrameSize)
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
		{"Token", o.Token != ""},
		{"TLS", o.TLS != nil},
		{"TLSUse", o.TLSUse != TLSDefault},
		{"MaxFrameSize", o.MaxFrameSize != 0},
		{"MaxSessions", o.MaxSessions != 0},
		{"MaxLinks", o.MaxLinks != 0},
		{"MaxMessageSize", o.MaxMessageSize != 0},
		{"IdleTimeout", o.IdleTimeout != 0},
		{"OpenTimeout", o.OpenTimeout != 0},
		{"CloseTimeout", o.CloseTimeout != 0},
		{"SASL", o.SASL != SASLDefault},
		{"Mechanisms", o.Mechanisms != nil},
		{"AllowInsecure", o.AllowInsecure},
		{"Authenticator", o.Authenticator != nil},
		{"MaxSASLFrameSize", o.MaxSASLFrameSize != 0},
	} {
		if option.set {
			return option.name
		}
	}
	return ""
}

// config translates the options for the engine. The SASL layer's mechanisms are
// for Connection.secured.
func (o ConnectionOptions) config(side engine.Side, containerID string) engine.Config {
	cfg := engine.Config{
		Side:                side,
		ContainerID:         containerID,
		Hostname:            o.VirtualHost,
		MaxFrameSize:        o.MaxFrameSize,
		MaxSessions:         o.MaxSessions,
		MaxLinks:            o.MaxLinks,
		MaxMessageSize:      o.MaxMessageSize,
		MaxSASLFrameSize:    o.MaxSASLFrameSize,
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
		cfg.ClientSASL = &engine.ClientSASL{Allowed: o.Mechanisms}
		return cfg
	}
	optional := o.SASL == SASLOptional || o.SASL == SASLDefault && o.Authenticator == nil
	cfg.ServerSASL = &engine.ServerSASL{Optional: optional}
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
