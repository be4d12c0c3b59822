//go:build !race

package history

func raceOff() {}
func raceOn()  {}

// raceBuild says that the race detector is on.
const raceBuild = false
