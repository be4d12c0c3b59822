package command

import (
	"strings"
	"testing"
)

func TestShimUsage(t *testing.T) {
	for _, k := range []struct {
		args []string
		want string
	}{
		{[]string{"shim"}, "name the shim's command"},
		{[]string{"shim", "-runs", "0", "--", "true"}, "positive"},
		{[]string{"shim", "-program", "juggling", "--", "true"}, "work-queue-order"},
		{[]string{"shim", "--", "/nonexistent/shim"}, "nonexistent"},
		{[]string{"shim", "--", "echo", "hello"}, "hello"},
		{[]string{"shim", "--", "true"}, "conform shim:"},
		{[]string{"shim", "-jsn", "--", "true"}, "did you mean"},
	} {
		code, stdout, stderr := run(t, nil, k.args...)
		if code != 2 || !strings.Contains(stderr, k.want) {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q; want 2 and %q", k.args, code, stdout, stderr, k.want)
		}
	}
}

func TestShimHelp(t *testing.T) {
	code, stdout, _ := run(t, nil, "shim", "-h")
	if code != 0 || !strings.Contains(stdout, "conform shim -- ./proton-shim") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
}
