// Package scenarios is the registry of named worlds: programs on package
// container, in the simulator, with the rules of the contract that they judge.
//
// A scenario is ordinary container code. Its containers get the World's Env and a
// host of its simulated network instead of the machine's, and record everything
// they do in the World's history, which package check judges by rule id.
package scenarios
