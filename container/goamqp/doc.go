// Package goamqp converts messages between package container and
// github.com/Azure/go-amqp, for programs that use both or move from one to the
// other. It is a package of its own, so that users of the container alone do not
// depend on go-amqp.
//
// # Usage
//
//	m, err := goamqp.FromGoAMQP(theirs) // *amqp.Message → *container.Message
//	theirs, err := goamqp.ToGoAMQP(m)   // *container.Message → *amqp.Message
//
// Every section is converted, and within it what is absent stays absent. Values
// correspond by their AMQP type:
//
//	AMQP                     container                 go-amqp
//	null                     nil                       nil; the body null is amqp.Null
//	boolean, numbers         bool, uint8 … float64     the same
//	timestamp                wire.Timestamp            time.Time
//	uuid                     wire.UUID                 amqp.UUID
//	binary, string           []byte, string            the same
//	symbol                   wire.Symbol               amqp.Symbol
//	list                     wire.List                 []any
//	map                      wire.Map                  map[string]any, map[any]any
//	array of a scalar        []uint32, []wire.UUID …   []uint32, []amqp.UUID …
//	array of ubyte, of map   wire.Array                as go-amqp decodes them
//	described                wire.Described            as go-amqp decodes it, errors too
//
// From go-amqp, int and uint become int64 and uint64, pointers what they point
// to, and an *amqp.Error or a delivery state the described list that it is:
// all as go-amqp encodes them.
//
// # Errors
//
// What the other side cannot express is an *[Error] that names the field, never
// left out: a char or a decimal, which go-amqp does not know; a time with
// microseconds; a time to live of no whole number of milliseconds. ToGoAMQP also
// refuses what go-amqp 1.7 holds but would send as something else, so that the
// octets that go-amqp makes of its result always mean the message that was given.
//
// # Concurrency
//
// The functions have no state. A result shares no memory with the argument: what
// ToGoAMQP returns may leave the callback that the message came with.
//
// # Limitations
//
// The order of a map's entries does not survive in go-amqp, whose maps are Go's.
// FromGoAMQP sorts them by the encodings of their keys, so that its result is a
// function of its argument.
//
// What is lost inside go-amqp cannot be brought back: it decodes symbols that are
// no array's elements into strings, and the value null as no body. A message
// read by it holds these when FromGoAMQP sees it.
//
// DeliveryTag belongs to the transfer, not to the message: hand it to
// [container.Sender.SendTagged]. A Format other than 0 is refused.
package goamqp
