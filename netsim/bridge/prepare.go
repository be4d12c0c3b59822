//go:build !race

package bridge

func prepare() {}
