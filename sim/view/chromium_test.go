//go:build browser

package view_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim/view"
)

// The tests with tag browser open pages in Chromium, without a screen, and speak to
// it over two pipes in its DevTools protocol: JSON objects that end with a zero
// octet. Screenshots go to the directory that COLLIDER_SCREENSHOTS names, or are
// thrown away.

// patience bounds the waiting for Chromium; no test measures by it.
const patience = time.Minute

// browser is a Chromium, shared by the tests of a process.
type browser struct {
	cmd *exec.Cmd
	in  *os.File
	mu  sync.Mutex
	seq int
	// waiting are the calls without an answer, pages those that want events.
	waiting map[int]chan message
	pages   map[string]*tab
	closed  bool
}

// message is one of the protocol's, in either direction.
type message struct {
	ID        int             `json:"id,omitempty"`
	Session   string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Exception *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// chromium starts the browser at the first call.
var chromium = sync.OnceValues(func() (*browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("the tag browser needs chromium (Debian: apt-get install chromium): %w", err)
	}
	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		return nil, err
	}
	toR, toW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	fromR, fromW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--user-data-dir="+profile, "about:blank")
	cmd.ExtraFiles = []*os.File{toR, fromW} // 3 and 4, as the flag wants
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	toR.Close()
	fromW.Close()
	b := &browser{cmd: cmd, in: toW, waiting: map[int]chan message{}, pages: map[string]*tab{}}
	closeBrowser = func() {
		b.call("", "Browser.close", nil, nil)
		cmd.Wait()
		os.RemoveAll(profile)
	}
	go b.read(fromR)
	return b, nil
})

// closeBrowser ends the browser, if one was started.
var closeBrowser = func() {}

func init() { afterTests = func() { closeBrowser() } }

// read hands out what the browser says.
func (b *browser) read(from *os.File) {
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			break
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if c := b.waiting[m.ID]; m.ID != 0 && c != nil {
			delete(b.waiting, m.ID)
			c <- m
		} else if p := b.pages[m.Session]; p != nil {
			p.event(m)
		}
		b.mu.Unlock()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, c := range b.waiting {
		close(c)
	}
}

// call makes a call of the protocol and decodes its result.
func (b *browser) call(session, method string, params, result any) error {
	p, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer := make(chan message, 1)
	b.mu.Lock()
	b.seq++
	m := message{ID: b.seq, Session: session, Method: method, Params: p}
	if params == nil {
		m.Params = nil
	}
	closed := b.closed
	b.waiting[m.ID] = answer
	text, err := json.Marshal(m)
	if err == nil && !closed {
		_, err = b.in.Write(append(text, 0))
	}
	b.mu.Unlock()
	if err != nil || closed {
		return fmt.Errorf("%s: the browser is gone: %v", method, err)
	}
	select {
	case m, ok := <-answer:
		switch {
		case !ok:
			return fmt.Errorf("%s: the browser is gone", method)
		case m.Exception != nil:
			return fmt.Errorf("%s: %s", method, m.Exception.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer", method)
	}
}

// tab is an open page.
type tab struct {
	t       *testing.T
	b       *browser
	session string
	path    string
	loads   chan bool
	// complaints are what the page has written to its console, threw, or was refused.
	complaints []string
}

// event is called with the browser's lock held.
func (p *tab) event(m message) {
	switch m.Method {
	case "Page.loadEventFired":
		select {
		case p.loads <- true:
		default:
		}
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Network.requestWillBeSent":
		if text := string(m.Params); m.Method != "Network.requestWillBeSent" || !strings.Contains(text, `"url":"file:`) {
			p.complaints = append(p.complaints, m.Method+" "+text)
		}
	}
}

// open writes a run's page and opens it; state is its address's fragment.
func open(t *testing.T, name string, r *view.Run, state string) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".html")
	if err := os.WriteFile(path, write(t, "html", r), 0o644); err != nil {
		t.Fatal(err)
	}
	return openFile(t, path, state)
}

// openFile opens a page. When the test ends the page must not have complained.
func openFile(t *testing.T, path, state string) *tab {
	t.Helper()
	b, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	p := &tab{t: t, b: b, path: path, loads: make(chan bool, 1)}
	var target struct{ TargetID, SessionID string }
	p.must(b.call("", "Target.createTarget", args{"url": "about:blank"}, &target))
	id := target.TargetID
	p.must(b.call("", "Target.attachToTarget", args{"targetId": id, "flatten": true}, &target))
	p.session = target.SessionID
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	t.Cleanup(func() {
		b.mu.Lock()
		delete(b.pages, p.session)
		b.mu.Unlock()
		b.call("", "Target.closeTarget", args{"targetId": id}, nil)
		for _, c := range p.complaints {
			t.Errorf("the page complained: %s", c)
		}
	})
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.do(domain+".enable", nil, nil)
	}
	p.do("Performance.enable", args{"timeDomain": "threadTicks"}, nil)
	p.size(1600, 1000)
	p.load(state)
	return p
}

type args = map[string]any

func (p *tab) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) do(method string, params, result any) {
	p.t.Helper()
	p.must(p.b.call(p.session, method, params, result))
}

// load opens the page anew and waits until its script has run.
func (p *tab) load(state string) {
	p.t.Helper()
	p.do("Page.navigate", args{"url": "about:blank"}, nil)
	p.loaded()
	p.do("Page.navigate", args{"url": "file://" + p.path + "#" + state}, nil)
	p.loaded()
	if got := p.text(`document.body.dataset.ready || ""`); got != "1" {
		p.t.Fatalf("the script did not come to its end with %q", state)
	}
}

func (p *tab) loaded() {
	p.t.Helper()
	select {
	case <-p.loads:
	case <-time.After(patience):
		p.t.Fatal("the page does not load")
	}
}

func (p *tab) size(width, height int) {
	p.t.Helper()
	p.do("Emulation.setDeviceMetricsOverride", args{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// dark sets the scheme of colours that the page is to have.
func (p *tab) dark(on bool) {
	p.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	p.do("Emulation.setEmulatedMedia", args{"features": []args{{"name": "prefers-color-scheme", "value": value}}}, nil)
}

// eval returns the value of a JavaScript expression, a promise's when it is kept.
func (p *tab) eval(expression string, value any) {
	p.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	p.do("Runtime.evaluate", args{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if e := r.ExceptionDetails; e != nil {
		p.t.Fatalf("%s: %s %s", expression, e.Text, e.Exception.Description)
	}
	if value != nil && len(r.Result.Value) > 0 {
		p.must(json.Unmarshal(r.Result.Value, value))
	}
}

func (p *tab) text(expression string) string {
	p.t.Helper()
	var s string
	p.eval(expression, &s)
	return s
}

func (p *tab) number(expression string) float64 {
	p.t.Helper()
	var n float64
	p.eval(expression, &n)
	return n
}

// all returns the texts of the elements that a selector finds.
func (p *tab) all(selector string) []string {
	p.t.Helper()
	var out []string
	p.eval(fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent.replaceAll("\u200b", ""))`, selector), &out)
	return out
}

// has reports an error for each text that the page does not show.
func (p *tab) has(texts ...string) {
	p.t.Helper()
	body := p.text("document.body.innerText")
	for _, text := range texts {
		if !strings.Contains(body, text) {
			p.t.Errorf("the page does not show %q", text)
		}
	}
}

// keyNames are the keys whose name is not the character that they type.
var keyNames = map[rune]string{'↓': "ArrowDown", '↑': "ArrowUp", '⏎': "Enter", '⎋': "Escape", '⇟': "PageDown"}

// press presses keys one after another, as a keyboard does.
func (p *tab) press(keys string) {
	p.t.Helper()
	for _, k := range keys {
		key, named := keyNames[k]
		event := args{"type": "keyDown", "key": key}
		if !named {
			key = string(k)
			event = args{"type": "keyDown", "key": key, "text": key}
		}
		p.do("Input.dispatchKeyEvent", event, nil)
		p.do("Input.dispatchKeyEvent", args{"type": "keyUp", "key": key}, nil)
	}
	p.frame()
}

// click clicks on the first element that a selector finds, with the mouse.
func (p *tab) click(selector string) {
	p.t.Helper()
	var at []float64
	p.eval(fmt.Sprintf(`(() => { const b = document.querySelector(%q).getBoundingClientRect(); return [b.x + Math.min(b.width, 40) / 2, b.y + b.height / 2]; })()`, selector), &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.do("Input.dispatchMouseEvent", args{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1}, nil)
	}
	p.frame()
}

// frame waits until the page has been drawn again.
func (p *tab) frame() {
	p.t.Helper()
	p.eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`, nil)
}

// busy is the processor time of the page's thread so far, in milliseconds: what is
// measured by it does not depend on what else the machine does.
func (p *tab) busy() float64 {
	p.t.Helper()
	var r struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	p.do("Performance.getMetrics", nil, &r)
	for _, m := range r.Metrics {
		if m.Name == "TaskDuration" {
			return 1000 * m.Value
		}
	}
	p.t.Fatal("Chromium does not tell its time")
	return 0
}

// selected is the number of the selected event.
func (p *tab) selected() string { p.t.Helper(); return p.text("document.body.dataset.selected") }

func (p *tab) lanes() []string  { p.t.Helper(); return p.all(".lanename") }
func (p *tab) rows() []string   { p.t.Helper(); return p.all(".row") }
func (p *tab) marked() []string { p.t.Helper(); return p.all(".row.marked") }

// shot takes a screenshot.
func (p *tab) shot(name string) {
	p.t.Helper()
	p.frame()
	var r struct{ Data string }
	p.do("Page.captureScreenshot", args{"format": "png"}, &r)
	p.save(name+".png", r.Data, 20_000)
}

// paper prints the page and returns the number of sheets.
func (p *tab) paper(name string) int {
	p.t.Helper()
	var r struct{ Data string }
	p.do("Page.printToPDF", args{"preferCSSPageSize": true, "printBackground": true}, &r)
	return strings.Count(p.save(name+".pdf", r.Data, 10_000), "/Type /Page\n")
}

func (p *tab) save(name, data string, least int) string {
	p.t.Helper()
	b, err := base64.StdEncoding.DecodeString(data)
	p.must(err)
	dir := os.Getenv("COLLIDER_SCREENSHOTS")
	if dir == "" {
		dir = p.t.TempDir()
	}
	p.must(os.WriteFile(filepath.Join(dir, name), b, 0o644))
	if len(b) < least {
		p.t.Errorf("%s has %d octets only", name, len(b))
	}
	return string(b)
}
