package netsim

import (
	"strconv"
	"strings"
	"time"
)

// String returns the text form of f.
func (f Fault) String() string {
	var b strings.Builder
	arrow := "->"
	if f.Back {
		arrow = "<-"
	}
	b.WriteString(f.Kind.String() + " ")
	if f.Kind == Crash {
		b.WriteString(f.Host)
	}
	if f.Kind == Crash && f.From+f.To != "" {
		b.WriteString(" on ")
	}
	if f.Kind != Crash || f.From+f.To != "" {
		b.WriteString(f.From + arrow + f.To)
	}
	if f.Conn != 0 {
		b.WriteString("#" + strconv.Itoa(f.Conn))
	}
	if f.By != 0 {
		b.WriteString(" by " + f.By.String())
	}
	switch f.At.On {
	case OnByte:
		b.WriteString(" @byte " + strconv.FormatUint(f.At.Byte, 10))
	case OnTime:
		b.WriteString(" @time " + f.At.Time.String())
	case OnPredicate:
		b.WriteString(" @when " + f.At.Predicate)
	}
	if f.For != 0 {
		b.WriteString(" for " + f.For.String())
	}
	return b.String()
}

// MarshalText returns the text form of f.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the text form.
func (f *Fault) UnmarshalText(b []byte) error {
	g, err := ParseFault(string(b))
	if err == nil {
		*f = g
	}
	return err
}

// MustParseFault is ParseFault for constant texts: an error is a panic.
func MustParseFault(text string) Fault {
	f, err := ParseFault(text)
	if err != nil {
		panic(err)
	}
	return f
}

// ParseFault reads the text form of a fault. It accepts any white space between
// the words. Whether the fault makes sense is Validate's to say, but for the name
// of a predicate, which depends on the network.
func ParseFault(text string) (Fault, error) {
	var f Fault
	p := words{text: text, rest: strings.Fields(text)}
	f.Kind = p.kind()
	if f.Kind == Crash {
		f.Host = p.next("host")
	} else {
		p.selector(&f)
	}
	for len(p.rest) > 0 && p.err == nil {
		switch word := p.next("clause"); word {
		case "by":
			f.By = p.duration(f.By)
		case "on":
			if f.Kind != Crash || f.From != "" {
				p.fail("unexpected word \"on\"")
			}
			p.selector(&f)
		case "for":
			f.For = p.duration(f.For)
		case "@byte", "@time", "@when":
			if f.At.On != OnStart {
				p.fail("two triggers")
			}
			p.trigger(word, &f.At)
		default:
			p.fail("unknown word " + strconv.Quote(word))
		}
	}
	if p.err != nil {
		return Fault{}, p.err
	}
	if err := f.Validate(f.At.Predicate); err != nil {
		return Fault{}, err
	}
	return f, nil
}

// words are what is left of a text being parsed; the first error stays.
type words struct {
	text string
	rest []string
	err  error
}

func (p *words) fail(reason string) {
	if p.err == nil {
		p.err = &FaultError{Fault: strconv.Quote(p.text), Reason: reason}
	}
}

func (p *words) next(what string) string {
	if len(p.rest) == 0 {
		p.fail("no " + what)
		return ""
	}
	w := p.rest[0]
	p.rest = p.rest[1:]
	return w
}

func (p *words) kind() Kind {
	w := p.next("kind")
	for k := Reset; k < kinds; k++ {
		if kindText[k] == w {
			return k
		}
	}
	p.fail("unknown kind " + strconv.Quote(w))
	return 0
}

func (p *words) selector(f *Fault) {
	w := p.next("hosts")
	pair, number, numbered := strings.Cut(w, "#")
	if numbered {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			p.fail("bad number of a connection: " + strconv.Quote(number))
		}
		f.Conn = n
	}
	var ok bool
	if f.From, f.To, ok = strings.Cut(pair, "->"); ok {
		return
	}
	if f.From, f.To, ok = strings.Cut(pair, "<-"); ok {
		f.Back = true
		return
	}
	p.fail("no arrow in " + strconv.Quote(w))
}

func (p *words) duration(before time.Duration) time.Duration {
	w := p.next("duration")
	d, err := time.ParseDuration(w)
	if err != nil || d <= 0 || before != 0 {
		p.fail("bad duration " + strconv.Quote(w))
	}
	return d
}

func (p *words) trigger(word string, t *Trigger) {
	arg := p.next("argument of " + word)
	var err error
	switch word {
	case "@byte":
		t.On = OnByte
		t.Byte, err = strconv.ParseUint(arg, 10, 63)
	case "@time":
		t.On = OnTime
		t.Time, err = time.ParseDuration(arg)
	case "@when":
		t.On, t.Predicate = OnPredicate, arg
	}
	if err != nil {
		p.fail("bad argument of " + word + ": " + strconv.Quote(arg))
	}
}
