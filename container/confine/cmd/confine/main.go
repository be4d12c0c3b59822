// Command confine is a vet tool that reports uses of a container's connections,
// sessions, links, deliveries and trackers outside the callbacks and work
// functions of their own connection:
//
//	go vet -vettool=$(which confine) ./...
//
// Package confine says what it finds, what it permits and how to silence it.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/collider-amqp/collider/container/confine"
)

func main() { unitchecker.Main(confine.Analyzer) }
