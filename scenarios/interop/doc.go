// Package interop tests that foreign AMQP 1.0 programs work with Collider's
// container over real sockets, and that Collider's container works with
// theirs.
//
// # Purpose
//
// The peers are the C++ examples of Qpid Proton, unchanged, as Debian ships
// them, Proton's Python binding, and a program on github.com/Azure/go-amqp.
// Collider's side is the binary simrun: `simrun serve broker|sink|source` puts the nodes that the
// simulations test on a socket. A test passes when the foreign program ends
// with its own success (exit code and last line) within its deadline, and when
// what it printed shows the right messages in the right order.
//
// # Usage
//
// The tests stand behind the build tag interop, so that `go test ./...` needs
// nothing but Go:
//
//	scenarios/interop/setup.sh DIR
//	COLLIDER_INTEROP_DIR=DIR go test -tags interop ./scenarios/interop
//
// COLLIDER_INTEROP_DIR is required. COLLIDER_INTEROP_URL=HOST:PORT points the
// broker tests at a broker that runs already (Proton's own, for instance), which
// tells a fault of the tests from a fault of the container; tests that need to
// start or stop the node, or need a sink or source, are then skipped.
//
// # Limitations
//
// Proton's C++ examples take no certificate, and Debian builds Proton without Cyrus
// SASL: TLS and the SASL mechanisms are tested with go-amqp and with Proton's
// Python binding, which setup.sh builds with Cyrus SASL. The examples' exit codes say little about links that were refused, so the tests read their output.
package interop
