package catalog

import (
	"fmt"
	"strings"
	"testing"
)

// full is an entry with every fact.
func full(group, name string) Entry {
	return Entry{Group: group, Name: name, Summary: "s", Paper: "p", Sections: "D1", Measured: "m", Test: "t", Command: "c"}
}

// alone runs a test with a catalogue of its own.
func alone(t *testing.T) {
	was := entries
	entries = nil
	t.Cleanup(func() { entries = was })
}

func TestEntriesAreSortedByGroupAndName(t *testing.T) {
	alone(t)
	for _, e := range [][2]string{{Nets, "vi"}, {Bounds, "iwae"}, {Nets, "dropout"}, {Autoencoders, "vae"}} {
		Add(full(e[0], e[1]))
	}
	var got []string
	for _, e := range Entries() {
		got = append(got, e.Name)
	}
	if fmt.Sprint(got) != "[vae dropout vi iwae]" {
		t.Errorf("got %v", got)
	}
	if got := fmt.Sprint(Groups()); got != "[Autoencoders Bayesian neural nets Bounds]" {
		t.Errorf("got groups %v", got)
	}
	if e, ok := Lookup(Nets, "vi"); !ok || e.Paper != "p" {
		t.Errorf("got %+v, %v", e, ok)
	}
	if _, ok := Lookup(Bounds, "vi"); ok {
		t.Error("found a method in another group")
	}
	Add(full(Priors, "normal"))
	Add(full(Guides, "normal")) // a name may be in both
	if got := Groups(); len(got) != 5 || got[3] != Guides || got[4] != Priors {
		t.Errorf("got groups %v, want guides and priors at their end", got)
	}
}

// panics returns what f panics with.
func panics(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}

func TestMistakesOfTheProgramPanic(t *testing.T) {
	alone(t)
	Add(full(Nets, "vi"))
	Add(full(Bounds, "vi")) // another group
	if got := panics(func() { Add(full(Nets, "vi")) }); !strings.Contains(got, "vi: registered twice") {
		t.Errorf("got %q", got)
	}
	e := full(Nets, "other")
	e.Measured = ""
	if got := panics(func() { Add(e) }); !strings.Contains(got, "empty fact") {
		t.Errorf("got %q", got)
	}
}

// What is returned is the caller's own: the next caller sees the catalogue as it was.
func TestTheCatalogueIsNotTheCallers(t *testing.T) {
	alone(t)
	Add(full(Nets, "b"))
	Add(full(Nets, "a"))
	list := Entries()
	list[0].Name = "changed"
	if got := Entries()[0].Name; got != "a" {
		t.Errorf("got %q, want a", got)
	}
	if len(Groups()) != 1 {
		t.Errorf("got groups %v, want one", Groups())
	}
}
