package crf

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// layout is which weights there are: feature f has those of the labels label[start[f]:start[f+1]],
// at the same places of the weight vector; the C×C transitions follow them.
type layout struct {
	labels int
	start  []int32
	label  []int32
}

// size is the number of weights.
func (l *layout) size() int { return len(l.label) + l.labels*l.labels }

// corpus is sequences as numbers, in flat memory.
type corpus struct {
	first []int32 // of each sequence its first token, and the number of tokens
	at    []int32 // of each token its place in feats, and their number
	feats []int32 // features of the tokens
	label []int32 // T labels over all sequences; nil where they are not known
}

func (c *corpus) sequences() int { return len(c.first) - 1 }

// encoder turns sequences into a corpus.
type encoder struct {
	templates []Template
	width     int
	ids       map[string]int32
	grow      bool // whether unknown features get an id
	text      []byte
}

func newEncoder(templates []Template, grow bool) *encoder {
	e := &encoder{templates: templates, grow: grow, ids: map[string]int32{}}
	for _, t := range templates {
		for _, c := range t {
			e.width = max(e.width, c.Column+1)
		}
	}
	return e
}

// token appends the features of one token.
func (e *encoder) token(dst []int32, rows [][]string, t int) []int32 {
	for k, tpl := range e.templates {
		e.text = appendFeature(e.text[:0], k, tpl, rows, t)
		id, ok := e.ids[string(e.text)]
		if !ok && e.grow {
			id, ok = int32(len(e.ids)), true
			e.ids[string(e.text)] = id
		}
		if ok {
			dst = append(dst, id)
		}
	}
	return dst
}

// corpus encodes all of data; labels are numbered by index where it is given.
func (e *encoder) corpus(what string, data []Sequence, index map[string]int32) (*corpus, error) {
	c := &corpus{first: []int32{0}, at: []int32{0}}
	for i, s := range data {
		if err := checkRows(what, i, s, e.width); err != nil {
			return nil, err
		}
		for t := range s.Rows {
			c.feats = e.token(c.feats, s.Rows, t)
			if len(c.feats) > math.MaxInt32-len(e.templates) {
				return nil, fmt.Errorf("crf: %s: sequence %d: got more than %d features over all tokens", what, i, math.MaxInt32)
			}
			c.at = append(c.at, int32(len(c.feats)))
		}
		c.first = append(c.first, int32(len(c.at)-1))
		if index == nil {
			continue
		}
		if len(s.Labels) != len(s.Rows) {
			return nil, fmt.Errorf("crf: %s: sequence %d: labels: got %d, want %d", what, i, len(s.Labels), len(s.Rows))
		}
		for t, y := range s.Labels {
			j, ok := index[y]
			if !ok {
				return nil, fmt.Errorf("crf: %s: sequence %d: token %d: got unknown label %q", what, i, t, y)
			}
			c.label = append(c.label, j)
		}
	}
	return c, nil
}

// cut leaves out the features that occur less than least times, and numbers the others anew in the
// order in which they came.
func (e *encoder) cut(c *corpus, least int) {
	count := make([]int, len(e.ids))
	for _, f := range c.feats {
		count[f]++
	}
	anew, kept := make([]int32, len(count)), int32(0)
	for f, n := range count {
		if anew[f] = -1; n >= least {
			anew[f] = kept
			kept++
		}
	}
	for text, f := range e.ids {
		if anew[f] < 0 {
			delete(e.ids, text)
		} else {
			e.ids[text] = anew[f]
		}
	}
	out, from := c.feats[:0], int32(0)
	for t := 1; t < len(c.at); t++ {
		for _, f := range c.feats[from:c.at[t]] {
			if anew[f] >= 0 {
				out = append(out, anew[f])
			}
		}
		from, c.at[t] = c.at[t], int32(len(out))
	}
	c.feats = out
}

// pairsOf lays out a weight for each pair of a feature and a label that occur together in c, or for
// all pairs.
func pairsOf(c *corpus, features, labels int, all bool) (*layout, error) {
	words := (labels + 63) / 64
	seen := make([]uint64, features*words)
	for t := range len(c.at) - 1 {
		y := int(c.label[t])
		for _, f := range c.feats[c.at[t]:c.at[t+1]] {
			seen[int(f)*words+y/64] |= 1 << (y % 64)
		}
	}
	total := features * labels
	if !all {
		total = 0
		for _, w := range seen {
			total += bits.OnesCount64(w)
		}
	}
	if total > math.MaxInt32 {
		return nil, fmt.Errorf("crf: fit: got %d weights, want at most %d: raise the cut-off of features", total, math.MaxInt32)
	}
	l := &layout{labels: labels, start: make([]int32, 1, features+1), label: make([]int32, 0, total)}
	for f := range features {
		for y := range labels {
			if all || seen[f*words+y/64]>>(y%64)&1 == 1 {
				l.label = append(l.label, int32(y))
			}
		}
		l.start = append(l.start, int32(len(l.label)))
	}
	return l, nil
}

// labelsOf lists the labels of data in order.
func labelsOf(data []Sequence) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range data {
		for _, y := range s.Labels {
			if !seen[y] {
				seen[y], out = true, append(out, y)
			}
		}
	}
	slices.Sort(out)
	return out
}
