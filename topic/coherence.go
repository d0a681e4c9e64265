package topic

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Top is the n likeliest words of each topic, likeliest first; of equals the smaller id first.
func (m *Model) Top(n int) [][]int {
	words, top := m.Words(), make([][]int, m.Topics)
	for k := range top {
		p := words[k*m.Vocabulary : (k+1)*m.Vocabulary]
		ids := make([]int, m.Vocabulary)
		for v := range ids {
			ids[v] = v
		}
		slices.SortFunc(ids, func(a, b int) int { return cmp.Or(cmp.Compare(p[b], p[a]), a-b) })
		top[k] = ids[:min(max(n, 0), len(ids))]
	}
	return top
}

// Coherence is the mean normalised pointwise mutual information of the pairs of words of each
// list (Lau, Newman & Baldwin 2014), where P counts documents of a reference corpus,
//
//	NPMI(v, w) = ln(P(v,w) / (P(v)P(w))) / −ln P(v,w),
//
// −1 for two that never meet and 1 for two that are never apart.
func Coherence(lists [][]int, docs *corpus.Corpus) ([]float64, error) {
	if err := docs.Check(); err != nil {
		return nil, err
	}
	where := map[int][]int{}
	for _, list := range lists {
		for _, v := range list {
			if v < 0 || v >= docs.Vocabulary {
				return nil, fmt.Errorf("topic: coherence: got word %d, want an id below %d", v, docs.Vocabulary)
			}
			where[v] = nil
		}
	}
	for d := range docs.Len() {
		for _, v := range docs.Doc(d).Terms {
			if in, ok := where[int(v)]; ok {
				where[int(v)] = append(in, d)
			}
		}
	}
	out := make([]float64, len(lists))
	for i, list := range lists {
		pairs := 0
		for a := range list {
			for b := range a {
				out[i] += npmi(where[list[a]], where[list[b]], docs.Len())
				pairs++
			}
		}
		if pairs == 0 {
			return nil, fmt.Errorf("topic: coherence: list %d: got %d words, want at least 2", i, len(list))
		}
		out[i] /= float64(pairs)
	}
	return out, nil
}

// npmi compares the sorted lists of documents of two words, of n documents in all.
func npmi(a, b []int, n int) float64 {
	both, j := 0, 0
	for _, d := range a {
		for j < len(b) && b[j] < d {
			j++
		}
		if j < len(b) && b[j] == d {
			both++
		}
	}
	switch both {
	case 0:
		return -1
	case n:
		return 1
	}
	p := float64(both) / float64(n)
	return math.Log(p*float64(n)*float64(n)/(float64(len(a))*float64(len(b)))) / -math.Log(p)
}
