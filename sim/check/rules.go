package check

// Rule is a rule that this package judges.
type Rule struct {
	// ID is the rule's stable name, as "SER-1".
	ID string
	// Doc is the rule in one sentence.
	Doc string
}

// rule is an index into ruleTable.
type rule uint8

const (
	rHistory rule = iota
	rSER1
	rSER2
	rSER4
	rSER5
	rSER8
	rSER10
	rPAR2
	rPAR4
	rST3
	rOWN6
	rOWN7
	rWQ2
	rWQ3
	rWQ4
	rWQ5
	rWQ6
	rWQ12
	rWQ15
	rWQ18
	rWAKE1
	rWAKE5
	rRUN1
	rRUN4
	rRUN5
	rRUN6
	rRUN7
	rRUN9
	rRUN12
	rRUN13
	rRUN14
	rRUN22
	rLIS1
	rLIS5
	rHAND5
	rHAND6
	rORD1
	rORD3
	rORD5
	rORD6
	rORD7
	rORD12
	rORD15
	rORD16
	rORD17
	rSCHED1
	rSCHED2
	rSCHED5
	rSCHED6
	rSCHED7
	rDELIVERY1
	rDELIVERY2
	rDELIVERY3
	rCREDIT1
	rCRASH1

	rules
)

var ruleTable = [rules]Rule{
	rHistory:   {"HISTORY", "the history is complete and well-formed"},
	rSER1:      {"SER-1", "callbacks of one connection never overlap"},
	rSER2:      {"SER-2", "work of a connection's queue never overlaps its callbacks or other work"},
	rSER4:      {"SER-4", "calls of one listener's handler never overlap"},
	rSER5:      {"SER-5", "jobs of one free-standing work queue never overlap"},
	rSER8:      {"SER-8", "work begins after the callback or job that added it has returned"},
	rSER10:     {"SER-10", "on_container_start completes before any other callback begins"},
	rPAR2:      {"PAR-2", "run(n) never has more than n callbacks in progress"},
	rPAR4:      {"PAR-4", "callbacks run only on threads inside run()"},
	rST3:       {"ST-3", "with run(1) everything runs on one thread and never overlaps"},
	rOWN6:      {"OWN-6", "no callback begins after on_transport_close of its connection"},
	rOWN7:      {"OWN-7", "no work begins after on_transport_close of its connection"},
	rWQ2:       {"WQ-2", "jobs of a queue run in the order in which their adds took effect"},
	rWQ3:       {"WQ-3", "an accepted job runs exactly once, a refused one never"},
	rWQ4:       {"WQ-4", "add returns false after on_transport_close"},
	rWQ5:       {"WQ-5", "work queued before the final close runs before on_transport_close"},
	rWQ6:       {"WQ-6", "a job accepted while the connection closes still runs"},
	rWQ12:      {"WQ-12", "work of work_queue.schedule does not run before its delay has passed"},
	rWQ15:      {"WQ-15", "add on a free-standing queue returns false once the container has stopped and run() has returned"},
	rWQ18:      {"WQ-18", "a pending job of a free-standing queue keeps the container alive"},
	rWAKE1:     {"WAKE-1", "after a wake at least one on_connection_wake begins"},
	rWAKE5:     {"WAKE-5", "no on_connection_wake begins after on_transport_close"},
	rRUN1:      {"RUN-1", "run() returns only when its threads have ended"},
	rRUN4:      {"RUN-4", "on_container_start and on_container_stop are called once, the start by the thread that calls run()"},
	rRUN5:      {"RUN-5", "on_container_stop is the last callback and ends before the last run() returns"},
	rRUN6:      {"RUN-6", "auto-stop comes when the last connection or listener has gone, and not before"},
	rRUN7:      {"RUN-7", "pending scheduled work delays auto-stop"},
	rRUN9:      {"RUN-9", "with auto-stop off run() returns only after stop()"},
	rRUN12:     {"RUN-12", "run() returns when the container has become inactive"},
	rRUN13:     {"RUN-13", "run() returns after stop(), and the first error counts"},
	rRUN14:     {"RUN-14", "stop() is final: later connects, listens and runs do nothing"},
	rRUN22:     {"RUN-22", "every successful connect gets its on_transport_close"},
	rLIS1:      {"LIS-1", "a listener gets on_open, on_accept…, on_error, on_close in this order, on_close once and last"},
	rLIS5:      {"LIS-5", "on_accept comes once and before the callbacks of its connection"},
	rHAND5:     {"HAND-5", "transport, connection and wake callbacks go to the connection's handler"},
	rHAND6:     {"HAND-6", "container callbacks go to the container's handler"},
	rORD1:      {"ORD-1", "the callbacks of a connection come in the contract's order"},
	rORD3:      {"ORD-3", "on_transport_open precedes on_transport_close"},
	rORD5:      {"ORD-5", "on_transport_close comes exactly once"},
	rORD6:      {"ORD-6", "on_transport_error immediately precedes on_transport_close"},
	rORD7:      {"ORD-7", "an error callback is immediately followed by the close callback of the same endpoint"},
	rORD12:     {"ORD-12", "sessions and links open before their other callbacks"},
	rORD15:     {"ORD-15", "after on_receiver_drain_finish no message comes without new credit"},
	rORD16:     {"ORD-16", "an outcome is followed by on_tracker_settle of the same tracker"},
	rORD17:     {"ORD-17", "a message sent settled has no tracker callbacks"},
	rSCHED1:    {"SCHED-1", "a scheduled function runs once and not before its delay has passed"},
	rSCHED2:    {"SCHED-2", "scheduled functions run in the order of their due times"},
	rSCHED5:    {"SCHED-5", "a function scheduled with no delay runs"},
	rSCHED6:    {"SCHED-6", "a function scheduled for ever never runs"},
	rSCHED7:    {"SCHED-7", "a cancelled function does not run"},
	rDELIVERY1: {"DELIVERY-1", "an accepted message was received"},
	rDELIVERY2: {"DELIVERY-2", "no message is received more often than it was sent"},
	rDELIVERY3: {"DELIVERY-3", "no message is received that was not sent"},
	rCREDIT1:   {"CREDIT-1", "no more messages come than there was credit for"},
	rCRASH1:    {"CRASH-1", "nothing of a container runs after it has crashed"},
}

// Rules returns the rules that this package judges, in a fixed order.
func Rules() []Rule { return append([]Rule(nil), ruleTable[:]...) }

// Doc returns the sentence of the rule with the given id, and "" if this package
// does not judge it.
func Doc(id string) string {
	for i := range ruleTable {
		if ruleTable[i].ID == id {
			return ruleTable[i].Doc
		}
	}
	return ""
}
