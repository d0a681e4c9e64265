// Package catalog is the list of the methods that the program has, each registered by the package
// that implements it: what `elbo models` and docs/models.md print.
package catalog

import (
	"cmp"
	"fmt"
	"slices"
)

// The groups of entries.
const (
	Autoencoders = "Autoencoders"         // models of rows by latent codes
	Conjugate    = "Conjugate models"     // with closed-form updates, or engines of their own
	Nets         = "Bayesian neural nets" // models of a column by the others
	Bounds       = "Bounds"               // what the training of autoencoders maximises
	Densities    = "Densities of tables"  // models of rows by a change of variables
	Graphical    = "Graphical models"     // networks of discrete variables
	Guides       = "Guides of codes"      // families of q(z|x)
	Inference    = "Inference"            // of models written as a Go function
	Priors       = "Priors of codes"      // families of p(z)
)

// Entry describes a method.
type Entry struct {
	Group    string // one of the groups
	Name     string // as on the command line; different within the group
	Summary  string // one line
	Paper    string // "Author year"
	Sections string // sections of the specification
	Measured string // what a test or a benchmark measured
	Test     string // where: files of the tree, parted by ", "
	Command  string // that uses it, or the Go function that does
	Notes    []Note // further facts, the same names throughout a group
}

// Note is a named fact.
type Note struct {
	Name  string // of the column that shows it
	Value string // one line
}

var entries []Entry

// Add registers a method. It panics on one that is there already or lacks a fact, a mistake in
// the program.
func Add(e Entry) {
	if _, ok := Lookup(e.Group, e.Name); ok {
		panic(fmt.Sprintf("catalog: %s: %s: registered twice", e.Group, e.Name))
	}
	for _, fact := range []string{e.Group, e.Name, e.Summary, e.Paper, e.Sections, e.Measured, e.Test, e.Command} {
		if fact == "" {
			panic(fmt.Sprintf("catalog: %s: %s: got an empty fact in %+v, want all", e.Group, e.Name, e))
		}
	}
	entries = append(entries, e)
}

// Lookup returns the method of a group by its name.
func Lookup(group, name string) (Entry, bool) {
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Group == group && e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return entries[i], true
}

// Entries lists the methods by group and name.
func Entries() []Entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
}

// Groups lists the groups that have a method.
func Groups() (out []string) {
	for _, e := range Entries() {
		if len(out) == 0 || out[len(out)-1] != e.Group {
			out = append(out, e.Group)
		}
	}
	return out
}
