package confine

import (
	"go/types"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestConfinedTypes holds the table against the container: every type with a
// method Connection is in it, and every member that it permits exists.
func TestConfinedTypes(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedName}, containerPath)
	if err != nil || len(pkgs) != 1 || len(pkgs[0].Errors) != 0 {
		t.Fatalf("package container cannot be loaded: %v, %v", err, pkgs)
	}
	free := map[string]bool{"Driver": true} // its owner's thread decides
	seen := 0
	scope := pkgs[0].Types.Scope()
	for _, name := range scope.Names() {
		obj, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || !obj.Exported() || obj.IsAlias() {
			continue
		}
		methods := types.NewMethodSet(types.NewPointer(obj.Type()))
		permitted, listed := confinedTypes[name]
		if methods.Lookup(pkgs[0].Types, "Connection") != nil && !listed && !free[name] {
			t.Errorf("%s has a connection and is not in the table", name)
		}
		if !listed {
			continue
		}
		seen++
		for _, member := range permitted {
			if methods.Lookup(pkgs[0].Types, member) == nil {
				t.Errorf("%s has no method %s, which the table permits", name, member)
			}
		}
	}
	if seen != len(confinedTypes) {
		t.Errorf("%d of %d types of the table exist", seen, len(confinedTypes))
	}
}
