package sim

import "strings"

// waitsFor returns the thread that t waits for, if that is known: the holder of a
// lock, or the thread that it joins.
func (t *Thread) waitsFor() *Thread {
	if t.at >= 0 || t.object == nil || t.state >= threadDone {
		return nil
	}
	if u, ok := t.object.label.(*Thread); ok {
		return u
	}
	return t.object.holder
}

// cycle returns a cycle of threads that wait for one another, as "a waits for b,
// b waits for a", or nothing if there is none.
func (w *World) cycle() string {
	for _, t := range w.threads {
		u := t.waitsFor()
		for n := 0; u != nil && u != t && n < len(w.threads); n++ {
			u = u.waitsFor()
		}
		if u != t {
			continue
		}
		var b strings.Builder
		for u = t; b.Len() == 0 || u != t; u = u.waitsFor() {
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			b.WriteString(u.Name() + " waits for " + u.waitsFor().Name())
		}
		return b.String()
	}
	return ""
}

// hideAddresses replaces the addresses that printing a value may have put into a
// message, so that equal runs have equal messages.
func hideAddresses(s string) string {
	const prefix, digits = "0x", "0123456789abcdef"
	var b strings.Builder
	for {
		i := strings.Index(s, prefix)
		if i < 0 {
			return b.String() + s
		}
		rest := strings.TrimLeft(s[i+len(prefix):], digits)
		b.WriteString(s[:i])
		if n := len(s) - i - len(rest); n >= len(prefix)+8 {
			b.WriteString("0x…")
		} else {
			b.WriteString(s[i : i+n])
		}
		s = rest
	}
}
