package shim

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

const (
	// maxLine bounds a line of the protocol.
	maxLine = 1 << 20
	// maxLog bounds what is kept of the standard error.
	maxLog = 16 << 10
)

// process is the child: its pipes, the end of its log, and how it ended.
type process struct {
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *os.File
	log    tail
	ended  chan struct{} // closed when the process has ended and was waited for
	state  string        // how it ended; valid once ended is closed
	good   bool          // it ended with code 0; likewise
}

// spawn starts the command.
func spawn(o Options) (*process, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("shim: Options.Command is empty")
	}
	p := &process{cmd: exec.Command(o.Command[0], o.Command[1:]...), ended: make(chan struct{})}
	p.cmd.Dir = o.Dir
	p.cmd.Env = append(os.Environ(), o.Env...)
	p.cmd.Stderr = &p.log
	p.cmd.WaitDelay = time.Second // a grandchild may hold the standard error
	// Pipes of our own, since writes need deadlines and the read end must
	// outlive the process.
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("shim: %w", err)
	}
	stdout, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("shim: %w", err), in.Close(), stdin.Close())
	}
	p.stdin, p.stdout, p.cmd.Stdin, p.cmd.Stdout = stdin, stdout, in, out
	err = p.cmd.Start()
	in.Close()
	out.Close()
	if err != nil {
		stdin.Close()
		stdout.Close()
		return nil, fmt.Errorf("shim: start %s: %w", o.Command[0], err)
	}
	go p.wait()
	return p, nil
}

func (p *process) wait() {
	err := p.cmd.Wait()
	p.state, p.good = p.cmd.ProcessState.String(), p.cmd.ProcessState.Success()
	if errors.Is(err, exec.ErrWaitDelay) {
		p.state += ", with a child that holds its standard error"
	}
	// What the process wrote is still in the pipe; a grandchild that holds the
	// other end must not keep the reader for ever.
	p.stdout.SetReadDeadline(time.Now().Add(time.Second))
	close(p.ended)
}

// write sends one line.
func (p *process) write(line []byte, d time.Duration) error {
	p.stdin.SetWriteDeadline(time.Now().Add(d))
	_, err := p.stdin.Write(append(line, '\n'))
	return err
}

// lines calls f with each line of the standard output until its end or until f
// fails.
func (p *process) lines(f func([]byte) error) error {
	s := bufio.NewScanner(p.stdout)
	s.Buffer(make([]byte, 64<<10), maxLine)
	for s.Scan() {
		if err := f(s.Bytes()); err != nil {
			return err
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return &HarnessError{Reason: fmt.Sprintf("a line of more than %d octets", maxLine)}
	}
	return nil // end of file, or the deadline after the process's end
}

// finish closes the pipe to the process, waits d for its end, and kills it then.
func (p *process) finish(d time.Duration) {
	p.stdin.Close()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.ended:
	case <-t.C:
		p.kill()
	}
}

func (p *process) kill() {
	p.cmd.Process.Kill() // an error says that it has ended
	<-p.ended
}

// tail keeps the last maxLog octets written to it. It is safe for concurrent
// use.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - maxLog; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
