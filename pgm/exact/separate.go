package exact

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// Separated reports whether every path between xs and ys is blocked given the variables of
// given, which makes them independent in every distribution of the graph (Koller & Friedman
// 2009, algorithm 3.1).
func Separated(n *pgm.Network, xs, ys, given []int) (bool, error) {
	for _, v := range slices.Concat(xs, ys, given) {
		if v < 0 || v >= len(n.Vars) {
			return false, fmt.Errorf("pgm: exact: d-separation: got variable %d, want below %d", v, len(n.Vars))
		}
	}
	seen := marked(len(n.Vars), given)
	above := slices.Clone(seen) // given, and what lies above it
	for stack := slices.Clone(given); len(stack) > 0; {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, p := range n.Parents[v] {
			if !above[p] {
				above[p] = true
				stack = append(stack, p)
			}
		}
	}
	target, children := marked(len(n.Vars), ys), n.Children()
	type visit struct {
		v    int
		down bool // came from a parent
	}
	done, stack := map[visit]bool{}, []visit{}
	for _, x := range xs {
		stack = append(stack, visit{x, false})
	}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if done[at] {
			continue
		}
		done[at] = true
		if target[at.v] && !seen[at.v] {
			return false, nil
		}
		if !seen[at.v] {
			for _, c := range children[at.v] {
				stack = append(stack, visit{c, true})
			}
		}
		if !at.down && !seen[at.v] || at.down && above[at.v] {
			for _, p := range n.Parents[at.v] {
				stack = append(stack, visit{p, false})
			}
		}
	}
	return true, nil
}

func marked(n int, vs []int) []bool {
	marks := make([]bool, n)
	for _, v := range vs {
		marks[v] = true
	}
	return marks
}
