// Package wire turns AMQP 1.0's types, frames and messages into octets and back.
//
// # Usage
//
// A connection keeps one [Frame] and feeds it what it has received:
//
//	for {
//		n, err := frame.Decode(input, limits)
//		if err != nil {
//			// a *DecodeError: close the connection with its Condition
//		}
//		if n == 0 {
//			break // the frame is not complete yet
//		}
//		input = input[n:]
//		switch frame.Code {
//		case wire.CodeTransfer:
//			// frame.Transfer, frame.Payload
//		}
//	}
//
// and appends what it has to say to a buffer:
//
//	out = wire.AppendFrame(out, wire.FrameAMQP, channel, &wire.Flow{…}, nil)
//
// [Message] is the message format of part 3. [AppendValue] and [DecodeValue] handle single values.
// [RawFrame] and its companions write and read frames that break the rules, for those who test other implementations.
// The sub-package spec is the table of types that the codec is generated from.
//
// # Values
//
// AMQP's primitive types stand as Go types: null nil, boolean bool, ubyte uint8, ushort uint16, uint uint32, ulong
// uint64, byte int8, short int16, int int32, long int64, float float32, double float64, decimal32 [Decimal32],
// decimal64 [Decimal64], decimal128 [Decimal128], char [Char], timestamp [Timestamp], uuid [UUID], binary []byte,
// string string, symbol [Symbol], list [List], map [Map], array a slice or [Array], and [Described] for a described
// value.
//
// Fields of composites that are mandatory or have a default are plain values. The decoder fills in the default where
// the field is absent; the zero value of a struct is not always the default, so build such structs on Reset. Other
// scalars are [Optional]; octets, maps, slices and composites are nil when absent.
//
// # Limits
//
// Decoding is total: any input gives a value or a [DecodeError], and [Limits] bounds depth, size and memory.
//
// # Concurrency
//
// The package has no state. Values may be used by several goroutines as long as none changes them; Decode changes its
// receiver.
//
// # Limitations
//
// Decimals are carried as bits. A received value is encoded again in its smallest form, which need not be the form it
// came in; who must forward octets unchanged (a message's bare part, §3.2) keeps the octets.
package wire

//go:generate go run ./internal/gen .
