package wire_test

import (
	"fmt"

	"github.com/collider-amqp/collider/container/wire"
)

// A connection reads frames from what has arrived, however it was cut into segments.
func ExampleFrame_Decode() {
	open := &wire.Open{}
	open.Reset() // fields that have a default
	open.ContainerID = "example"
	input := wire.AppendFrame(nil, wire.FrameAMQP, 0, open, nil)
	input = wire.AppendFrame(input, wire.FrameAMQP, 0, &wire.Transfer{Handle: 1}, []byte("payload"))
	input = append(input, 0, 0) // the beginning of the next frame

	var frame wire.Frame
	for {
		n, err := frame.Decode(input, wire.Limits{MaxFrameSize: 4096})
		if err != nil {
			fmt.Println(err)
			return
		}
		if n == 0 {
			break
		}
		input = input[n:]
		switch frame.Code {
		case wire.CodeOpen:
			fmt.Println("open from", frame.Open.ContainerID)
		case wire.CodeTransfer:
			fmt.Printf("transfer on handle %d: %s\n", frame.Transfer.Handle, frame.Payload)
		}
	}
	fmt.Println(len(input), "octets left")
	// Output:
	// open from example
	// transfer on handle 1: payload
	// 2 octets left
}

func ExampleMessage() {
	m := wire.NewMessage("hello")
	m.SetTo("queue")
	m.SetProperty("attempt", int32(1))
	b, err := m.Append(nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	var received wire.Message
	if err := received.Decode(b, wire.Limits{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(received.To(), received.Body(), received.Property("attempt"), received.Priority())
	// Output: queue hello 1 4
}

// A refusal says where, what and which error answers it.
func ExampleDecodeError() {
	// A transfer without its mandatory handle.
	frame := wire.RawFrame{Body: []byte{0x00, 0x53, 0x14, 0x45}}
	var f wire.Frame
	_, err := f.Decode(frame.Append(nil), wire.Limits{})
	fmt.Println(err)
	// Output: amqp: transfer.handle at offset 12: mandatory field is null or absent (amqp:invalid-field)
}

// A conformance case sends an attach whose role is a ubyte, in a list32, by symbolic descriptor.
func ExampleRawComposite() {
	attach := &wire.Attach{}
	attach.Reset()
	attach.Name = "link"
	raw := wire.NewRawComposite(attach).Symbolic(wire.CodeAttach).Set(2, []byte{wire.FormatUbyte, 1})
	raw.Format = wire.FormatList32
	frame := wire.RawFrame{Channel: 3, Body: raw.Append(nil)}
	fmt.Println(wire.FrameText(frame.Append(nil)))
	// Output: 3 @attach(18) [name="link", handle=0, role=1]
}

func ExampleText() {
	fmt.Println(wire.Text(&wire.Flow{IncomingWindow: 2048, OutgoingWindow: 10, Handle: wire.Some[uint32](0), LinkCredit: wire.Some[uint32](100)}))
	fmt.Println(wire.Text(wire.Map{{Key: wire.Symbol("k"), Value: []byte{1}}}))
	// Output:
	// @flow(19) [incoming-window=2048, next-outgoing-id=0, outgoing-window=10, handle=0, link-credit=100]
	// {:k=b"\x01"}
}
