package learn

import (
	"fmt"
	"math"
	"math/bits"
)

// MaxOptimal is the most variables that Optimal takes: its tables hold n·2^n numbers.
const MaxOptimal = 18

// Optimal finds the structure of the largest score of all, by dynamic programming over sets
// of variables: the best parents within each set, and then the best last variable of each set
// (Silander & Myllymäki 2006).
func Optimal(f Families) (*HillResult, error) {
	n := f.Len()
	if n > MaxOptimal {
		return nil, fmt.Errorf("pgm: learn: optimal structure: got %d variables, want at most %d", n, MaxOptimal)
	}
	score, choice := make([][]float64, n), make([][]uint32, n)
	for v := range n {
		score[v], choice[v] = bestParents(f, v)
	}
	best, last := make([]float64, 1<<n), make([]int, 1<<n)
	for set := uint32(1); set < 1<<n; set++ {
		best[set] = math.Inf(-1)
		for rest := set; rest != 0; rest &= rest - 1 {
			v := bits.TrailingZeros32(rest)
			before := set &^ (1 << v)
			if s := best[before] + score[v][before]; s > best[set] {
				best[set], last[set] = s, v
			}
		}
	}
	res := &HillResult{Parents: make([][]int, n)}
	for set := uint32(1)<<n - 1; set != 0; {
		v := last[set]
		set &^= 1 << v
		res.Parents[v] = members(choice[v][set])
	}
	res.Score = Structure(f, res.Parents)
	return res, nil
}

// bestParents finds, for each set of variables, the score of the best parents of v within it
// and what they are.
func bestParents(f Families, v int) (score []float64, choice []uint32) {
	score, choice = make([]float64, 1<<f.Len()), make([]uint32, 1<<f.Len())
	for set := range uint32(len(score)) {
		if set>>v&1 == 1 {
			continue
		}
		score[set], choice[set] = f.Score(v, members(set)), set
		for rest := set; rest != 0; rest &= rest - 1 {
			if less := set &^ (rest & -rest); score[less] >= score[set] {
				score[set], choice[set] = score[less], choice[less]
			}
		}
	}
	return score, choice
}

// members lists a set of variables.
func members(set uint32) (out []int) {
	for ; set != 0; set &= set - 1 {
		out = append(out, bits.TrailingZeros32(set))
	}
	return out
}

// Average is the posterior of all structures of few variables, with equal prior
// probabilities and a score that is ln p(D | structure).
type Average struct {
	// Count is the number of structures.
	Count int
	// LogEvidence is ln Σ p(D | structure) / Count.
	LogEvidence float64
	// Best is the structure of the largest score, the first among equals.
	Best *HillResult
	// Edge is P(u is a parent of v | D), by v and then u.
	Edge [][]float64
}

// MaxAverage is the most variables that Averaged takes: 29,281 structures.
const MaxAverage = 5

// Averaged goes through every structure (Koller & Friedman 2009, section 18.5).
func Averaged(f Families) (*Average, error) {
	n := f.Len()
	if n > MaxAverage {
		return nil, fmt.Errorf("pgm: learn: average over structures: got %d variables, want at most %d", n, MaxAverage)
	}
	a := &Average{Best: &HillResult{Score: math.Inf(-1)}, Edge: make([][]float64, n)}
	for v := range n {
		a.Edge[v] = make([]float64, n)
	}
	EachStructure(n, func(parents [][]int) {
		a.Count++
		if s := Structure(f, parents); s > a.Best.Score {
			a.Best.Score, a.Best.Parents = s, copyOf(parents)
		}
	})
	sum := 0.
	EachStructure(n, func(parents [][]int) {
		p := math.Exp(Structure(f, parents) - a.Best.Score)
		sum += p
		for v, ps := range parents {
			for _, u := range ps {
				a.Edge[v][u] += p
			}
		}
	})
	for _, row := range a.Edge {
		for u := range row {
			row[u] /= sum
		}
	}
	a.LogEvidence = a.Best.Score + math.Log(sum/float64(a.Count))
	return a, nil
}

// EachStructure calls f with every directed acyclic graph of n variables. The lists are used
// again.
func EachStructure(n int, f func(parents [][]int)) {
	parents := make([][]int, n)
	var pair func(u, v int)
	pair = func(u, v int) {
		if v == n {
			u, v = u+1, u+2
		}
		if v >= n {
			if acyclic(n, parents) == nil {
				f(parents)
			}
			return
		}
		pair(u, v+1)
		for _, e := range [][2]int{{u, v}, {v, u}} {
			kept := parents[e[1]]
			parents[e[1]] = append(kept, e[0])
			pair(u, v+1)
			parents[e[1]] = kept
		}
	}
	pair(0, 1)
}
