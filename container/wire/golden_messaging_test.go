package wire

import "testing"

func TestGoldenStates(t *testing.T)       { testGoldenComposites(t, goldenStates) }
func TestGoldenTermini(t *testing.T)      { testGoldenComposites(t, goldenTermini) }
func TestGoldenTransactions(t *testing.T) { testGoldenComposites(t, goldenTransactions) }
func TestGoldenSections(t *testing.T)     { testGoldenComposites(t, goldenSections) }

var goldenStates = []goldenComposite{
	{"received", &Received{SectionNumber: 1, SectionOffset: 1 << 32}, `
		00 53 23
		c0 0c 02
		52 01                       // section-number
		80 00 00 00 01 00 00 00 00  // section-offset
	`, []string{"00 53 23 c0 0f 02 70 00 00 00 01 80 00 00 00 01 00 00 00 00"}},
	{"accepted", &Accepted{}, "00 53 24 45", []string{
		"00 53 24 c0 01 00", "00 53 24 d0 00 00 00 04 00 00 00 00", "00 80 00 00 00 00 00 00 00 24 45",
		"00 a3 12 616d71703a 61636365707465643a 6c697374 45", // amqp:accepted:list
	}},
	{"rejected", &Rejected{}, "00 53 25 45", []string{"00 53 25 c0 02 01 40"}},
	{"rejected, error", &Rejected{Error: &Error{Condition: "x"}}, "00 53 25 c0 0a 01 00 53 1d c0 04 01 a3 01 78", nil},
	{"released", &Released{}, "00 53 26 45", nil},
	{"modified", &Modified{}, "00 53 27 45", []string{"00 53 27 c0 04 03 40 40 40"}},
	{"modified, full", &Modified{
		DeliveryFailed: Some(true), UndeliverableHere: Some(false), MessageAnnotations: Map{{Symbol("x-opt-a"), int64(-1)}},
	}, `
		00 53 27
		c0 11 03
		41                                          // delivery-failed
		42                                          // undeliverable-here false, not null
		c1 0c 02 a3 07 78 2d 6f 70 74 2d 61 55 ff   // message-annotations
	`, nil},
}

var goldenTermini = []goldenComposite{
	{"source, least", build(func(*Source) {}), "00 53 28 45", []string{
		"00 53 28 c0 05 04 40 43 40 43",
		"00 53 28 c0 10 03 40 43 a3 0b 73657373696f6e2d656e64", // session-end is the default
	}},
	{"source, full", &Source{
		Address: Some("q"), Durable: TerminusDurabilityUnsettledState, ExpiryPolicy: TerminusExpiryPolicyNever,
		Timeout: 1, Dynamic: true,
		DynamicNodeProperties: Map{{Symbol("lifetime-policy"), Described{uint64(0x2b), List{}}}},
		DistributionMode:      Some(StdDistModeCopy),
		Filter:                Map{{Symbol("f"), Described{Symbol("s"), "e"}}},
		DefaultOutcome:        &Modified{DeliveryFailed: Some(true)},
		Outcomes:              []Symbol{"amqp:accepted:list"}, Capabilities: []Symbol{"queue"},
	}, `
		00 53 28
		c0 63 0b
		a1 01 71                       // address "q"
		52 02                          // durable unsettled-state
		a3 05 6e 65 76 65 72           // expiry-policy never
		52 01                          // timeout 1 s
		41                             // dynamic
		c1 16 02 a3 0f 6c69666574696d652d706f6c696379 00 53 2b 45   // lifetime-policy: delete-on-close
		a3 04 63 6f 70 79              // distribution-mode copy
		c1 0b 02 a3 01 66 00 a3 01 73 a1 01 65  // filter
		00 53 27 c0 02 01 41           // default-outcome modified(delivery-failed)
		e0 15 01 a3 12 616d71703a61636365707465643a6c697374  // outcomes
		e0 08 01 a3 05 71 75 65 75 65  // capabilities
	`, nil},
	{"target, least", build(func(*Target) {}), "00 53 29 45", nil},
	{"target, full", &Target{
		Address: Some("q"), Durable: TerminusDurabilityConfiguration, ExpiryPolicy: TerminusExpiryPolicyLinkDetach,
		Timeout: 256, Dynamic: true, DynamicNodeProperties: Map{}, Capabilities: []Symbol{"a", "b"},
	}, `
		00 53 29
		c0 24 07
		a1 01 71                                // address
		52 01                                   // durable configuration
		a3 0b 6c 69 6e 6b 2d 64 65 74 61 63 68  // expiry-policy link-detach
		70 00 00 01 00                          // timeout 256 s
		41                                      // dynamic
		c1 01 00                                // dynamic-node-properties
		e0 06 02 a3 01 61 01 62                 // capabilities
	`, nil},
	{"target, expiry connection-close", &Target{ExpiryPolicy: TerminusExpiryPolicyConnectionClose},
		"00 53 29 c0 15 03 40 40 a3 10 636f6e6e656374696f6e2d636c6f7365", nil},
	{"delete-on-close", &DeleteOnClose{}, "00 53 2b 45", nil},
	{"delete-on-no-links", &DeleteOnNoLinks{}, "00 53 2c 45", nil},
	{"delete-on-no-messages", &DeleteOnNoMessages{}, "00 53 2d 45", nil},
	{"delete-on-no-links-or-messages", &DeleteOnNoLinksOrMessages{}, "00 53 2e 45", []string{"00 53 2e c0 01 00"}},
}

var goldenTransactions = []goldenComposite{
	{"coordinator, least", &Coordinator{}, "00 53 30 45", []string{"00 53 30 c0 05 01 e0 02 00 a3"}},
	{"coordinator", &Coordinator{Capabilities: []Symbol{"a"}}, "00 53 30 c0 07 01 e0 04 01 a3 01 61",
		[]string{"00 53 30 c0 04 01 a3 01 61"}},
	{"declare", &Declare{}, "00 53 31 45", nil},
	{"declare, global", &Declare{GlobalID: []byte{1}}, "00 53 31 c0 04 01 a0 01 01", nil},
	{"discharge", &Discharge{TxnID: []byte{1}}, "00 53 32 c0 04 01 a0 01 01", nil},
	{"discharge, fail", &Discharge{TxnID: []byte{1}, Fail: Some(true)}, "00 53 32 c0 05 02 a0 01 01 41", nil},
	{"declared", &Declared{TxnID: []byte{}}, "00 53 33 c0 03 01 a0 00", []string{"00 53 33 c0 06 01 b0 00 00 00 00"}},
	{"transactional-state", &TransactionalState{TxnID: []byte{1}}, "00 53 34 c0 04 01 a0 01 01", nil},
	{"transactional-state, outcome", &TransactionalState{TxnID: []byte{1}, Outcome: &Accepted{}},
		"00 53 34 c0 08 02 a0 01 01 00 53 24 45", nil},
}

var goldenSections = []goldenComposite{
	{"header, defaults", build(func(*Header) {}), "00 53 70 45", []string{"00 53 70 c0 07 05 42 50 04 40 42 43"}},
	{"header, full", &Header{Durable: true, Priority: 0, TTL: Some[uint32](0), FirstAcquirer: true, DeliveryCount: 256}, `
		00 53 70
		c0 0b 05
		41               // durable
		50 00            // priority 0
		43               // ttl 0, not null
		41               // first-acquirer
		70 00 00 01 00   // delivery-count 256
	`, nil},
	{"header, delivery count", build(func(h *Header) { h.DeliveryCount = 1 }), "00 53 70 c0 07 05 42 40 40 42 52 01",
		[]string{"00 53 70 c0 07 05 40 40 40 40 52 01"}},
	{"properties, none", &Properties{}, "00 53 73 45", nil},
	{"properties, full", &Properties{
		MessageID: uint64(1 << 63), UserID: []byte("u"), To: Some("t"), Subject: Some("s"), ReplyTo: Some("r"),
		CorrelationID: "c", ContentType: Some[Symbol]("text/plain"), ContentEncoding: Some[Symbol](""),
		AbsoluteExpiryTime: Some[Timestamp](1), CreationTime: Some[Timestamp](-1), GroupID: Some("g"),
		GroupSequence: Some[uint32](0xffffffff), ReplyToGroupID: Some(""),
	}, `
		00 53 73
		c0 43 0d
		80 80 00 00 00 00 00 00 00              // message-id 2^63
		a0 01 75                                // user-id
		a1 01 74 a1 01 73 a1 01 72              // to, subject, reply-to
		a1 01 63                                // correlation-id "c"
		a3 0a 74 65 78 74 2f 70 6c 61 69 6e     // content-type
		a3 00                                   // content-encoding
		83 00 00 00 00 00 00 00 01              // absolute-expiry-time
		83 ff ff ff ff ff ff ff ff              // creation-time
		a1 01 67                                // group-id
		70 ff ff ff ff                          // group-sequence
		a1 00                                   // reply-to-group-id ""
	`, nil},
	{"properties, uuid and binary ids", &Properties{MessageID: UUID{15: 1}, CorrelationID: []byte{0}}, `
		00 53 73
		c0 19 06
		98 00000000 00000000 00000000 00000001
		40 40 40 40
		a0 01 00
	`, nil},
}
