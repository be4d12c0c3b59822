package sim

import (
	"path"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Frame is a place in a program.
type Frame struct {
	// Func is the function's name with its package path.
	Func string
	// File is the file's path as the compiler knows it.
	File string
	// Line is the line.
	Line int
}

// String returns "dir/file.go:12", with the last directory only.
func (f Frame) String() string {
	dir, file := path.Split(f.File)
	return path.Join(path.Base(dir), file) + ":" + strconv.Itoa(f.Line)
}

// maxFrames bounds the source lines reported for one thread.
const maxFrames = 16

// kernelPrefix begins the names of the functions of this package.
var kernelPrefix = reflect.TypeFor[World]().PkgPath() + "."

// isKernel says whether a function is none of the user's.
func isKernel(function, file string) bool {
	if strings.HasPrefix(function, kernelPrefix) {
		return !strings.HasSuffix(file, "_test.go")
	}
	for _, p := range plumbing {
		if strings.HasPrefix(function, p) {
			return true
		}
	}
	return false
}

// plumbing begins the names of functions of the standard library that stand
// between a program and the place where it waits.
var plumbing = []string{
	"runtime.", "runtime/", "internal/", "sync.", "sync/", "iter.", "time.", "context.", "reflect.", "testing.",
}

// callers returns the user's frames of the calling goroutine, innermost first.
func callers(skip int) []Frame {
	var pcs [64]uintptr
	return userFrames(pcs[:runtime.Callers(skip+1, pcs[:])])
}

func userFrames(pcs []uintptr) []Frame {
	if len(pcs) == 0 {
		return nil
	}
	var out []Frame
	for frames := runtime.CallersFrames(pcs); len(out) < maxFrames; {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			out = nil // what stands above deals with the panic; the cause stands below
		}
		if f.Function != "" && !isKernel(f.Function, f.File) {
			out = append(out, Frame{f.Function, f.File, f.Line})
		}
		if !more {
			break
		}
	}
	return out
}

// stack returns the calling goroutine's stack, trimmed.
func stack() string { return trimStack(string(debug.Stack())) }

// trimStack removes the kernel's and the runtime's frames from a goroutine's
// stack trace, whose first line tells the goroutine.
func trimStack(trace string) string {
	lines := strings.Split(strings.TrimRight(trace, "\n"), "\n")
	out := lines[:1:1]
	for i := 1; i+1 < len(lines); i += 2 {
		if fn, file, _ := stackFrame(lines[i], lines[i+1]); !isKernel(fn, file) {
			out = append(out, lines[i], lines[i+1])
		}
	}
	return strings.Join(out, "\n")
}

// stackFrame parses the two lines of a frame in a stack trace.
func stackFrame(call, place string) (fn, file string, line int) {
	fn = strings.TrimPrefix(call, "created by ")
	if i := strings.LastIndexByte(fn, '('); i > 0 {
		fn = fn[:i]
	}
	file = strings.TrimSpace(place)
	if i := strings.LastIndex(file, " +0x"); i > 0 {
		file = file[:i]
	}
	if i := strings.LastIndexByte(file, ':'); i > 0 {
		line, _ = strconv.Atoi(file[i+1:])
		file = file[:i]
	}
	if fn == "panic" || strings.HasPrefix(call, "created by ") {
		return "runtime.", file, line
	}
	return fn, file, line
}

// stackFrames returns the user's frames of a stack trace.
func stackFrames(trace string) []Frame {
	var out []Frame
	lines := strings.Split(trace, "\n")
	for i := 1; i+1 < len(lines) && len(out) < maxFrames; i += 2 {
		if fn, file, line := stackFrame(lines[i], lines[i+1]); !isKernel(fn, file) {
			out = append(out, Frame{fn, file, line})
		}
	}
	return out
}

// goroutineID returns the number of the calling goroutine.
func goroutineID() uint64 {
	var b [32]byte
	s := strings.TrimPrefix(string(b[:runtime.Stack(b[:], false)]), "goroutine ")
	s, _, _ = strings.Cut(s, " ")
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}
