package crf

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// toy is random sequences of two columns; the label follows the word and the label before.
func toy(key rng.Key, sentences int) []Sequence {
	r := key.Rand()
	words, kinds, labels := []string{"a", "b", "c", "d", "e"}, []string{"X", "Y"}, []string{"O", "B-P", "I-P"}
	out := make([]Sequence, sentences)
	for i := range out {
		before := 0
		for range 1 + r.IntN(7) {
			w := r.IntN(len(words))
			y := (w + before) % 3
			if r.IntN(5) == 0 {
				y = r.IntN(3)
			}
			out[i].Rows = append(out[i].Rows, []string{words[w], kinds[r.IntN(2)]})
			out[i].Labels = append(out[i].Labels, labels[y])
			before = y
		}
	}
	return out
}

// problem is the loss of a toy at random weights.
func problem(t testing.TB, data []Sequence, cfg Config) (*loss, []float64) {
	t.Helper()
	e := newEncoder(cfg.Templates, true)
	names := labelsOf(data)
	c, err := e.corpus("fit", data, indexOf(names))
	if err != nil {
		t.Fatal(err)
	}
	e.cut(c, cfg.MinCount)
	l, err := pairsOf(c, len(e.ids), len(names), cfg.AllPairs)
	if err != nil {
		t.Fatal(err)
	}
	w := make([]float64, l.size())
	rng.New(8).NormalFloat64(w)
	return newLoss(l, c, cfg), w
}

func small() Config {
	c := Default()
	c.Templates, c.L2 = append(Window(0, 1, 2), Window(1, 1)...), .3
	return c
}

// TestGradientsAreFiniteDifferences, of central ones with step h: an error of h² and rounding/h.
func TestGradientsAreFiniteDifferences(t *testing.T) {
	data := toy(rng.New(1), 12)
	for name, change := range map[string]func(*Config){
		"observed pairs": func(*Config) {},
		"all pairs":      func(c *Config) { c.AllPairs = true },
		"cut-off":        func(c *Config) { c.MinCount = 4 },
		"independent":    func(c *Config) { c.Independent = true },
		"no penalty":     func(c *Config) { c.L2 = 0 },
	} {
		cfg := small()
		change(&cfg)
		o, w := problem(t, data, cfg)
		free := len(w)
		if cfg.Independent {
			free = len(o.label)
			clear(w[free:])
		}
		grad, scratch := make([]float64, len(w)), make([]float64, len(w))
		if _, err := o.at(w, grad); err != nil {
			t.Fatal(err)
		}
		const h = 1e-5
		for i := range free {
			x := w[i]
			w[i] = x + h
			up, _ := o.at(w, scratch)
			w[i] = x - h
			down, _ := o.at(w, scratch)
			w[i] = x
			if want := (up - down) / (2 * h); math.Abs(grad[i]-want) > 1e-6*max(1, math.Abs(want)) {
				t.Errorf("%s: weight %d of %d: got slope %v, want %v", name, i, len(w), grad[i], want)
			}
		}
		for i := free; i < len(w); i++ {
			tk.Close(t, "slope of a transition that stays", grad[i], 0, 0)
		}
	}
}

// TestTheLossIsTheProbabilityOfTheLabels by the chains of a model with these weights.
func TestTheLossIsTheProbabilityOfTheLabels(t *testing.T) {
	data := toy(rng.New(2), 30)
	o, w := problem(t, data, small())
	value, err := o.at(w, make([]float64, len(w)))
	if err != nil {
		t.Fatal(err)
	}
	e := newEncoder(small().Templates, true)
	if _, err := e.corpus("", data, nil); err != nil {
		t.Fatal(err)
	}
	m := &Model{labels: labelsOf(data), layout: o.layout, encoder: e, w: w}
	want := 0.
	for _, x := range w {
		want += .15 * x * x
	}
	for _, s := range data {
		p, err := m.LogProb(s)
		if err != nil {
			t.Fatal(err)
		}
		want -= p
	}
	tk.Close(t, "loss", value, want, 1e-9)
}

// TestThreadsDoNotChangeABitOfTheLoss or of its gradient.
func TestThreadsDoNotChangeABitOfTheLoss(t *testing.T) {
	data := toy(rng.New(3), 100)
	var first []float64
	var value float64
	for _, workers := range []int{1, 2, 3, 8, 20} {
		cfg := small()
		cfg.Workers = workers
		o, w := problem(t, data, cfg)
		grad := make([]float64, len(w))
		v, _ := o.at(w, grad)
		if first == nil {
			first, value = grad, v
		}
		tk.Close(t, "loss", v, value, 0)
		for i := range grad {
			tk.Close(t, "slope", grad[i], first[i], 0)
		}
	}
}

func TestSequencesAreDealtOnceEach(t *testing.T) {
	for _, n := range []int{1, 2, 7, 8, 9, 100} {
		o, _ := problem(t, toy(rng.New(4).At(uint64(n)), n), small())
		at := 0
		for _, p := range o.parts {
			if p.from != at || p.to < p.from {
				t.Errorf("%d sequences: a shard of %d to %d begins after %d", n, p.from, p.to, at)
			}
			at = p.to
		}
		if at != n {
			t.Errorf("got %d sequences, want %d", at, n)
		}
	}
}
