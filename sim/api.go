package sim

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
)

// Options of a World. The zero value is ready for use.
type Options struct {
	// Watchdog is the wall-clock time after which a step that does not come
	// back is reported. Zero means 10 s, negative never.
	Watchdog time.Duration
	// Host is set when the World lives inside another scheduler, such as a
	// synctest bubble. Nil means it does not.
	Host *Host
	// Events bounds the history's number of events. Zero means 1<<16.
	Events int

	_ struct{}
}

// Host lets a World live inside another scheduler, which owns goroutines and
// the clock.
type Host struct {
	// Unpooled makes each thread a coroutine of its own that ends with it.
	Unpooled bool
	// Quiesce, if set, is called after each step, before the next is chosen.
	Quiesce func()
	// Now, if set with Advance, is the clock: time since the run began.
	Now func() time.Duration
	// Advance moves that clock to the given time since the run began.
	Advance func(to time.Duration)

	_ struct{}
}

// World is one simulated run at a time, and the memory and coroutines that
// later runs use again. One goroutine at a time may use it.
type World struct{ _ struct{} }

// NewWorld returns a World for Execute. Close frees it.
func NewWorld(o Options) *World { return &World{} }

// Close frees the coroutines. It must not be called during a run.
func (w *World) Close() {}

// Execute runs the scenario once.
func Execute(w *World, s *Scenario, cfg RunConfig) Result { return Result{} }

// RunConfig says which run of a scenario to execute. A Result is a pure function
// of build, scenario and RunConfig.
type RunConfig struct {
	// Seed of all entropy.
	Seed uint64
	// Params fixes parameters by name; the others are drawn. An unknown name or
	// a value out of range is an error of Validate and a panic of Execute.
	Params map[string]int64
	// Defaults gives the parameters not fixed their defaults instead of drawing.
	Defaults bool
	// Strategy decides. Nil means Auto.
	Strategy Strategy
	// Replay, if Replaying, is followed instead of the strategy.
	Replay choice.Schedule
	// Replaying says that Replay is used, even if it is empty.
	Replaying bool
	// Estimates of the run's size from profile runs. Zero means unknown.
	Estimates Estimates
	// Steps is the budget. Zero means the scenario's.
	Steps uint64
	// EarlyClock is the probability by which the clock moves at a step although
	// a thread could run. Zero draws it for each run (and often draws 0),
	// negative means never.
	EarlyClock float64
	// Keep returns Schedule and History of a run that passed, too.
	Keep bool
	// OnStuck is called on another goroutine when the watchdog finds a step that
	// does not come back; Execute is then still inside that step and may never
	// return. Nil panics there, which ends the process with the report.
	OnStuck func(Result)

	_ struct{}
}

// Estimates are what profile runs of a scenario told about its size.
type Estimates struct {
	// Choices is the number of steps with more than one thread to choose from.
	Choices uint64
	// Steps is the number of steps.
	Steps uint64
	// Threads is the number of threads.
	Threads int

	_ struct{}
}

// Result of a run.
type Result struct {
	Seed     uint64
	Strategy string // as "pct:3", "replay"
	Params   []ParamValue
	Failure  *Failure // nil if the run passed
	Digest   uint64
	Steps    uint64
	Choices  uint64 // steps with more than one thread to choose from
	Switches uint64 // changes of thread
	Preempts uint64 // changes of thread while the last could have gone on
	Threads  int
	Time     time.Duration // virtual
	Mark     uint64        // step of the first World.Mark, 0 if none
	Schedule choice.Schedule
	Drift    Drift
	History  *history.History // set when the run failed or RunConfig.Keep

	_ struct{}
}

// Drift says how far a replay and its record have parted.
type Drift struct {
	// Segments and Steps of the record that could not be followed.
	Segments int
	Steps    uint64
	// Extra is the number of steps made after the record's end.
	Extra uint64
}

// Zero reports whether the record was followed exactly.
func (d Drift) Zero() bool { return d == Drift{} }

// Scenario is a program to be explored, with its properties.
type Scenario struct {
	Name, Doc  string
	Properties []Property
	Tags       []string
	Params     []Param
	// Run is the body of the main thread.
	Run func(w *World)
	// Check judges the history after a run in which nothing else failed. Nil
	// checks nothing.
	Check func(h *history.History) []Violation
	// Steps is the budget of steps. Zero means 100 000.
	Steps uint64
	// Time is the budget of virtual time. Zero means none.
	Time time.Duration
	// Drain bounds what threads may still do when main has returned. Zero
	// fields mean 10 000 steps and one minute of virtual time.
	Drain Drain

	_ struct{}
}

// Drain is what threads may still do when main has returned.
type Drain struct {
	Steps uint64
	Time  time.Duration
}

// Property is a rule that a scenario judges.
type Property struct{ Rule, Doc string }

// Param is a parameter of a scenario.
type Param struct {
	Name, Doc         string
	Default, Min, Max int64
	Draw              Draw
}

// Draw says how a parameter is drawn from [Min, Max].
type Draw uint8

// The ways to draw a parameter.
const (
	Uniform Draw = iota // each value is as likely
	Scale               // each order of magnitude is as likely; Min ≥ 1
	Switch              // Min in half of the runs, else uniform: a feature that is often off
)

// ParamValue is a parameter as a run had it.
type ParamValue struct {
	Name  string
	Value int64
}

// Violation is a broken property found in a history.
type Violation struct {
	Rule, Message string
	Seqs          []uint64 // of the events that show it
}

// Kind is the sort of a Failure.
type Kind uint8

// The kinds of failures.
const (
	Broken         Kind = iota + 1 // a property does not hold
	Panicked                       // a thread panicked
	Owned                          // an object was used where it must not be
	Deadlock                       // nothing can run and no timer is pending
	Livelock                       // the budget was used up
	Leak                           // threads were left
	Stuck                          // a step did not come back
	Nondeterminism                 // a replay did not repeat the run
)

// Failure is why a run did not pass.
type Failure struct {
	Kind      Kind
	Rule      string
	Message   string
	Thread    string
	Value     any    // of a panic
	Stack     string // of a panic or stuck thread
	Locations []Frame
	Threads   []ThreadState // the blocked threads of a deadlock, livelock or leak
	More      []Violation   // further violations found by Check
	Seqs      []uint64
	Step      uint64
	Time      time.Duration

	_ struct{}
}

// Frame is a source line.
type Frame struct {
	Func, File string
	Line       int
}

// ThreadState is where a thread stood when the run ended.
type ThreadState struct {
	Thread    string
	Op        string
	Object    string
	Holder    string // of the object, if a thread
	Locations []Frame
}

// Error returns the failure in one or more lines.
func (f *Failure) Error() string { return f.Message }

// Strategy decides which thread makes the next step.
type Strategy interface {
	// Name is the strategy's name, as "pct:3".
	Name() string
	// Begin starts a run.
	Begin(r *RunInfo)
	// Spawn tells of a new thread; parent is nil for main.
	Spawn(t, parent *Thread)
	// Pick returns the element of run that goes next. last is the thread that
	// made the last step; it need not be in run, and is nil at first.
	Pick(run []*Thread, last *Thread) *Thread
}

// RunInfo is what a strategy is told at the start of a run.
type RunInfo struct {
	Seed      uint64
	Estimates Estimates
	Stream    choice.Stream // purpose "schedule"
	Steps     uint64        // budget

	_ struct{}
}

// ParseStrategy returns the strategy of a name: auto, random, sticky, pct, pct:D, rr.
func ParseStrategy(name string) (Strategy, error) { return nil, nil }

// Thread is a simulated thread.
type Thread struct{ _ struct{} }

// ID returns the thread's number in order of spawning; main is 0.
func (t *Thread) ID() int { return 0 }

// Name returns the stable path, as "main/reader#2".
func (t *Thread) Name() string { return "" }

// Op returns the operation that the thread does next.
func (t *Thread) Op() Op { return Op{} }

// Join waits until t has ended.
func (t *Thread) Join() {}

// Op is an operation of a thread on a shared object.
type Op struct {
	Kind   OpKind
	Object uint32 // 0 = none
	Write  bool
}

// OpKind is the sort of an operation.
type OpKind uint8

// Go starts a thread.
func (w *World) Go(name string, f func()) *Thread { return nil }

// Yield lets another thread run.
func (w *World) Yield() {}

// Now returns the virtual time.
func (w *World) Now() time.Time { return time.Time{} }

// Elapsed returns the virtual time since the run began.
func (w *World) Elapsed() time.Duration { return 0 }

// Sleep suspends the calling thread.
func (w *World) Sleep(d time.Duration) {}

// CurrentThread returns the running thread; nil outside a run.
func (w *World) CurrentThread() *Thread { return nil }

// Param returns a parameter's value.
func (w *World) Param(name string) int64 { return 0 }

// Rand returns the World's stream of a purpose.
func (w *World) Rand(purpose string) *choice.Stream { return nil }

// Fail ends the run with a broken property. It does not return.
func (w *World) Fail(rule, format string, args ...any) {}

// FailError ends the run with err as its failure: of kind Owned if err has a
// RuleID. It does not return.
func (w *World) FailError(err error) {}

// Mark ends the fixed prelude: a search branches from here on.
func (w *World) Mark() {}

// Recorder returns the run's recorder of history.
func (w *World) Recorder() *history.Recorder { return nil }

// Note records a note in the history.
func (w *World) Note(name, format string, args ...any) {}

// Observe folds numbers into the digest.
func (w *World) Observe(v ...uint64) {}

// Seq returns the next number of a total order, from 1; no choice point.
func (w *World) Seq() uint64 { return 0 }

// Step returns the number of steps made.
func (w *World) Step() uint64 { return 0 }

// Point is a choice point before an operation on object.
func (w *World) Point(op string, object any) {}

// Mutex is a sync.Mutex.
type Mutex struct{ _ struct{} }

func (w *World) NewMutex(name string) *Mutex { return nil }
func (m *Mutex) Lock()                       {}
func (m *Mutex) Unlock()                     {}
func (m *Mutex) TryLock() bool               { return false }

// RWMutex is a sync.RWMutex.
type RWMutex struct{ _ struct{} }

func (w *World) NewRWMutex(name string) *RWMutex { return nil }
func (m *RWMutex) Lock()                         {}
func (m *RWMutex) Unlock()                       {}
func (m *RWMutex) TryLock() bool                 { return false }
func (m *RWMutex) RLock()                        {}
func (m *RWMutex) RUnlock()                      {}
func (m *RWMutex) TryRLock() bool                { return false }
func (m *RWMutex) RLocker() sync.Locker          { return nil }

// Cond is a sync.Cond.
type Cond struct{ L sync.Locker }

func (w *World) NewCond(l sync.Locker) *Cond { return nil }
func (c *Cond) Wait()                        {}
func (c *Cond) Signal()                      {}
func (c *Cond) Broadcast()                   {}

// WaitGroup is a sync.WaitGroup.
type WaitGroup struct{ _ struct{} }

func (w *World) NewWaitGroup(name string) *WaitGroup { return nil }
func (g *WaitGroup) Add(delta int)                   {}
func (g *WaitGroup) Done()                           {}
func (g *WaitGroup) Wait()                           {}
func (g *WaitGroup) Go(name string, f func())        {}

// Semaphore is a weighted semaphore.
type Semaphore struct{ _ struct{} }

func (w *World) NewSemaphore(name string, n int) *Semaphore { return nil }
func (s *Semaphore) Acquire(n int)                          {}
func (s *Semaphore) TryAcquire(n int) bool                  { return false }
func (s *Semaphore) Release(n int)                          {}

// Once is a sync.Once.
type Once struct{ _ struct{} }

func (w *World) NewOnce(name string) *Once { return nil }
func (o *Once) Do(f func())                {}

// Atomic is an atomic value.
type Atomic[T comparable] struct{ _ struct{} }

func NewAtomic[T comparable](w *World, name string, v T) *Atomic[T] { return nil }
func (a *Atomic[T]) Load() (v T)                                    { return }
func (a *Atomic[T]) Store(v T)                                      {}
func (a *Atomic[T]) Swap(v T) (old T)                               { return }
func (a *Atomic[T]) CompareAndSwap(old, v T) bool                   { return false }

// Int64 is an atomic.Int64.
type Int64 struct{ Atomic[int64] }

func (w *World) NewInt64(name string, v int64) *Int64 { return nil }
func (a *Int64) Add(d int64) int64                    { return 0 }

// Chan is a channel.
type Chan[T any] struct{ _ struct{} }

func NewChan[T any](w *World, name string, size int) *Chan[T] { return nil }
func (c *Chan[T]) Send(v T)                                   {}
func (c *Chan[T]) TrySend(v T) bool                           { return false }
func (c *Chan[T]) Recv() (v T, ok bool)                       { return }
func (c *Chan[T]) TryRecv() (v T, ok, got bool)               { return }
func (c *Chan[T]) Close()                                     {}
func (c *Chan[T]) Len() int                                   { return 0 }
func (c *Chan[T]) Cap() int                                   { return 0 }
func (c *Chan[T]) SendCase(v T) Case                          { return Case{} }
func (c *Chan[T]) RecvCase(v *T, ok *bool) Case               { return Case{} }

// Case is a case of Select.
type Case struct{ _ struct{} }

// Default is the default case.
func Default() Case { return Case{} }

// Select is a select statement; it returns the index of the case taken.
func (w *World) Select(cases ...Case) int { return 0 }

// Timer is a time.Timer.
type Timer struct{ C *Chan[time.Time] }

func (w *World) NewTimer(d time.Duration) *Timer            { return nil }
func (w *World) AfterFunc(d time.Duration, f func()) *Timer { return nil }
func (w *World) After(d time.Duration) *Chan[time.Time]     { return nil }
func (t *Timer) Stop() bool                                 { return false }
func (t *Timer) Reset(d time.Duration) bool                 { return false }

// Ticker is a time.Ticker.
type Ticker struct{ C *Chan[time.Time] }

func (w *World) NewTicker(d time.Duration) *Ticker { return nil }
func (t *Ticker) Stop()                            {}
func (t *Ticker) Reset(d time.Duration)            {}

// Context is a context.Context of a World.
type Context struct{ context.Context }

func (w *World) Background() *Context                                             { return nil }
func (w *World) WithCancel(parent context.Context) (*Context, context.CancelFunc) { return nil, nil }
func (w *World) WithTimeout(parent context.Context, d time.Duration) (*Context, context.CancelFunc) {
	return nil, nil
}
func (w *World) WithDeadline(parent context.Context, at time.Time) (*Context, context.CancelFunc) {
	return nil, nil
}

// DoneCase is a Select case that is ready when the context has ended.
func (c *Context) DoneCase() Case { return Case{} }

// Wait blocks until the context has ended and returns its error.
func (c *Context) Wait() error { return nil }

// Env is container.Env on a World.
type Env struct{ w *World }

func (w *World) Env() Env { return Env{w} }

func (e Env) Go(name string, f func())         {}
func (e Env) NewMutex(name string) sync.Locker { return nil }
func (e Env) NewCond(l sync.Locker) interface {
	Wait()
	Signal()
	Broadcast()
}                                                                                { return nil }
func (e Env) Now() time.Time                                                     { return time.Time{} }
func (e Env) AfterFunc(d time.Duration, f func()) interface{ Stop() bool }       { return nil }
func (e Env) Entropy(purpose string) rand.Source                                 { return nil }
func (e Env) NewContext() (context.Context, context.CancelFunc)                  { return nil, nil }
func (e Env) OnDone(ctx context.Context, f func()) (stop func() bool, err error) { return nil, nil }
func (e Env) Self() any                                                          { return nil }
func (e Env) Point(op string, object any)                                        {}
