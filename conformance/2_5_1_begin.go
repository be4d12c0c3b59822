package conformance

import (
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause2_5_1 = clause("2.5.1", "Beginning a session",
	rule("2.5.1-begin-1", Must,
		"The begin that answers another names that one's channel as its remote-channel.",
		Case{
			Role: Server, Title: "begins on the lowest and on the highest channel are answered with their numbers",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				channels := []uint16{0, r.Profile().ChannelMax}
				if channels[1] == 0 {
					channels = channels[:1]
				}
				for _, channel := range channels {
					if _, err := p.Begin(channel, nil); err != nil {
						return failed("begin on channel %d: %v", channel, err)
					}
				}
				return pass()
			},
		}),
	rule("2.5.1-begin-5", Must,
		"A frame on a channel beyond the own channel-max is answered with close and a framing error.",
		Case{
			Role: Server, Title: "a begin on channel-max + 1 is a framing error", Need: []Need{NeedChannelMax},
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendPerformative(r.Profile().ChannelMax+1, "begin", peer.BeginFields(nil))
				return refusedBeforeFence(p, reaction{conditions: []wire.Symbol{framingError}})
			},
		}),
)
