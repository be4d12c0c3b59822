package sim

import "iter"

// pull makes a coroutine of body. This function is all that the kernel knows of
// how control passes from one thread to another:
//
//   - the first next starts body, the following ones let its yield return true;
//     next returns when body yields or has returned;
//   - stop lets yield return false, or frees body if it has not been started;
//   - next and stop are called by different goroutines, never by two at once;
//   - Goexit inside body passes to the caller of next or stop (see coro.discard).
//
// iter.Pull declares a happens-before edge at each hand-over: under the race
// detector simulated threads are therefore ordered as they ran.
func pull(body func(yield func(struct{}) bool)) (next func() (struct{}, bool), stop func()) {
	return iter.Pull(iter.Seq[struct{}](body))
}

// discard stops a coroutine whose body is inside runtime.Goexit. That would end
// the goroutine that calls stop, so one is given to it.
func discard(stop func()) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		stop()
	}()
	<-gone
}
