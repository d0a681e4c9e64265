package data

import (
	"slices"
	"testing"
)

func TestListHoldsEverySetOnce(t *testing.T) {
	seen := map[string]bool{}
	generated := true
	for _, i := range List() {
		if seen[i.Name] {
			t.Errorf("%s is listed twice", i.Name)
		}
		seen[i.Name] = true
		if i.Name == "" || i.Summary == "" || i.Source == "" || len(i.Shape) == 0 || i.Train <= 0 {
			t.Errorf("incomplete entry %+v", i)
		}
		if i.Generated && !generated {
			t.Errorf("generated set %s comes after a named one", i.Name)
		}
		if i.Fetchable && i.Generated {
			t.Errorf("%s is generated and can be fetched", i.Name)
		}
		if i.Generated == (i.Folder != "") {
			t.Errorf("%s: generated %v with folder %q", i.Name, i.Generated, i.Folder)
		}
		generated = i.Generated
		if got, ok := Lookup(i.Name); !ok || got.Summary != i.Summary {
			t.Errorf("Lookup(%q) = %v, %v", i.Name, got, ok)
		}
	}
	if !seen["digits"] {
		t.Error("digits is missing")
	}
	if _, ok := Lookup("nothing"); ok {
		t.Error("found a set that nobody registered")
	}
}

func TestListedShapesAreCopies(t *testing.T) {
	i, _ := Lookup("digits")
	i.Shape[0] = 1
	if again, _ := Lookup("digits"); again.Shape[0] != 28 {
		t.Error("a caller changed the registry")
	}
}

func TestNearestNames(t *testing.T) {
	for _, c := range []struct{ name, want string }{{"digit", "digits"}, {"digist", "digits"}, {"digits2", "digits"}} {
		if got := nearest(c.name); len(got) == 0 || got[0] != c.want {
			t.Errorf("nearest(%q) = %v, want %s first", c.name, got, c.want)
		}
	}
	if got := nearest("completely-else"); len(got) != 0 {
		t.Errorf("nearest(completely-else) = %v, want none", got)
	}
}

func TestRegisteringTwiceIsRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second set named digits was accepted")
		}
		if !slices.Contains(knownNames(), "digits") {
			t.Error("digits is gone")
		}
	}()
	register(setSource{Info: Info{Name: "digits"}})
}
