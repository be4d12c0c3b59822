package scenarios

import "github.com/collider-amqp/collider/sim"

// All returns the scenarios in the order in which they are listed and run.
func All() []*sim.Scenario {
	return append([]*sim.Scenario{
		Broker,
		Convergence,
		CrashRecovery,
		GoAMQPClient,
		Lifecycle,
		Links,
		MultithreadedClient,
		MultithreadedClientFlowControl,
		Serialization,
		Timers,
		WakeCoalescing,
		WorkQueueOrder,
	}, Micro()...)
}
