// Package sim is the kernel of the simulator: a World runs the threads of a
// program one at a time and decides, at each operation on a shared object, which
// of them goes next.
package sim
