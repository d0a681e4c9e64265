package data

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/internal/text"
)

// Info describes a registered data set.
type Info struct {
	// Name is what `--data` takes; Summary says in one line what the rows are.
	Name, Summary string
	// Source says where the rows come from.
	Source string
	// Shape is the shape of one row.
	Shape []int
	// Train, Valid and Test count the rows of each part as published. Valid is 0 where the
	// set has no validation part of its own; [Open] then takes one out of Train.
	Train, Valid, Test int
	// Classes counts the labels; 0 if there are none.
	Classes int
	// Generated tells that the rows are computed, so that the set is always there.
	Generated bool
	// Folder is the folder under a data root that holds the files; empty for generated sets.
	Folder string
	// Fetchable tells that [Fetch] knows an address of the files.
	Fetchable bool
}

// setParts is a data set as its source gives it, before the fixed shuffle; valid and test may be nil.
type setParts struct{ train, valid, test *Set }

// setSource is a registered data set with the function that makes or reads its rows, and for
// a named set its files and the folders on the web that are known to hold them.
type setSource struct {
	Info
	load      func(ctx context.Context, spec Spec) (setParts, error)
	files     []remoteFile
	addresses []string
}

var registered = map[string]setSource{}

// register adds a set; each one calls it from an init function in its own file.
func register(s setSource) {
	if _, ok := registered[s.Name]; ok {
		panic(fmt.Sprintf("data: register: set %q is registered twice", s.Name))
	}
	registered[s.Name] = s
}

// List returns the registered sets: the generated ones first, then by name.
func List() []Info {
	out := make([]Info, 0, len(registered))
	for _, s := range registered {
		out = append(out, s.Info.clone())
	}
	slices.SortFunc(out, func(a, b Info) int {
		if a.Generated != b.Generated {
			if a.Generated {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}

// Lookup returns the registered set of that name.
func Lookup(name string) (Info, bool) {
	s, ok := registered[name]
	return s.Info.clone(), ok
}

func (i Info) clone() Info {
	i.Shape = slices.Clone(i.Shape)
	return i
}

// knownNames returns the registered names in the order of List.
func knownNames() []string {
	var out []string
	for _, i := range List() {
		out = append(out, i.Name)
	}
	return out
}

// nearest returns the registered names whose edit distance to name is at most a third of
// its length (at least 2), or that have it as a prefix, the closest first.
func nearest(name string) []string {
	type match struct {
		name string
		dist int
	}
	var found []match
	for _, n := range knownNames() {
		d := text.Distance(name, n)
		prefix := len(name) >= 2 && len(n) > len(name) && n[:len(name)] == name
		if d <= max(2, len(name)/3) || prefix {
			found = append(found, match{n, d})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.dist, b.dist) })
	var out []string
	for _, m := range found {
		out = append(out, m.name)
	}
	return out
}
