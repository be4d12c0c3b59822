package wire

import "testing"

func TestGoldenTransport(t *testing.T) { testGoldenComposites(t, goldenTransport) }
func TestGoldenLinks(t *testing.T)     { testGoldenComposites(t, goldenLinks) }

var goldenTransport = []goldenComposite{
	{"open, least", build(func(o *Open) { o.ContainerID = "c" }), `
		00 53 10    // open
		c0 04 01    // list8, 1 field
		a1 01 63    // container-id "c"
	`, []string{
		"00 80 00 00 00 00 00 00 00 10 c0 04 01 a1 01 63",                               // descriptor as ulong
		"00 a3 0e 61 6d 71 70 3a 6f 70 65 6e 3a 6c 69 73 74 c0 04 01 a1 01 63",          // amqp:open:list
		"00 b3 00 00 00 0e 61 6d 71 70 3a 6f 70 65 6e 3a 6c 69 73 74 c0 04 01 a1 01 63", // as sym32
		"00 53 10 d0 00 00 00 07 00 00 00 01 a1 01 63",                                  // list32
		"00 53 10 c0 0d 0a a1 01 63 40 40 40 40 40 40 40 40 40",                         // all nulls
		"00 53 10 c0 0d 04 a1 01 63 40 70 ff ff ff ff 60 ff ff",                         // explicit defaults
	}},
	{"open, full", &Open{
		ContainerID: "c", Hostname: Some("h"), MaxFrameSize: 512, ChannelMax: 1, IdleTimeOut: Some[uint32](60000),
		OutgoingLocales: []Symbol{"en-US"}, IncomingLocales: []Symbol{"de", "fr"},
		OfferedCapabilities: []Symbol{"o"}, DesiredCapabilities: []Symbol{"d"},
		Properties: Map{{Symbol("product"), "p"}},
	}, `
		00 53 10                                // open
		c0 43 0a                                // list8, 67 octets, 10 fields
		a1 01 63                                // container-id "c"
		a1 01 68                                // hostname "h"
		70 00 00 02 00                          // max-frame-size 512
		60 00 01                                // channel-max 1
		70 00 00 ea 60                          // idle-time-out 60000
		e0 08 01 a3 05 65 6e 2d 55 53           // outgoing-locales [en-US]
		e0 08 02 a3 02 64 65 02 66 72           // incoming-locales [de fr]
		e0 04 01 a3 01 6f                       // offered-capabilities [o]
		e0 04 01 a3 01 64                       // desired-capabilities [d]
		c1 0d 02 a3 07 70 72 6f 64 75 63 74 a1 01 70   // properties {product: "p"}
	`, []string{`
		00 53 10 c0 3d 0a a1 01 63 a1 01 68 70 00 00 02 00 60 00 01 70 00 00 ea 60
		a3 05 65 6e 2d 55 53                    // outgoing-locales: one bare symbol
		e0 08 02 a3 02 64 65 02 66 72
		a3 01 6f                                // offered-capabilities: one bare symbol
		b3 00 00 00 01 64                       // desired-capabilities: one bare sym32
		c1 0d 02 a3 07 70 72 6f 64 75 63 74 a1 01 70
	`}},
	{"begin, least", build(func(b *Begin) { b.IncomingWindow = 1; b.OutgoingWindow = 256 }), `
		00 53 11         // begin
		c0 0a 04         // list8, 4 fields
		40               // remote-channel
		43               // next-outgoing-id 0
		52 01            // incoming-window 1
		70 00 00 01 00   // outgoing-window 256
	`, nil},
	{"begin, full", &Begin{
		RemoteChannel: Some[uint16](7), NextOutgoingID: 1, IncomingWindow: 2, OutgoingWindow: 3, HandleMax: 4,
		OfferedCapabilities: []Symbol{"o"}, DesiredCapabilities: []Symbol{"d"}, Properties: Map{},
	}, `
		00 53 11
		c0 1b 08
		60 00 07            // remote-channel 7
		52 01 52 02 52 03   // next-outgoing-id, incoming-window, outgoing-window
		52 04               // handle-max 4
		e0 04 01 a3 01 6f   // offered-capabilities
		e0 04 01 a3 01 64   // desired-capabilities
		c1 01 00            // properties {}
	`, nil},
	{"end", &End{}, "00 53 17 45", []string{"00 53 17 c0 01 00", "00 53 17 d0 00 00 00 04 00 00 00 00", "00 53 17 c0 02 01 40"}},
	{"end, error", &End{Error: &Error{Condition: ConditionSessionWindowViolation}}, `
		00 53 17
		c0 26 01
		00 53 1d            // error
		c0 20 01
		a3 1d 616d71703a 73657373696f6e3a 77696e646f772d76696f6c6174696f6e  // amqp:session:window-violation
	`, nil},
	{"close", &Close{}, "00 53 18 45", nil},
	{"close, error", &Close{Error: &Error{
		Condition: ConditionConnectionForced, Description: "bye", Info: Map{{Symbol("k"), uint32(0)}},
	}}, `
		00 53 18
		c0 2b 01
		00 53 1d            // error
		c0 25 03
		a3 16 616d71703a 636f6e6e656374696f6e3a 666f72636564  // amqp:connection:forced
		a1 03 62 79 65      // description "bye"
		c1 05 02 a3 01 6b 43   // info {k: 0}
	`, nil},
	{"error", &Error{Condition: "x", Info: Map{}}, "00 53 1d c0 08 03 a3 01 78 40 c1 01 00", nil},
	{"error, description", &Error{Condition: "x", Description: "y"}, "00 53 1d c0 07 02 a3 01 78 a1 01 79",
		[]string{"00 53 1d c0 08 03 a3 01 78 a1 01 79 40"}},
}

var goldenLinks = []goldenComposite{
	{"attach, least", build(func(a *Attach) { a.Name = "l"; a.Role = RoleReceiver }), `
		00 53 12
		c0 06 03
		a1 01 6c   // name "l"
		43         // handle 0
		41         // role receiver
	`, []string{"00 53 12 c0 0b 05 a1 01 6c 43 56 01 50 02 50 00"}}, // explicit default modes
	{"attach, sender", &Attach{
		Name: "l", Handle: 1, Role: RoleSender, SndSettleMode: SenderSettleModeSettled,
		RcvSettleMode: ReceiverSettleModeSecond,
		Source:        build(func(*Source) {}), Target: build(func(t *Target) { t.Address = Some("q") }),
		Unsettled:           Map{{[]byte{1}, Described{uint64(0x24), List{}}}},
		IncompleteUnsettled: true, InitialDeliveryCount: Some[uint32](0), MaxMessageSize: Some[uint64](1024),
		OfferedCapabilities: []Symbol{"o"}, DesiredCapabilities: []Symbol{"d"}, Properties: Map{},
	}, `
		00 53 12
		c0 3c 0e
		a1 01 6c                    // name "l"
		52 01                       // handle 1
		42                          // role sender
		50 01                       // snd-settle-mode settled
		50 01                       // rcv-settle-mode second
		00 53 28 45                 // source
		00 53 29 c0 04 01 a1 01 71  // target "q"
		c1 08 02 a0 01 01 00 53 24 45  // unsettled {01: accepted}
		41                          // incomplete-unsettled
		43                          // initial-delivery-count 0
		80 00 00 00 00 00 00 04 00  // max-message-size 1024
		e0 04 01 a3 01 6f           // offered-capabilities
		e0 04 01 a3 01 64           // desired-capabilities
		c1 01 00                    // properties
	`, nil},
	{"attach, coordinator", build(func(a *Attach) {
		a.Name = "l"
		a.Coordinator = &Coordinator{Capabilities: []Symbol{TxnCapabilityLocalTransactions}}
	}), `
		00 53 12
		c0 2b 07
		a1 01 6c 43 42
		40 40 40            // modes, source
		00 53 30            // target: coordinator
		c0 1d 01 e0 1a 01 a3 17 616d71703a 6c6f63616c2d7472616e73616374696f6e73  // amqp:local-transactions
	`, nil},
	{"flow, session", &Flow{NextIncomingID: Some[uint32](1), IncomingWindow: 2, NextOutgoingID: 3, OutgoingWindow: 4},
		"00 53 13 c0 09 04 52 01 52 02 52 03 52 04", nil},
	{"flow, link", &Flow{
		IncomingWindow: 2048, NextOutgoingID: 0, OutgoingWindow: 0xffffffff, Handle: Some[uint32](0),
		DeliveryCount: Some[uint32](0xfffffffe), LinkCredit: Some[uint32](10), Available: Some[uint32](0),
		Drain: true, Echo: true, Properties: Map{},
	}, `
		00 53 13
		c0 1b 0b
		40                  // next-incoming-id
		70 00 00 08 00      // incoming-window 2048
		43                  // next-outgoing-id 0
		70 ff ff ff ff      // outgoing-window
		43                  // handle 0: present
		70 ff ff ff fe      // delivery-count
		52 0a               // link-credit 10
		43                  // available 0
		41                  // drain
		41                  // echo
		c1 01 00            // properties {}
	`, nil},
	{"transfer, least", &Transfer{Handle: 3}, "00 53 14 c0 03 01 52 03",
		[]string{"00 53 14 c0 0e 0b 52 03 40 40 40 40 42 40 40 56 00 42 42"}},
	{"transfer, first", &Transfer{
		DeliveryID: Some[uint32](0), DeliveryTag: []byte{}, MessageFormat: Some(MessageFormat), Settled: Some(false), More: true,
	}, `
		00 53 14
		c0 08 06
		43         // handle 0
		43         // delivery-id 0
		a0 00      // delivery-tag of no octets, not null
		43         // message-format 0
		42         // settled false, not null
		41         // more
	`, nil},
	{"transfer, full", &Transfer{
		Handle: 300, DeliveryID: Some[uint32](256), DeliveryTag: []byte{1, 2}, MessageFormat: Some[uint32](1),
		Settled: Some(true), RcvSettleMode: Some(ReceiverSettleModeFirst), State: &Accepted{},
		Resume: true, Aborted: true, Batchable: true,
	}, `
		00 53 14
		c0 1c 0b
		70 00 00 01 2c   // handle 300
		70 00 00 01 00   // delivery-id 256
		a0 02 01 02      // delivery-tag
		52 01            // message-format 1
		41               // settled
		42               // more false
		50 00            // rcv-settle-mode first, not null
		00 53 24 45      // state accepted
		41 41 41         // resume, aborted, batchable
	`, nil},
	{"disposition", &Disposition{Role: RoleReceiver, First: 1, Last: Some[uint32](2), Settled: true, State: &Released{}, Batchable: true}, `
		00 53 15
		c0 0c 06
		41            // role receiver
		52 01 52 02   // first, last
		41            // settled
		00 53 26 45   // state released
		41            // batchable
	`, nil},
	{"disposition, least", &Disposition{Role: RoleSender, First: 0}, "00 53 15 c0 03 02 42 43",
		[]string{"00 53 15 c0 07 06 42 43 40 40 40 40", "00 53 15 d0 00 00 00 06 00 00 00 02 42 43"}},
	{"detach", &Detach{Handle: 255}, "00 53 16 c0 03 01 52 ff", nil},
	{"detach, closed", &Detach{Handle: 0, Closed: true, Error: &Error{Condition: "x"}}, `
		00 53 16
		c0 0c 03
		43                          // handle 0
		41                          // closed
		00 53 1d c0 04 01 a3 01 78  // error
	`, nil},
}
