package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

// Profile is what the target says of itself, found before the cases run.
type Profile struct {
	// Raw tells that the target opens connections without a SASL layer.
	Raw bool `json:"raw"`
	// SASL tells that the cases pass a SASL layer.
	SASL bool `json:"sasl"`
	// Mechanisms are the SASL mechanisms on offer; empty if there is no SASL layer or it was not asked.
	Mechanisms []string `json:"mechanisms,omitempty"`
	// ContainerID, MaxFrameSize, ChannelMax and IdleTimeOutMillis are those of the target's open (§2.7.1).
	ContainerID       string `json:"container_id"`
	MaxFrameSize      uint32 `json:"max_frame_size"`
	ChannelMax        uint16 `json:"channel_max"`
	IdleTimeOutMillis int64  `json:"idle_time_out_ms"`

	_ struct{}
}

// String returns the profile on one line.
func (p Profile) String() string {
	layer := "no SASL layer"
	if p.SASL {
		layer = "SASL layer"
	}
	return fmt.Sprintf("container-id %q, %s, max-frame-size %d, channel-max %d, idle-time-out %d ms",
		p.ContainerID, layer, p.MaxFrameSize, p.ChannelMax, p.IdleTimeOutMillis)
}

// Discover opens a few connections to the target and returns its profile. The error is an *UnreachableError if none
// of them can be opened.
func Discover(ctx context.Context, target Target, timeout time.Duration) (Profile, error) {
	var p Profile
	var rawErr error
	if target.Credentials.Mechanism == "" {
		target.Credentials = Anonymous()
	}
	if target.Security != SecuritySASL {
		if rawErr = p.probe(ctx, &target, timeout, false); rawErr == nil {
			p.Raw = true
		}
	}
	if p.Raw || target.Security == SecurityNone {
		p.mechanisms(ctx, &target, timeout)
		return p, unreachable(&target, rawErr)
	}
	p.SASL = true
	err := p.probe(ctx, &target, timeout, true)
	if err != nil && rawErr != nil {
		err = fmt.Errorf("%w; without SASL: %w", err, rawErr)
	}
	p.mechanisms(ctx, &target, timeout)
	return p, unreachable(&target, err)
}

func unreachable(target *Target, err error) error {
	if err == nil {
		return nil
	}
	return &UnreachableError{Name: target.Name, Err: err}
}

// probe opens a connection and keeps what the target's open says.
func (p *Profile) probe(ctx context.Context, target *Target, timeout time.Duration, sasl bool) error {
	nc, err := dial(ctx, target, timeout)
	if err != nil {
		return err
	}
	c := peer.New(nc, peer.Options{Timeout: timeout})
	defer c.Finish()
	if err := target.open(c, sasl, nil); err != nil {
		return fmt.Errorf("%w: %w", errNoOpen, err)
	}
	r := c.Remote()
	p.ContainerID, p.MaxFrameSize, p.ChannelMax = r.ContainerID, r.MaxFrameSize, r.ChannelMax
	p.IdleTimeOutMillis = r.IdleTimeOut.Milliseconds()
	return nil
}

// mechanisms asks for the SASL mechanisms; a target without SASL has none.
func (p *Profile) mechanisms(ctx context.Context, target *Target, timeout time.Duration) {
	nc, err := dial(ctx, target, timeout)
	if err != nil {
		return
	}
	c := peer.New(nc, peer.Options{Timeout: timeout})
	defer c.Abort()
	offered, err := c.Mechanisms()
	if err != nil {
		return
	}
	for _, m := range offered {
		p.Mechanisms = append(p.Mechanisms, string(m))
	}
}

// first is the protocol header that the target accepts first on a connection.
func (p Profile) first() wire.ProtocolHeader {
	if p.SASL {
		return wire.HeaderSASL
	}
	return wire.HeaderAMQP
}

// Need names a property of the target without which a case makes no sense.
type Need string

// The needs.
const (
	// NeedRaw: connections without a SASL layer.
	NeedRaw Need = "connections without SASL"
	// NeedChannelMax: a channel-max that leaves channel numbers unusable.
	NeedChannelMax Need = "a channel-max below 65535"
	// NeedFrameMax: a max-frame-size small enough to exceed.
	NeedFrameMax Need = "a max-frame-size of at most 4 MiB"
	// NeedBigFrames: a max-frame-size well above the least.
	NeedBigFrames Need = "a max-frame-size of at least 4096"
	// NeedTwoChannels: a channel besides 0.
	NeedTwoChannels Need = "a channel-max of at least 1"
	// NeedSASL: a SASL layer.
	NeedSASL Need = "a SASL layer"
)

// frameMax is the largest max-frame-size that a case exceeds by sending the whole frame.
const frameMax = 4 << 20

// has reports whether the profile meets the need.
func (p Profile) has(n Need) bool {
	switch n {
	case NeedRaw:
		return p.Raw
	case NeedChannelMax:
		return p.ChannelMax < 65535
	case NeedFrameMax:
		return p.MaxFrameSize <= frameMax
	case NeedBigFrames:
		return p.MaxFrameSize >= 4096
	case NeedTwoChannels:
		return p.ChannelMax >= 1
	case NeedSASL:
		return len(p.Mechanisms) > 0
	}
	panic("conformance: unknown need " + string(n))
}
