package check

import "github.com/collider-amqp/collider/sim/history"

// class is what the checkers make of an event's name.
type class uint8

const (
	cOther class = iota

	// Callbacks and work.
	cContainerStart
	cContainerStop
	cTransportOpen
	cTransportError
	cTransportClose
	cConnectionOpen
	cConnectionError
	cConnectionClose
	cWake
	cSessionOpen
	cSessionError
	cSessionClose
	cLinkOpen
	cLinkError
	cLinkDetach
	cLinkClose
	cTraffic // on_sendable, on_delivery_settle, on_sender_drain_start
	cMessage
	cOutcome
	cSettle
	cDrainFinish
	cError
	cListenOpen
	cListenAccept
	cListenClose
	cWork
	cScheduled

	// Operations.
	cOpAdd
	cOpQueueSchedule
	cOpQueueClose
	cOpWake
	cOpSchedule
	cOpCancel
	cOpConnect
	cOpListen
	cOpStop
	cOpAutoStop
	cOpRun
	cOpConnClose
)

// classOf classifies the name of a Begin or Call.
func classOf(name string) class {
	switch name {
	case history.Work:
		return cWork
	case history.OpAdd:
		return cOpAdd
	case history.OnMessage:
		return cMessage
	case history.OnSendable, history.OnDeliverySettle, history.OnSenderDrainStart:
		return cTraffic
	case history.OnTrackerAccept, history.OnTrackerReject, history.OnTrackerRelease:
		return cOutcome
	case history.OnTrackerSettle:
		return cSettle
	case history.OnConnectionWake:
		return cWake
	case history.OpWake:
		return cOpWake
	case history.Scheduled:
		return cScheduled
	case history.OpSchedule:
		return cOpSchedule
	case history.OpCancel:
		return cOpCancel
	}
	if c := classOfEndpoint(name); c != cOther {
		return c
	}
	return classOfRest(name)
}

func classOfEndpoint(name string) class {
	switch name {
	case history.OnTransportOpen:
		return cTransportOpen
	case history.OnTransportError:
		return cTransportError
	case history.OnTransportClose:
		return cTransportClose
	case history.OnConnectionOpen:
		return cConnectionOpen
	case history.OnConnectionError:
		return cConnectionError
	case history.OnConnectionClose:
		return cConnectionClose
	case history.OnSessionOpen:
		return cSessionOpen
	case history.OnSessionError:
		return cSessionError
	case history.OnSessionClose:
		return cSessionClose
	case history.OnSenderOpen, history.OnReceiverOpen:
		return cLinkOpen
	case history.OnSenderError, history.OnReceiverError:
		return cLinkError
	case history.OnSenderDetach, history.OnReceiverDetach:
		return cLinkDetach
	case history.OnSenderClose, history.OnReceiverClose:
		return cLinkClose
	}
	return cOther
}

func classOfRest(name string) class {
	switch name {
	case history.OnContainerStart:
		return cContainerStart
	case history.OnContainerStop:
		return cContainerStop
	case history.OnReceiverDrainFinish:
		return cDrainFinish
	case history.OnError:
		return cError
	case history.OnOpen:
		return cListenOpen
	case history.OnAccept:
		return cListenAccept
	case history.OnClose:
		return cListenClose
	case history.OpQueueSchedule:
		return cOpQueueSchedule
	case history.OpQueueClose:
		return cOpQueueClose
	case history.OpConnect:
		return cOpConnect
	case history.OpListen:
		return cOpListen
	case history.OpStop:
		return cOpStop
	case history.OpAutoStop:
		return cOpAutoStop
	case history.OpRun:
		return cOpRun
	case history.OpConnClose:
		return cOpConnClose
	}
	return cOther
}
