package sasl

import (
	"crypto/hmac"
	crand "crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/xdg-go/stringprep"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// Users is an Authenticator that knows names and passwords. It offers
// SCRAM-SHA-512, SCRAM-SHA-256 and PLAIN, in that order. It keeps the keys of
// SCRAM, not the passwords, and neither its answers nor the work that they take
// tell which names it knows. It does not change, so that any number of
// connections may use it at once.
type Users struct {
	known  map[string]user
	secret []byte // of the answers for names that are not known
}

// user is what is kept for one name.
type user struct{ sha256, sha512 Credentials }

// NewUsers returns the Users of passwords, by name. It derives their keys, which
// takes some milliseconds for each. Salts come from entropy, in the order of the
// names; nil means the operating system. It fails if a name is empty, if SASLprep
// (RFC 4013) prohibits a character of a name or password, and if two names are
// the same to it.
func NewUsers(passwords map[string]string, entropy rand.Source) (*Users, error) {
	if entropy == nil {
		entropy = systemSource{}
	}
	u := &Users{known: make(map[string]user), secret: randomOctets(entropy, 32)}
	for _, name := range slices.Sorted(maps.Keys(passwords)) {
		prepared, err := stringprep.SASLprep.Prepare(name)
		if _, twice := u.known[prepared]; err != nil || prepared == "" || twice {
			return nil, fmt.Errorf("sasl: user %q: the name is empty, there already, or SASLprep (RFC 4013) prohibits it", name)
		}
		var k user
		salt := randomOctets(entropy, 16)
		if k.sha256, err = Derive(SCRAMSHA256, prepared, passwords[name], salt, MinIterations); err == nil {
			k.sha512, err = Derive(SCRAMSHA512, prepared, passwords[name], salt, MinIterations)
		}
		if err != nil {
			return nil, fmt.Errorf("sasl: user %q: the password: SASLprep (RFC 4013) prohibits it", name)
		}
		k.sha256.User, k.sha512.User = prepared, prepared
		u.known[prepared] = k
	}
	return u, nil
}

// Mechanisms implements Authenticator.
func (u *Users) Mechanisms(p *Peer) []engine.ServerMechanism {
	return []engine.ServerMechanism{
		SCRAMServer(SCRAMSHA512, p.Nonce, func(name string) (Credentials, bool) { return u.find(name).sha512, true }),
		SCRAMServer(SCRAMSHA256, p.Nonce, func(name string) (Credentials, bool) { return u.find(name).sha256, true }),
		&server{name: Plain, judge: u.judgePlain},
	}
}

// judgePlain is PlainServer's with the name as it is kept.
func (u *Users) judgePlain(response []byte) (string, bool) {
	authzid, name, password, ok := engine.ParsePlain(response)
	return u.find(name).sha256.User, ok && mayActAs(name, authzid) && u.Check(name, password)
}

// Check reports whether password is that of the user called name.
func (u *Users) Check(name, password string) bool {
	want := u.find(name).sha256
	got, err := Derive(SCRAMSHA256, name, password, want.Salt, want.Iterations)
	return err == nil && hmac.Equal(got.StoredKey, want.StoredKey)
}

// find returns what is kept for a name, or something like it.
func (u *Users) find(name string) user {
	if prepared, err := stringprep.SASLprep.Prepare(name); err == nil {
		if k, ok := u.known[prepared]; ok {
			return k
		}
	}
	return user{
		sha256: u.madeUp(SCRAMSHA256, name, sha256.Size),
		sha512: u.madeUp(SCRAMSHA512, name, sha512.Size),
	}
}

// madeUp returns Credentials that no password has.
func (u *Users) madeUp(mechanism wire.Symbol, name string, size int) Credentials {
	octets := func(purpose string) []byte {
		mac := hmac.New(sha512.New, u.secret)
		fmt.Fprintf(mac, "%s\x00%s", purpose, name)
		return mac.Sum(nil)
	}
	key := octets("key " + string(mechanism))[:size]
	return Credentials{Salt: octets("salt")[:16], Iterations: MinIterations, StoredKey: key, ServerKey: key}
}

// systemSource draws from the operating system.
type systemSource struct{}

func (systemSource) Uint64() uint64 {
	var b [8]byte
	crand.Read(b[:]) // never fails: it ends the program instead
	return binary.LittleEndian.Uint64(b[:])
}
