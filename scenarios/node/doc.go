// Package node holds the AMQP nodes that the scenarios use and that simrun serve
// puts on a real socket: a broker with queues in memory, an echo, a sink and a
// source. They are programs on package container like any user's, written with
// its threading rules: what is shared between connections lives in the container's
// domain, and work queues carry messages across.
package node
