//go:build race

package bridge

import "testing"

// prepare registers package testing's flags: a bubble in which the race detector
// has found something logs that, and the log reads them.
func prepare() { testing.Init() }
