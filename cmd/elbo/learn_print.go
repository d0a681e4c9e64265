package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/learn"
)

// describe fills in what the network is.
func (l *learned) describe(n *pgm.Network) {
	l.Variables, l.Edges = len(n.Vars), []edge{}
	pattern := learn.PatternOf(n.Parents)
	for v, ps := range n.Parents {
		for _, u := range ps {
			l.Edges = append(l.Edges, edge{n.Vars[u].Name, n.Vars[v].Name, pattern.Directed(u, v)})
		}
		k := len(n.Vars[v].States)
		l.Free += len(n.Tables[v].Log) / k * (k - 1)
	}
}

// print tells what was learnt.
func (f *learnFlags) print(out io.Writer, l *learned) error {
	switch {
	case f.quiet:
		return nil
	case f.json:
		return indented(out, l)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "data\t%s, %d rows\n", l.Data, l.Rows)
	fmt.Fprintf(w, "network\t%d variables, %d edges, %d free parameters\n", l.Variables, len(l.Edges), l.Free)
	l.printWork(w)
	fmt.Fprintf(w, "fit\tln p(data) %.4f, %.4f a row\n", l.LogLik, l.LogLik/float64(l.Rows))
	if t := l.Truth; t != nil {
		fmt.Fprintf(w, "truth\t%s: %d edges lacking, %d extra, structural Hamming distance %d", t.File, t.Lacking, t.Extra, t.Distance)
		if t.Value != 0 {
			fmt.Fprintf(w, ", %s %.4f", l.Score, t.Value)
		}
		fmt.Fprintln(w)
	}
	for i, e := range l.Edges {
		arrow, head := "→", ""
		if !e.Directed {
			arrow = "—" // the other direction would do as well
		}
		if i == 0 {
			head = "edges"
		}
		fmt.Fprintf(w, "%s\t%s %s %s\n", head, e.From, arrow, e.To)
	}
	fmt.Fprintf(w, "written\t%s, in %.3g s\n", l.Out, l.Seconds)
	return w.Flush()
}

// printWork tells how the network was found.
func (l *learned) printWork(w io.Writer) {
	if l.Score != "" {
		fmt.Fprintf(w, "found by\t%s: %s %.4f, %d tests, %d moves\n", l.Structure, l.Score, l.Value, l.Tests, l.Moves)
	}
	if l.Doubtful {
		fmt.Fprintln(w, "\tthe tests contradict each other: the directions are not theirs")
	}
	if len(l.Hidden) > 0 {
		fmt.Fprintf(w, "hidden\t%s\n", strings.Join(l.Hidden, ", "))
	}
	if n := len(l.Bounds); n > 0 {
		end := "still rising"
		if *l.Converged {
			end = "converged"
		}
		fmt.Fprintf(w, "bound\t%.4f after %d sweeps, %s\n", l.Bounds[n-1], n, end)
	}
}
