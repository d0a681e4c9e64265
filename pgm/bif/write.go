package bif

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/pgm"
)

// Write writes a network so that Read gives it back. Probabilities are printed with the digits
// that a float64 needs. Names that no quotation marks can hold are an error.
func Write(out io.Writer, n *pgm.Network) error {
	names, err := allNames(n)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "network unknown {\n}")
	for i, v := range n.Vars {
		fmt.Fprintf(w, "variable %s {\n  type discrete [ %d ] { %s };\n}\n", names[i][0], len(v.States), strings.Join(names[i][1:], ", "))
	}
	for i := range n.Vars {
		writeTable(w, n, names, i)
	}
	return w.Flush()
}

// allNames are the names of each variable and then its states, quoted where needed.
func allNames(n *pgm.Network) (names [][]string, err error) {
	for _, v := range n.Vars {
		list := slices.Concat([]string{v.Name}, v.States)
		for i, s := range list {
			if s == "" || strings.ContainsAny(s, marks+`"`) {
				return nil, fmt.Errorf("pgm: bif: write: got the name %q, want one without %s and quotation marks", s, marks)
			}
			if strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' }) || strings.HasPrefix(s, "//") || strings.HasPrefix(s, "/*") {
				list[i] = `"` + s + `"`
			}
		}
		names = append(names, list)
	}
	return names, nil
}

func writeTable(w *bufio.Writer, n *pgm.Network, names [][]string, i int) {
	f, parents := n.Tables[i], n.Parents[i]
	fmt.Fprintf(w, "probability ( %s", names[i][0])
	for k, p := range parents {
		fmt.Fprint(w, []string{" | ", ", "}[min(k, 1)], names[p][0])
	}
	fmt.Fprintln(w, " ) {")
	k := len(n.Vars[i].States)
	for row := 0; row*k < len(f.Log); row++ {
		head := "table"
		if len(parents) > 0 {
			head = "(" + assignment(names, parents, f.Card, row) + ")"
		}
		values := make([]string, k)
		for s := range values {
			values[s] = strconv.FormatFloat(math.Exp(f.Log[row*k+s]), 'g', -1, 64)
		}
		fmt.Fprintf(w, "  %s %s;\n", head, strings.Join(values, ", "))
	}
	fmt.Fprintln(w, "}")
}

// assignment names the states of the parents in a row.
func assignment(names [][]string, parents, card []int, row int) string {
	states := make([]string, len(parents))
	for k := len(parents) - 1; k >= 0; k-- {
		states[k] = names[parents[k]][1+row%card[k]]
		row /= card[k]
	}
	return strings.Join(states, ", ")
}
