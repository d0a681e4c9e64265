package query

import "github.com/elbo-go/elbo/internal/catalog"

// register puts a method into the table, and into the catalogue where its package has not.
func register(m Method) {
	methods = append(methods, m)
	if _, in := catalog.Lookup(catalog.Graphical, m.Name); in {
		return
	}
	catalog.Add(catalog.Entry{Group: catalog.Graphical, Name: m.Name, Summary: m.Summary, Paper: m.Paper, Sections: "D19, D21",
		Measured: m.Measured, Test: m.Test, Command: "elbo query --method " + m.Name,
		Notes: []catalog.Note{{Name: "ln Z", Value: string(m.Worth)}}})
}
