//go:build race

package history

import "runtime"

// Between raceOff and raceOn the detector sees no synchronisation of the calling
// goroutine, so that the recorder's lock and atomics order nothing.

func raceOff() { runtime.RaceDisable() }
func raceOn()  { runtime.RaceEnable() }
