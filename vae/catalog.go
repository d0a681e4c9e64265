package vae

import (
	"strings"

	"github.com/elbo-go/elbo/internal/catalog"
)

// describe puts a model into the catalogue of the program. Models of the tests, which name no
// test, stay out.
func describe(s Spec) {
	if s.Test == "" {
		return
	}
	group, likelihoods, nets := catalog.Autoencoders, "all", "its own"
	if s.Tables {
		group = catalog.Densities
	}
	if s.Fixed != nil {
		likelihoods = strings.Join(s.Fixed, ", ")
	}
	if len(s.Nets) > 0 {
		nets = strings.Join(s.Nets, ", ")
	}
	catalog.Add(catalog.Entry{
		Group: group, Name: s.Name, Summary: s.Summary, Paper: s.Paper, Sections: s.Sections, Measured: s.Measured, Test: s.Test,
		Command: "elbo train " + s.Name, Notes: []catalog.Note{{Name: "likelihoods", Value: likelihoods}, {Name: "nets", Value: nets}},
	})
}
