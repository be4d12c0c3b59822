package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// TestUpToDate compares the files in the tree with what the generator makes of the table.
func TestUpToDate(t *testing.T) {
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("..", "..")
	present, err := filepath.Glob(filepath.Join(dir, "*_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(present) != len(files) {
		t.Errorf("%d generated files in the tree, the generator writes %d", len(present), len(files))
	}
	for _, name := range sortedNames(files) {
		have, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(have, files[name]) {
			t.Errorf("%s is not what the generator writes: run go generate ./container/wire", name)
		}
	}
}

// TestReproducible generates twice.
func TestReproducible(t *testing.T) {
	first, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	second, _ := generate()
	for _, name := range sortedNames(first) {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s differs from run to run", name)
		}
	}
}

func TestNames(t *testing.T) {
	for _, row := range []struct{ name, exported, unexported string }{
		{"delivery-id", "DeliveryID", "deliveryID"},
		{"ttl", "TTL", "ttl"},
		{"sasl-code", "SASLCode", "saslCode"},
		{"idle-time-out", "IdleTimeOut", "idleTimeOut"},
		{"connection:framing-error", "ConnectionFramingError", ""},
		{"role", "Role", "role"},
	} {
		if got := goName(row.name); got != row.exported {
			t.Errorf("goName(%q) = %s, want %s", row.name, got, row.exported)
		}
		if got := lowerName(row.name); row.unexported != "" && got != row.unexported {
			t.Errorf("lowerName(%q) = %s, want %s", row.name, got, row.unexported)
		}
	}
}

// TestUnknownFieldType holds the generator to saying what it cannot do instead of writing something.
func TestUnknownFieldType(t *testing.T) {
	typ := &spec.Type{Name: "x", Class: spec.Composite, Fields: []spec.Field{{Name: "f", Type: "float"}}}
	for _, f := range []spec.Field{
		{Name: "f", Type: "float"},
		{Name: "f", Type: "*", Requires: "nothing"},
		{Name: "f", Type: "uint", Multiple: true},
	} {
		if _, err := kindOf(typ, f); err == nil {
			t.Errorf("kindOf(%+v) has no error", f)
		}
	}
	g := new(generator)
	g.typeOf(typ)
	if g.err == nil {
		t.Error("a type with an unknown field type is generated without error")
	}
}
