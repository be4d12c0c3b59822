package container

import "testing"

func TestEnvIsTheOneOfTheOptions(t *testing.T) {
	if _, ok := New("c", nil, Options{}).Env().(productionEnv); !ok {
		t.Error("a container without an Env does not give Production()")
	}
	e := struct{ Env }{Production()}
	if New("c", nil, Options{Env: e}).Env() != e {
		t.Error("Env is not the one of the Options")
	}
}
