package message

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	for _, m := range []struct{ name, summary, paper, measured, test, command string }{
		{"sum-product", "marginals and ln Z of a declared factor graph, discrete or normal, by messages", "Kschischang, Frey & Loeliger 2001",
			"1,000 random trees equal enumeration to 1e-12; a chain of a million variables in 128 bytes each; 1, 2 and 4 workers to 1e-8",
			"pgm/message/discrete_test.go, pgm/message/schedule_test.go", "message.NewMessages"},
		{"max-product", "the best assignment of a declared factor graph by messages", "Pearl 1988",
			"the best of 300 random trees", "pgm/message/schedule_test.go", "message.NewMessages with Config.Max"},
		{"expectation propagation", "normal beliefs of a declared factor graph by moments, with powers of its factors", "Minka 2001; Minka 2004",
			"clutter to the printed digits, nearer to the exact answer than mean field", "pgm/message/ep_test.go", "message.NewMessages with Config.Alpha"},
		{"variational message passing", "mean field of a declared conjugate model, its bound by itself", "Winn & Bishop 2005",
			"mixtures, hidden Markov models, regressions and factors sweep by sweep or at their fixed points as the engines written by hand; the bound of 1,000 random models never falls",
			"pgm/message/programs_test.go, pgm/message/path_test.go, pgm/message/bounds_test.go, pgm/message/conjugate_test.go", "message.NewAscent"},
	} {
		catalog.Add(catalog.Entry{Group: "Message passing", Name: m.name, Summary: m.summary, Paper: m.paper, Sections: "D23, D25",
			Measured: m.measured, Test: m.test, Command: m.command})
	}
}
