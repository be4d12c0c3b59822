package container

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for s, want := range map[string]address{
		"host":                            {"amqp", "", "", false, "host", "5672", ""},
		"host:1":                          {"amqp", "", "", false, "host", "1", ""},
		"//host/q":                        {"amqp", "", "", false, "host", "5672", "q"},
		"amqp://user:pass@host:1/a/b":     {"amqp", "user", "pass", true, "host", "1", "a/b"},
		"amqp://u%40x:p%2Fq@[::1]:1/q":    {"amqp", "u@x", "p/q", true, "::1", "1", "q"},
		":1":                              {"amqp", "", "", false, "", "1", ""},
		"host/topic/#":                    {"amqp", "", "", false, "host", "5672", "topic/#"},
		"host/q?x=1&y":                    {"amqp", "", "", false, "host", "5672", "q?x=1&y"},
		"host/100%":                       {"amqp", "", "", false, "host", "5672", "100%"},
		"amqp://host/topic://name with %": {"amqp", "", "", false, "host", "5672", "topic://name with %"},
		"host/topic://name":               {"amqp", "", "", false, "host", "5672", "topic://name"},
		"amqps://host/q":                  {"amqps", "", "", false, "host", "5671", "q"},
		"amqps://[::1]:1":                 {"amqps", "", "", false, "::1", "1", ""},
		"":                                {"amqp", "", "", false, "", "5672", ""},
		"host/":                           {"amqp", "", "", false, "host", "5672", ""},
		"host//q":                         {"amqp", "", "", false, "host", "5672", "/q"},
	} {
		if got, err := parseAddress(s); err != nil || got != want {
			t.Errorf("%q is %+v, %v, want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{"http://host", "amqp://ho st", "host:port", "amqp://[::1", "host?x", "host#x"} {
		_, err := parseAddress(s)
		var e *AddressError
		if !errors.As(err, &e) || e.Address != s || e.Error() == "" {
			t.Errorf("%q gave %v", s, err)
		}
	}
	if got := (address{host: "::1", port: "5"}).hostPort(); got != "[::1]:5" {
		t.Errorf("hostPort is %q", got)
	}
}

func TestAddressErrorKeepsThePassword(t *testing.T) {
	for _, s := range []string{
		"https://user:secret@host", "user:secret@ho?st/path", "//user:secret@host:port", "user:sec@ret@host:x/a@b",
		"amqp://user:secret@[::1", "x://user:secret@host/a:b@c",
	} {
		_, err := parseAddress(s)
		if err == nil || strings.Contains(err.Error(), "sec") || !strings.Contains(err.Error(), "user:***@") {
			t.Errorf("%s: the error is %v", s, err)
		}
	}
}
