package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

// words says which objects an event is about: "connection 1, queue 2, job 4".
func words(o *history.Event) string {
	var parts []string
	add := func(word string, n uint64) {
		if n != 0 {
			parts = append(parts, word+" "+strconv.FormatUint(n, 10))
		}
	}
	add("container", uint64(o.Container))
	add("listener", uint64(o.Listener))
	add("connection", uint64(o.Conn))
	add("session", uint64(o.Session))
	add("link", uint64(o.Link))
	add("queue", uint64(o.Queue))
	add(itemWord(o), o.Item)
	if o.Count != 0 {
		parts = append(parts, countWord(o))
	}
	return strings.Join(parts, ", ")
}

// itemWord says what the Item of an event numbers.
func itemWord(o *history.Event) string {
	switch o.Name {
	case history.Work, history.OpAdd, history.OpQueueSchedule:
		return "job"
	case history.Scheduled, history.OpSchedule, history.OpCancel:
		return "timer"
	}
	if o.Link != 0 || strings.HasPrefix(o.Name, "on_") || o.Kind == history.Note {
		return "message"
	}
	return "item"
}

func countWord(o *history.Event) string {
	n := strconv.FormatInt(o.Count, 10)
	switch o.Name {
	case history.OnSendable, history.NoteCredit, history.NoteCreditReset:
		return "credit " + n
	case history.OpQueueSchedule, history.OpSchedule:
		return "delay " + time.Duration(o.Count).String()
	case history.OpRun:
		return "threads " + n
	}
	return "count " + n
}

// domain names the lane of an event when there is one for each connection: the
// connection, listener or queue whose events follow each other, or else the
// container.
func domain(o *history.Event) string {
	number := func(word string, n uint32) string { return word + " " + strconv.FormatUint(uint64(n), 10) }
	switch {
	case o.Conn != 0:
		return number("connection", o.Conn)
	case o.Listener != 0:
		return number("listener", o.Listener)
	case o.Queue != 0:
		return number("queue", o.Queue)
	case o.Container != 0:
		return number("container", o.Container)
	case o.Link != 0:
		return number("link", o.Link)
	}
	return "scenario"
}

// class is the sort of an event, by which the page colours it.
func class(o *history.Event) string {
	switch o.Kind {
	case history.Begin, history.End:
		if o.Name == history.Work || o.Name == history.Scheduled {
			return "work"
		}
		return "callback"
	case history.Call, history.Return:
		return "call"
	case history.Frame:
		return "frame"
	case history.Fault:
		return "fault"
	}
	return "note"
}
