package sim

import "strconv"

// Op is an operation of a thread on a shared object.
type Op struct {
	// Kind says what is done.
	Kind OpKind
	// Write says that the operation may change the object. Two operations on the
	// same object race unless both only read.
	Write bool
	// Object is the object's number in this run, in order of creation; 0 if the
	// operation concerns the thread alone.
	Object uint32
}

// Races says whether the order of a and b, by different threads, matters.
func (a Op) Races(b Op) bool {
	return a.Object == b.Object && a.Object != 0 && (a.Write || b.Write)
}

// OpKind is the sort of an operation.
type OpKind uint8

// The sorts of operations.
const (
	OpStart      OpKind = iota + 1 // the first step of a thread
	OpYield                        // World.Yield
	OpSleep                        // end of World.Sleep
	OpResume                       // a blocked operation, completed by another thread, returns
	OpJoin                         // Thread.Join
	OpLock                         // Mutex, RWMutex
	OpTryLock                      //
	OpUnlock                       //
	OpRLock                        // RWMutex
	OpTryRLock                     //
	OpRUnlock                      //
	OpWait                         // Cond.Wait, WaitGroup.Wait, Context.Wait
	OpSignal                       // Cond
	OpBroadcast                    //
	OpAdd                          // WaitGroup.Add, atomic addition
	OpAcquire                      // Semaphore
	OpTryAcquire                   //
	OpRelease                      //
	OpDo                           // Once
	OpLoad                         // atomic, Context.Err
	OpStore                        //
	OpSwap                         //
	OpCAS                          //
	OpSend                         // Chan
	OpRecv                         //
	OpTrySend                      //
	OpTryRecv                      //
	OpClose                        //
	OpLen                          //
	OpSelect                       // World.Select
	OpStop                         // Timer, Ticker
	OpReset                        //
	OpCancel                       // Context
	OpPoint                        // World.Point with another name

	opKinds
)

var opNames = [opKinds]string{
	OpStart: "start", OpYield: "yield", OpSleep: "sleep", OpResume: "resume", OpJoin: "join",
	OpLock: "lock", OpTryLock: "try_lock", OpUnlock: "unlock",
	OpRLock: "rlock", OpTryRLock: "try_rlock", OpRUnlock: "runlock",
	OpWait: "wait", OpSignal: "signal", OpBroadcast: "broadcast", OpAdd: "add",
	OpAcquire: "acquire", OpTryAcquire: "try_acquire", OpRelease: "release", OpDo: "do",
	OpLoad: "load", OpStore: "store", OpSwap: "swap", OpCAS: "cas",
	OpSend: "send", OpRecv: "recv", OpTrySend: "try_send", OpTryRecv: "try_recv",
	OpClose: "close", OpLen: "len", OpSelect: "select",
	OpStop: "stop", OpReset: "reset", OpCancel: "cancel", OpPoint: "point",
}

// String returns the operation's name in small letters, as "try_lock".
func (k OpKind) String() string {
	if k > 0 && k < opKinds {
		return opNames[k]
	}
	return "op(" + strconv.Itoa(int(k)) + ")"
}

// opOfPoint maps the word given to World.Point to an operation.
func opOfPoint(word string) Op {
	switch word {
	case "load", "read":
		return Op{Kind: OpLoad}
	case "store", "write":
		return Op{Kind: OpStore, Write: true}
	case "swap":
		return Op{Kind: OpSwap, Write: true}
	case "cas":
		return Op{Kind: OpCAS, Write: true}
	case "add":
		return Op{Kind: OpAdd, Write: true}
	}
	return Op{Kind: OpPoint, Write: true}
}
