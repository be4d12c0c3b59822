// Package container is an AMQP 1.0 container after the model of Apache Qpid
// Proton's C++ binding: connections and listeners with one [Handler] each,
// serialized callbacks, work queues, wakes, scheduled functions, a pool of
// threads.
//
// # Usage
//
// A program makes a [Container], tells it what to do, and lends it threads:
//
//	type hello struct{ container.BaseHandler }
//
//	func (hello) OnSendable(s *container.Sender) {
//		s.Send(container.NewMessage("hello"))
//		s.Connection().Close(nil)
//	}
//
//	c := container.New("", hello{}, container.Options{})
//	c.OpenSender("localhost/greetings", container.SenderOptions{}, container.ConnectionOptions{})
//	err := c.Run(ctx, 4)
//
// Run returns when nothing is left to do, or after [Container.Stop]. A server
// calls [Container.Listen] instead.
//
// # Threads
//
// Callbacks run on threads inside Run alone, at most as many at once as there
// are. Those of one connection never overlap, and each sees what the ones
// before it did; those of different connections run in parallel. A connection,
// its sessions, links, deliveries and trackers may be used in callbacks and
// work functions of that connection, nowhere else. From elsewhere one adds work
// to the connection's [WorkQueue], or calls [Connection.Wake]. All methods of
// Container, Listener and WorkQueue may be called from any thread at any time.
// The vet tool of package confine finds many breaches of these rules in the source.
//
// A callback that blocks holds its thread and its connection. Neither a slow
// peer nor a slow network ever holds a thread of Run: each connection has I/O
// threads of its own, which run no user code and end before Run returns.
//
// # Security
//
// A connection has up to three layers, each with its own beginning: TLS (§5.2),
// SASL (§5.3), AMQP.
//
// [ConnectionOptions].TLS, or an amqps address, brings a TLS layer of package
// crypto/tls, from either side. A server tells by the first octets on one port
// whether a client begins with TLS, or with the TLS protocol header, and serves
// others only if TLSUse is TLSOptional. Connection.TLS and
// Connection.RemoteSubject tell what came of it.
//
// A client says who it is by User and Password, Token, or TLS certificate; the
// strongest mechanism that both sides permit is used, SCRAM before PLAIN. A
// server has an Authenticator, such as the Users of package sasl; then nobody
// comes in without a SASL layer. PLAIN and XOAUTH2, which show the secret itself,
// need TLS or AllowInsecure. Who it was, Connection.User tells. A client that has
// credentials never goes on as an anonymous one, and one with TLS never without.
//
// A failure comes to OnTransportError: a *[TLSError] with the condition
// amqp:connection:framing-error, an *[engine.SASLError] with
// amqp:unauthorized-access; [engine.Condition] tells which. What a peer can do
// before it is known is bounded: OpenTimeout for all layers together, 512 octets
// for a SASL frame, 16 challenges.
//
// # Errors
//
// What goes wrong on a connection is told to its handler. The defaults of the
// Error callbacks lead to OnError, whose default stops the container, so that
// nothing goes unnoticed; a server overrides it. A panic in a callback or work
// function stops the container too: every connection gets its final callbacks,
// work that was accepted runs, and each Run returns a *[PanicError]. A call on
// the wrong thread or at the wrong time panics with a *[MisuseError] where that
// can be seen cheaply. A call that the state of an endpoint does not permit
// returns an *[engine.CallError].
//
// # Seams
//
// [Env] supplies threads, locks, time and chance, [Transport] byte streams; the
// zero [Options] mean goroutines and TCP. A simulator that supplies its own
// decides every interleaving. [Driver] is one connection without either: the
// caller owns thread, socket and clock. The engine below it, package engine,
// can be used alone.
//
// # Limitations
//
// Messages sent without credit wait in memory without bound: mind
// [Sender.Credit]. A message arrives as a whole, in memory. Links are not
// resumed after a lost connection.
//
// Rule ids in the documentation, as SER-1 or WQ-3, name rows of the project's
// container contract; section numbers, as §2.6.7, those of the AMQP 1.0
// specification.
package container
