package crf

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// TestMarginalsAgreeWithEachOther: labels sum to 1, and pairs to the labels on either side.
func TestMarginalsAgreeWithEachOther(t *testing.T) {
	for k := range 40 {
		key := rng.New(51).At(uint64(k))
		n, steps := 1+k%7, 1+key.Rand().IntN(60)
		c := randomChain(key, n, steps, float64(1+k%2*200)) // both recursions
		m, err := c.Marginals()
		if err != nil {
			t.Fatal(err)
		}
		for s := range steps {
			sum := 0.
			for j := range n {
				p := m.Node[s*n+j]
				if sum += p; s == 0 {
					continue
				}
				left, right := 0., 0.
				for i := range n {
					left += m.Edge[(s-1)*n*n+j*n+i]
					right += m.Edge[(s-1)*n*n+i*n+j]
				}
				tk.Close(t, "pairs over the right label", left, m.Node[(s-1)*n+j], 1e-10)
				tk.Close(t, "pairs over the left label", right, p, 1e-10)
			}
			tk.Close(t, "sum of a step", sum, 1, 1e-10)
		}
	}
}

// TestConstantsMoveOnlyLogZ: c added to a step's scores, or to all transitions, cancels in p(y).
func TestConstantsMoveOnlyLogZ(t *testing.T) {
	c := randomChain(rng.New(52), 4, 9, 2)
	before, err := c.Marginals()
	if err != nil {
		t.Fatal(err)
	}
	best, score, _ := c.Viterbi()
	moved := Chain{4, slices.Clone(c.Unary), slices.Clone(c.Transition)}
	for j := range 4 {
		moved.Unary[4*3+j] += 1234
	}
	for k := range moved.Transition {
		moved.Transition[k] -= 77
	}
	const by = 1234 - 8*77
	after, err := moved.Marginals()
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "log Z", after.LogZ, before.LogZ+by, 1e-10)
	for i := range before.Node {
		tk.Close(t, "node", after.Node[i], before.Node[i], 1e-10)
	}
	y, s, _ := moved.Viterbi()
	tk.Close(t, "best score", s, score+by, 1e-10)
	if !reflect.DeepEqual(y, best) {
		t.Errorf("got best %v, want %v", y, best)
	}
}

// TestProbabilitiesOfAllLabellingsSumToOne under trained models.
func TestProbabilitiesOfAllLabellingsSumToOne(t *testing.T) {
	data := toy(rng.New(53), 40)
	m := fitted(t, data, nil)
	for _, s := range data[:15] {
		c, err := m.Chain(s.Rows)
		if err != nil {
			t.Fatal(err)
		}
		best, err := m.Predict(s.Rows)
		if err != nil {
			t.Fatal(err)
		}
		most, err := m.LogProb(Sequence{s.Rows, best})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.
		c.each(func(y []int) {
			labels := make([]string, len(y))
			for i, j := range y {
				labels[i] = m.labels[j]
			}
			p, err := m.LogProb(Sequence{s.Rows, labels})
			if err != nil || p > most+1e-12 {
				t.Fatalf("labels %v: got %v, %v, want at most %v", labels, p, err, most)
			}
			sum += math.Exp(p)
		})
		tk.Close(t, "sum of probabilities", sum, 1, 1e-10)
	}
}

// TestMoreWeightsFitBetter: with all pairs the minimum is over more weights; without transitions over fewer.
func TestMoreWeightsFitBetter(t *testing.T) {
	data := toy(rng.New(54), 80)
	loss := func(change func(*Config)) float64 { return fitted(t, data, change).Loss }
	few, some, all := loss(func(c *Config) { c.Independent = true }), loss(nil), loss(func(c *Config) { c.AllPairs = true })
	if !(all < some && some < few) {
		t.Errorf("got losses %v, %v and %v, want them to rise", all, some, few)
	}
	sparse, dense := fitted(t, data, func(c *Config) { c.L1 = 3 }), fitted(t, data, nil)
	if sparse.Weights() >= dense.Weights() {
		t.Errorf("got %d weights with λ₁ and %d without", sparse.Weights(), dense.Weights())
	}
}

// scorerChunks marks chunks by the two tables of the shared task's scorer, conlleval: of the marks of
// neighbours (and of whether the type changes) it tells where a chunk ends and where one begins.
func scorerChunks(labels []string) (out []chunk) {
	ends := map[string]bool{"EE": true, "EI": true, "EO": true, "IO": true, "BO": true, "BB": true, "IB": true}
	begins := map[string]bool{"OB": true, "BB": true, "IB": true, "EE": true, "EI": true, "OE": true, "OI": true}
	before, kind, open := "O", "", -1
	for t, label := range append(slices.Clone(labels), "O") {
		mark, now, _ := strings.Cut(label, "-")
		if open >= 0 && (ends[before+mark] || before != "O" && now != kind) {
			out, open = append(out, chunk{open, t, kind}), -1
		}
		if begins[before+mark] || mark != "O" && now != kind {
			open = t
		}
		before, kind = mark, now
	}
	return out
}

// TestChunksAreThoseOfTheScorer on random labels of the schemes IOB and IOE. It has no rule for B
// after E, which none of them has.
func TestChunksAreThoseOfTheScorer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 55))
	for _, scheme := range []string{"O B-X I-X B-Y I-Y", "O I-X E-X I-Y E-Y"} {
		names := strings.Fields(scheme)
		for range 5000 {
			labels := make([]string, r.IntN(9))
			for i := range labels {
				labels[i] = names[r.IntN(len(names))]
			}
			if got, want := chunksOf(labels), scorerChunks(labels); !reflect.DeepEqual(got, want) {
				t.Fatalf("%v: got %v, want %v", labels, got, want)
			}
		}
	}
}

// FuzzModel: a file of any bytes is refused or is a model that labels and is written again.
func FuzzModel(f *testing.F) {
	f.Add([]byte(good))
	f.Add(bytes.Replace([]byte(good), []byte("0,"), []byte("9,"), 3))
	f.Fuzz(func(t *testing.T, text []byte) {
		var m Model
		if json.Unmarshal(text, &m) != nil {
			return
		}
		width := m.encoder.width
		if width > 100 {
			return
		}
		row := slices.Repeat([]string{"a"}, width)
		if y, err := m.Predict([][]string{row, row}); err != nil || len(y) != 2 {
			t.Errorf("got %v, %v", y, err)
		}
		if _, err := json.Marshal(&m); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkForwardBackward(b *testing.B) {
	c := randomChain(rng.New(57), 22, 24, 2)
	node := make([]float64, len(c.Unary))
	var l lattice
	l.transitions(22, c.Transition)
	for b.Loop() {
		l.forward(c.Unary)
		l.backward(c.Unary, node)
	}
}

func BenchmarkLoss(b *testing.B) {
	data := conll(b, "train.txt.gz")[:1000]
	cfg := Default()
	o, w := problem(b, data, cfg)
	grad := make([]float64, len(w))
	for b.Loop() {
		if _, err := o.at(w, grad); err != nil {
			b.Fatal(err)
		}
	}
}
