// Package engine is one AMQP 1.0 connection as a state machine without I/O, threads or clock, client or server.
package engine
