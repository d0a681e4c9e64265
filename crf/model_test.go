package crf

import (
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// TestTheGradientIsExpectedLessObservedByEnumeration of every labelling of every sequence.
func TestTheGradientIsExpectedLessObservedByEnumeration(t *testing.T) {
	data := toy(rng.New(61), 10)
	for i := range data {
		n := min(len(data[i].Rows), 5)
		data[i].Rows, data[i].Labels = data[i].Rows[:n], data[i].Labels[:n]
	}
	cfg := small()
	cfg.L2 = 0
	o, w := problem(t, data, cfg)
	want := make([]float64, len(w))
	place := func(f, y int32) int { // of a weight, −1 if there is none
		for k := o.start[f]; k < o.start[f+1]; k++ {
			if o.label[k] == y {
				return int(k)
			}
		}
		return -1
	}
	// count adds p times the features of labels y over the tokens from a on, and returns their score.
	count := func(a int32, y []int, p float64) (score float64) {
		add := func(k int) { want[k] += p; score += w[k] }
		for i, j := range y {
			tok := a + int32(i)
			for _, f := range o.c.feats[o.c.at[tok]:o.c.at[tok+1]] {
				if k := place(f, int32(j)); k >= 0 {
					add(k)
				}
			}
			if i > 0 {
				add(len(o.label) + y[i-1]*o.labels + j)
			}
		}
		return score
	}
	for s := range o.c.sequences() {
		a, b := o.c.first[s], o.c.first[s+1]
		all := Chain{o.labels, make([]float64, int(b-a)*o.labels), nil}
		z := 0.
		all.each(func(y []int) { z += math.Exp(count(a, y, 0)) })
		all.each(func(y []int) { count(a, y, math.Exp(count(a, y, 0))/z) })
		gold := make([]int, b-a)
		for i := range gold {
			gold[i] = int(o.c.label[int(a)+i])
		}
		count(a, gold, -1)
	}
	grad := make([]float64, len(w))
	if _, err := o.at(w, grad); err != nil {
		t.Fatal(err)
	}
	for k := range w {
		tk.Close(t, "slope", grad[k], want[k], 1e-10)
	}
}

// TestALatticeForgetsTheSequenceBefore, whatever its length, labels and recursion.
func TestALatticeForgetsTheSequenceBefore(t *testing.T) {
	var used lattice
	for k, c := range []Chain{
		randomChain(rng.New(62), 5, 30, 1), randomChain(rng.New(63), 2, 3, 400), randomChain(rng.New(64), 7, 40, 2),
		randomChain(rng.New(65), 1, 1, 1), randomChain(rng.New(66), 3, 80, 300), randomChain(rng.New(67), 5, 2, 1),
	} {
		want, err := c.Marginals()
		if err != nil {
			t.Fatal(err)
		}
		node := make([]float64, len(c.Unary))
		used.transitions(c.Labels, c.Transition)
		tk.Close(t, "log Z", used.forward(c.Unary), want.LogZ, 0)
		used.backward(c.Unary, node)
		if !reflect.DeepEqual(node, want.Node) {
			t.Errorf("chain %d: the marginals differ", k)
		}
		sum := make([]float64, c.Labels*c.Labels)
		used.addEdges(sum)
		for i, v := range sum {
			for s := range c.Len() - 1 {
				v -= want.Edge[s*len(sum)+i]
			}
			tk.Close(t, "expected transitions less pairs", v, 0, 1e-11)
		}
	}
}

// TestModelsAreReadByManyThreads at a time, with unknown words among the known.
func TestModelsAreReadByManyThreads(t *testing.T) {
	m := fitted(t, toy(rng.New(68), 50), nil)
	data := toy(rng.New(69), 100)
	for i := range data {
		data[i].Rows = append(slices.Clone(data[i].Rows), []string{"unknown", "Z"})
	}
	want, err := m.PredictAll(data, 1)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got, err := m.PredictAll(data, 3); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("labels differ between threads (%v)", err)
			}
		})
	}
	wg.Wait()
	c, err := m.Chain([][]string{{"unknown", "Z"}, {"unknown", "Z"}, {"unknown", "Z"}})
	if err != nil {
		t.Fatal(err)
	}
	if mid := c.Unary[c.Labels : 2*c.Labels]; slices.Max(mid) != 0 || slices.Min(mid) != 0 {
		t.Errorf("got scores %v of a token of which nothing is known, want 0", mid)
	}
}
