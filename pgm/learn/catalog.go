package learn

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	add := func(name, summary, paper, measured, test, command string) {
		catalog.Add(catalog.Entry{Group: catalog.Graphical, Name: name, Summary: summary, Paper: paper, Sections: "D19",
			Measured: measured, Test: test, Command: command})
	}
	for _, s := range Searches() {
		add("learn/"+s.Name, s.Summary, s.Paper, s.Measured, "pgm/learn/recover_test.go, pgm/learn/pc_test.go, pgm/learn/hill_test.go", "elbo learn --structure "+s.Name)
	}
	add("learn/em", "tables with hidden variables and missing cells, at a mode", "Lauritzen 1995",
		"counts of 300 random networks by enumeration within 1e-11; the bound never falls", "pgm/learn/em_test.go", "elbo learn --structure FILE.bif")
	add("learn/vb", "tables with hidden variables and missing cells, a posterior of each row", "Beal & Ghahramani 2003",
		"bound between the best completion and the evidence on 100 networks; never falls", "pgm/learn/em_test.go", "elbo learn --structure FILE.bif --bayes")
}
