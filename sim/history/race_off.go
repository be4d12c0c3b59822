//go:build !race

package history

func raceOff() {}
func raceOn()  {}
