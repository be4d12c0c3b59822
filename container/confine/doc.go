// Package confine is an analyzer that finds uses of a container's connections,
// sessions, links, deliveries and trackers outside the callbacks and work
// functions of their own connection, and messages that are kept beyond
// OnMessage.
//
// # Usage
//
//	go install github.com/collider-amqp/collider/container/confine/cmd/confine
//	go vet -vettool=$(which confine) ./...
//
// [Analyzer] is an ordinary analysis.Analyzer and can be built into a program of
// several. This is a finding:
//
//	feed.go:31:3: Sender.Send in a goroutine: a Sender may be used in callbacks
//	and work functions of its connection alone (OWN-1); add work to its WorkQueue
//
// # What is found
//
// The ids are those of the container contract.
//
//   - OWN-1: a member of a confined object in a goroutine, in a function given to
//     time.AfterFunc, context.AfterFunc, sync.WaitGroup.Go, runtime.SetFinalizer or
//     AddCleanup, in an HTTP handler, on a thread of a container.Env or a sim.World,
//     or in work of a free-standing queue. Functions and methods that are called
//     there are followed, across packages too, as are functions that start their
//     argument in a goroutine.
//   - OWN-1: a session, link, delivery or tracker that is sent on a channel or
//     stored in a package variable, in a field of one, or in one's sync.Map; and a
//     member of any confined object that came over a channel.
//   - OWN-2: a member of one connection's object in work of another's queue, where
//     these are evidently two: two parameters, or two fields of one struct; and a
//     member of each of the connections in a slice or map, one after the other.
//   - OWN-10: the message of OnMessage in a function that runs later, on a channel,
//     in a field or in a package variable, unless it is a Clone.
//   - SCHED-11: a member of a confined object in a function given to
//     Container.Schedule.
//
// # What is permitted
//
// Connection.Wake, WorkQueue and Container, and the WorkQueue of links, may be
// called from anywhere, and so may Connection, whose result is judged by what is
// done with it. A pointer to a Connection may be passed, sent and stored freely:
// its uses are judged, not its whereabouts. Comparing pointers and using them as
// keys is no use. Work functions, wherever they are written, may use what belongs
// to the queue's connection. What comes from a container.Driver is its owner's.
//
// A finding that is known to be right is silenced by a comment with a reason, at
// the end of its line or on the line above:
//
//	//confine:ignore the container has stopped
//
// A comment without a reason, or that silences nothing, is itself a finding.
// There is no other switch; golangci-lint's //nolint:confine is golangci-lint's.
//
// # Limitations
//
// What is called through an interface or a function value, unless that is a local
// variable assigned once, is not followed; nor are objects that reach another
// connection's callback through a field. [container.MisuseError] finds these when
// they happen, the simulator under every schedule. A goroutine that does nothing
// until its container has stopped is not told from others, nor is a program that
// Runs with one thread and wakes the other connection (ST-2).
package confine
