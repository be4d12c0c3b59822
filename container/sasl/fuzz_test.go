package sasl

import (
	"bytes"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// FuzzServer gives each mechanism of a server what a client might send. It must
// end, by a refusal unless the client has proved itself.
func FuzzServer(f *testing.F) {
	u := users(f)
	f.Add(uint8(0), []byte("n,,n=alice,r=abc"), []byte("c=biws,r=abc,p=AAAA"))
	f.Add(uint8(1), []byte("y,a=bob,n=a=2Cb,r="), []byte(""))
	f.Add(uint8(2), []byte("\x00alice\x00secre"), []byte("\x00\x00"))
	f.Add(uint8(3), []byte("user=alice\x01auth=Bearer x\x01\x01"), []byte{})
	f.Fuzz(func(t *testing.T, which uint8, first, second []byte) {
		all := AnyOf(u, Tokens(func(string, string) bool { return false }))
		ms := all.Mechanisms(&Peer{Nonce: nonces()})
		m := ms[int(which)%len(ms)]
		x := m.Begin()
		steps := [][]byte{first, second, second, second}
		for _, response := range steps {
			step := x.Next(response)
			if !step.Done {
				continue
			}
			plain := m.Name() == Plain && (bytes.Contains(first, []byte("secret")) || bytes.Contains(second, []byte("secret")) ||
				bytes.Contains(first, []byte("hunter2")) || bytes.Contains(second, []byte("hunter2")) ||
				bytes.Contains(first, []byte("comma")) || bytes.Contains(second, []byte("comma")))
			if step.Code == wire.SASLCodeOK && !plain {
				t.Fatalf("%s: %q, %q are admitted as %q", m.Name(), first, second, step.User)
			}
			return
		}
		t.Fatalf("%s: %q, %q: no end", m.Name(), first, second)
	})
}

// FuzzSCRAMClient gives a SCRAM client what a server might send that does not
// know the password. The client must not believe it.
func FuzzSCRAMClient(f *testing.F) {
	const nonce = "rOprNGfwEbeRWgbNEkqO"
	f.Add([]byte("r="+nonce+"x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), []byte("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
	f.Add([]byte("r="+nonce+",s=,i=1000001"), []byte("e=x"))
	f.Add([]byte("m=x,r=,,"), []byte("v="))
	f.Fuzz(func(t *testing.T, first, final []byte) {
		if len(first) > 480 || bytes.Contains(first, []byte("i=")) && !bytes.Contains(first, []byte("i=4096")) {
			t.Skip("the work is bounded by a test of its own")
		}
		c := SCRAMClient(SCRAMSHA256, "", "user", "a password that the fuzzer does not know", func() string { return nonce })
		if _, err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Next(first); err != nil {
			return
		}
		if c.Finish(final) == nil {
			t.Fatalf("%q, %q: believed", first, final)
		}
	})
}
