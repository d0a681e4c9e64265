package topic

import (
	"fmt"
	"math"
)

// Topics count as duplicates of one another from this cosine of their words' probabilities, and
// a model as collapsed when more than this share of its topics has a duplicate.
const (
	duplicateCosine = 0.9
	collapsedShare  = 0.2
)

// Duplicated is the share of topics that have a duplicate: another topic whose E β has a cosine
// of 0.9 or more with theirs. Topics without words of their own are none.
func (m *Model) Duplicated() float64 {
	k := m.Topics
	words, prior := m.Words(), m.Eta*float64(m.Vocabulary)
	length := make([]float64, k)
	for j := range length {
		p := words[j*m.Vocabulary : (j+1)*m.Vocabulary]
		length[j] = math.Sqrt(dot(p, p))
	}
	twin, used := make([]bool, k), m.sums()
	for a := range k {
		for b := range a {
			if used[a]-prior < 1 || used[b]-prior < 1 {
				continue
			}
			c := dot(words[a*m.Vocabulary:(a+1)*m.Vocabulary], words[b*m.Vocabulary:(b+1)*m.Vocabulary])
			if c >= duplicateCosine*length[a]*length[b] {
				twin[a], twin[b] = true, true
			}
		}
	}
	n := 0
	for _, t := range twin {
		if t {
			n++
		}
	}
	return float64(n) / float64(k)
}

// Alarm is an error when topics have collapsed: when more than a fifth of them has a duplicate.
// Amortised topic models are known for it; a batch fit whose documents cannot tell its topics
// apart, or one with far too many topics, ends there too.
func (m *Model) Alarm() error {
	if share := m.Duplicated(); share > collapsedShare {
		return fmt.Errorf("topic: collapse: got %.0f%% of %d topics with a duplicate, want at most %.0f%%: fit fewer topics, or from another seed",
			100*share, m.Topics, 100*collapsedShare)
	}
	return nil
}
