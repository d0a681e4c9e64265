package uai

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Write writes a model so that Read gives it back, up to the rounding of exp and ln.
func Write(out io.Writer, m *Model) error {
	w := bufio.NewWriter(out)
	kind := "MARKOV"
	if m.Bayes {
		kind = "BAYES"
	}
	fmt.Fprintf(w, "%s\n%d\n", kind, len(m.Graph.Vars))
	for i, k := range m.Graph.Card() {
		if i > 0 {
			fmt.Fprint(w, " ")
		}
		fmt.Fprint(w, k)
	}
	fmt.Fprintf(w, "\n%d\n", len(m.Graph.Factors))
	for _, f := range m.Graph.Factors {
		fmt.Fprint(w, len(f.Vars))
		for _, v := range f.Vars {
			fmt.Fprint(w, " ", v)
		}
		fmt.Fprintln(w)
	}
	for _, f := range m.Graph.Factors {
		fmt.Fprintf(w, "\n%d\n", len(f.Log))
		for _, x := range f.Log {
			fmt.Fprint(w, " ", strconv.FormatFloat(math.Exp(x), 'g', -1, 64))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
