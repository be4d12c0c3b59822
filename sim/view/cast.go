package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim/history"
)

// cast says who the numbers of a history are: a container by the threads that run
// it and the addresses that it listens on and connects to, the others by their
// owner. A connection is said to be dialled or accepted if its container does only
// the one: no event tells.
type cast struct {
	all     []actor
	threads []actor // that run a container
	index   map[string]int
}

// actor is one of them.
type actor struct {
	Name string `json:"name"` // as words and domain call it: "connection 2"
	Is   string `json:"is"`
}

// actorFacts are what is known of one while a history is read.
type actorFacts struct {
	owner    string   // the container, or the queue's connection
	runs     []string // threads
	listens  []string
	connects []string
}

func newCast(h *history.History) *cast {
	c := &cast{index: map[string]int{}}
	var facts []actorFacts
	meet := func(word string, n uint32) *actorFacts {
		name := fmt.Sprintf("%s %d", word, n)
		i, ok := c.index[name]
		if !ok {
			i = len(c.all)
			c.index[name] = i
			c.all, facts = append(c.all, actor{Name: name}), append(facts, actorFacts{})
		}
		return &facts[i]
	}
	for i := range h.Events {
		e := &h.Events[i]
		owner := ""
		if e.Container != 0 {
			owner = fmt.Sprintf("container %d", e.Container)
			meet("container", e.Container).container(h, e)
			if e.Kind == history.Call && e.Name == history.OpRun {
				c.threads = append(c.threads, actor{h.Thread(e.Thread), "runs " + owner})
			}
		}
		if e.Listener != 0 {
			meet("listener", e.Listener).own(owner)
		}
		if e.Conn != 0 {
			meet("connection", e.Conn).own(owner)
			owner = fmt.Sprintf("connection %d", e.Conn)
		}
		if e.Queue != 0 {
			meet("queue", e.Queue).own(owner)
		}
	}
	for i := range c.all {
		var owner actorFacts
		if k, ok := c.index[facts[i].owner]; ok {
			owner = facts[k]
		}
		c.all[i].Is = facts[i].text(c.all[i].Name, &owner)
	}
	return c
}

func (f *actorFacts) own(owner string) {
	if f.owner == "" {
		f.owner = owner
	}
}

// container takes over what an event tells of its container.
func (f *actorFacts) container(h *history.History, e *history.Event) {
	if e.Kind != history.Call {
		return
	}
	add := func(to *[]string, text string) {
		if text != "" && !slices.Contains(*to, text) {
			*to = append(*to, text)
		}
	}
	switch e.Name {
	case history.OpRun:
		add(&f.runs, h.Thread(e.Thread))
	case history.OpListen:
		add(&f.listens, e.Text)
	case history.OpConnect:
		add(&f.connects, e.Text)
	}
}

// text says who an actor is, "" if nothing is known.
func (f *actorFacts) text(name string, owner *actorFacts) string {
	var parts []string
	list := func(before string, what []string) {
		const most = 4
		if n := len(what) - most; n > 0 {
			what = append(slices.Clone(what[:most]), fmt.Sprintf("%d more", n))
		}
		if len(what) > 0 {
			parts = append(parts, before+strings.Join(what, ", "))
		}
	}
	switch {
	case f.owner == "":
	case strings.HasPrefix(name, "connection") && len(owner.listens) > 0 && len(owner.connects) == 0:
		parts = append(parts, "accepted by "+f.owner)
	case strings.HasPrefix(name, "connection") && len(owner.connects) > 0 && len(owner.listens) == 0:
		parts = append(parts, "dialled by "+f.owner)
	case strings.HasPrefix(name, "queue") && strings.HasPrefix(f.owner, "connection"):
		parts = append(parts, "the work queue of "+f.owner)
	case strings.HasPrefix(name, "queue"):
		parts = append(parts, "a work queue of "+f.owner)
	default:
		parts = append(parts, "of "+f.owner)
	}
	list("run by ", f.runs)
	list("listens on ", f.listens)
	list("connects to ", f.connects)
	return strings.Join(parts, ", ")
}

// of returns the actors that texts name, each with those that its own text names,
// in the cast's order.
func (c *cast) of(texts []string) []actor {
	in := make([]bool, len(c.all))
	for again := true; again; {
		again = false
		for i := range c.all {
			if in[i] || c.all[i].Is == "" || !slices.ContainsFunc(texts, func(t string) bool { return names(t, c.all[i].Name) }) {
				continue
			}
			in[i], again = true, true
			texts = append(texts, c.all[i].Is)
		}
	}
	var out []actor
	for i := range c.all {
		if in[i] {
			out = append(out, c.all[i])
		}
	}
	return out
}

// names says whether a text contains a name that no digit follows.
func names(text, name string) bool {
	for {
		i := strings.Index(text, name)
		if i < 0 {
			return false
		}
		text = text[i+len(name):]
		if text == "" || text[0] < '0' || text[0] > '9' {
			return true
		}
	}
}
