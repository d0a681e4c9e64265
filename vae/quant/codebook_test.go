package quant

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
)

// training makes a step of a program a training step that returns numbers, loss and figures.
func (b books) training() *model.Program {
	return b.program(func(_ *model.Scope, _ *g.Node, o Output) []*g.Node {
		out := []*g.Node{o.Index, o.Loss}
		for _, f := range o.Figures {
			out = append(out, f.Value)
		}
		return out
	}).Training()
}

// mixture returns points about 16 places of a 4×4 grid of spacing 4, with deviation .3, and a random
// order.
func mixture(seed uint64, n int) []float64 {
	x := normals(seed, 2*n)
	for i := range n {
		k := int(uint64(i)*7919+seed) % 16
		x[2*i] = .3*x[2*i] + 4*float64(k%4)
		x[2*i+1] = .3*x[2*i+1] + 4*float64(k/4)
	}
	return x
}

// With features that stay, the moving averages converge to the centroids of the features that a code
// stands for: γ = .99 forgets its start in 3,000 steps (.99³⁰⁰⁰ = 8e-14), and Laplace's rule moves a
// centroid by ε/N of its size, 1e-7. Those are a fixed point of k-means.
func TestMovingAveragesConvergeToTheCentroidsOfKMeans(t *testing.T) {
	const n, k = 640, 9
	x := mixture(1, n)
	b := newBooks(t, Vector{Book: Codebook{Codes: k, Dim: 2, Update: ByEMA, Decay: .99, Commit: .25}}, map[string][]float64{Name(0, 0): slices.Clone(x[:2*k])})
	step, in := b.training(), tk.Matrix(x, n, 2)
	for range 3000 {
		tk.Values(t, step, key, in)
	}
	codes := b.array(t, Name(0, 0)+"/codes")
	nearest := make([]int, n)
	assign(x, codes, 2, nearest)
	centroids := slices.Clone(codes)
	means(x, centroids, 2, nearest)
	same(t, "codes", codes, centroids, 1e-5)
	worst := 0.
	for i := range codes {
		worst = math.Max(worst, math.Abs(codes[i]-centroids[i]))
	}
	t.Logf("largest distance to a centroid %.1e", worst)
}

// One step by plain loops, for counts and codes.
func TestAStepOfMovingAveragesFollowsTheFormula(t *testing.T) {
	const n, d, k = 30, 3, 5
	z, e := normals(1, n*d), normals(2, k*d)
	b := newBooks(t, Vector{Book: Codebook{Codes: k, Dim: d, Update: ByEMA, Decay: .9}}, map[string][]float64{Name(0, 0): e})
	tk.Values(t, b.training(), key, tk.Matrix(z, n, d))
	count, sum := make([]float64, k), make([]float64, k*d)
	for i := range n {
		at, _ := closest(z[i*d:(i+1)*d], e)
		count[at]++
		for j := range d {
			sum[at*d+j] += z[i*d+j]
		}
	}
	total := 0.
	for i := range count {
		count[i] = .9 + .1*count[i]
		total += count[i]
	}
	want := make([]float64, k*d)
	for i := range count {
		smooth := (count[i] + 1e-5) / (total + k*1e-5) * total
		for j := range d {
			want[i*d+j] = (.9*e[i*d+j] + .1*sum[i*d+j]) / smooth
		}
	}
	same(t, "counts", b.array(t, Name(0, 0)+"/count"), count, 1e-14)
	same(t, "codes", b.array(t, Name(0, 0)+"/codes"), want, 1e-13)
}

// Sixteen normal distributions in the plane: from a start far off all codes come into use, and the
// distortion is at most 1.05 times that of Lloyd's iterations from the sixteen means, for codes that
// follow means and for codes that descend the loss. A step has three features a code, so that of two
// codes that share a distribution one falls below the count of 2. Without resets the
// distortion stays many times that.
func TestResetsFindAllOfSixteenGaussians(t *testing.T) {
	const k, rows, batches = 16, 48, 64
	all := mixture(2, rows*batches)
	var means []float64
	for i := range k {
		means = append(means, 4*float64(i%4), 4*float64(i/4))
	}
	nearest := make([]int, len(all)/2)
	lloyd, _ := assign(all, means, 2, nearest)
	for range 50 {
		meansOf(all, means, nearest)
		lloyd, _ = assign(all, means, 2, nearest)
	}
	start := make([]float64, 2*k)
	for i := range start {
		start[i] = 40 + float64(i)
	}
	for _, c := range []struct {
		update Update
		reset  float64
	}{{ByEMA, 2}, {ByEMA, 0}, {ByLoss, 2}, {ByLoss, 0}} {
		b := newBooks(t, Vector{Book: Codebook{Codes: k, Dim: 2, Update: c.update, Decay: .99, Commit: .25, Reset: c.reset, Window: batches}}, map[string][]float64{Name(0, 0): start})
		adam := optim.NewAdam()
		step := b.program(func(s *model.Scope, _ *g.Node, o Output) []*g.Node {
			routes := []optim.Route{{Loss: g.ReduceAllMean(o.Loss)}}
			for _, scope := range b.v.Frozen() {
				routes = append(routes, optim.Route{Scope: scope})
			}
			if c.update == ByLoss {
				rate, correct := adam.Scalars(1000, .01)
				adam.Descend(s, routes, g.Const(s.Graph(), rate), g.Const(s.Graph(), correct))
			}
			return []*g.Node{o.Figures[0].Value, o.Figures[1].Value}
		}).Training()
		var figures [][]float64
		for i := range 2500 {
			at := i % batches * rows
			figures = tk.Values(t, step, rng.New(3).At(uint64(i)), tk.Matrix(all[2*at:2*(at+rows)], rows, 2))
		}
		index := tk.Values(t, b.program(func(s *model.Scope, z *g.Node, o Output) []*g.Node {
			return []*g.Node{o.Index, g.ReduceAllMean(squares(z, o.Codes))}
		}), key, tk.Matrix(all, len(all)/2, 2))
		used := map[float64]bool{}
		for _, v := range index[0] {
			used[v] = true
		}
		t.Logf("%s, reset %v: %d codes used (window %.0f %%, perplexity %.2f), distortion %.4f, Lloyd's %.4f", c.update, c.reset, len(used), figures[0][0], figures[1][0], index[1][0], lloyd)
		if c.reset > 0 && (len(used) != k || !(index[1][0] <= 1.05*lloyd)) {
			t.Errorf("%s: got %d codes and distortion %.4f, want %d and at most 1.05 × %.4f", c.update, len(used), index[1][0], k, lloyd)
		}
		if c.reset == 0 && !(index[1][0] > 10*lloyd) {
			t.Errorf("%s: without resets: got distortion %.4f, want one that resets are needed for", c.update, index[1][0])
		}
		if want := 100 * float64(len(used)) / k; math.Abs(figures[0][0]-want) > 1e-9 {
			t.Errorf("%s: codes in use: got %v %%, want %v", c.update, figures[0][0], want)
		}
	}
}

// meansOf is [means], whose name the test has taken.
func meansOf(x, centres []float64, nearest []int) { means(x, centres, 2, nearest) }

// A dead code becomes one of the features, its count starts anew and it is not in use until a feature
// chooses it.
func TestADeadCodeBecomesAFeatureAndIsUnusedUntilChosen(t *testing.T) {
	for _, update := range []Update{ByEMA, ByLoss} {
		b := newBooks(t, Vector{Book: Codebook{Codes: 3, Dim: 1, Update: update, Decay: .5, Reset: 1, Window: 5}}, map[string][]float64{Name(0, 0): {0, 1, 100}})
		name := Name(0, 0)
		x := []float64{0, 0, 0, 0, 1, 1, 1, 1.5}
		step := b.training()
		table := func() []float64 {
			return tk.Values(t, b.program(func(s *model.Scope, _ *g.Node, _ Output) []*g.Node {
				book, at := b.v.at(s, 0, 0)
				return []*g.Node{book.table(at)}
			}), key, tk.Matrix(x, 8, 1))[0]
		}
		tk.Values(t, step, key, tk.Matrix(x, 8, 1))             // the third count is 1 now, which is not below 1
		tk.Close(t, "code after a step", table()[2], 100, 1e-3) // but for Laplace's rule
		tk.Values(t, step, key, tk.Matrix(x, 8, 1))
		if got := table()[2]; !slices.Contains(x, got) {
			t.Errorf("%s: after two: got the code %v, want one of the features", update, got)
		}
		same(t, "its count and idle time", []float64{b.array(t, name+"/count")[2], b.array(t, name+"/idle")[2]}, []float64{2, long}, 0)
		out := tk.Values(t, step, key, tk.Matrix(x, 8, 1))
		tk.Close(t, "codes in use before the step, %", out[2][0], 200./3, 1e-9)
	}
}

// The window: a code counts as in use for as many steps as an epoch has.
func TestCodesAreInUseForAnEpochAfterTheyWereChosen(t *testing.T) {
	b := newBooks(t, Vector{Book: Codebook{Codes: 2, Dim: 1, Update: ByEMA, Decay: .99, Window: 3}}, map[string][]float64{Name(0, 0): {0, 10}})
	step := b.training()
	var got []float64
	for _, x := range []float64{0, 10, 0, 0, 0, 0, 10, 0} {
		got = append(got, tk.Values(t, step, key, tk.Matrix([]float64{x}, 1, 1))[2][0])
	}
	same(t, "codes in use before each step, %", got, []float64{0, 50, 100, 100, 100, 50, 50, 100}, 0)
}

// The frozen scopes are those that a step sets itself; a mistake would let the optimizer undo it.
func TestFrozenScopesAreThoseThatStepsSet(t *testing.T) {
	for want, c := range map[string]Codebook{
		"[codes]":  {Codes: 4, Dim: 2, Update: ByEMA, Reset: 1},
		"[codes] ": {Codes: 4, Dim: 2, Update: ByMap},
		"[placed]": {Codes: 4, Dim: 2, Update: ByLoss, Reset: 1},
		"[]":       {Codes: 4, Dim: 2, Update: ByLoss},
	} {
		if got := fmt.Sprint(c.Frozen()); got != want && got+" " != want {
			t.Errorf("%s, reset %v: got %s, want %s", c.Update, c.Reset, got, want)
		}
	}
	if got := fmt.Sprint(Vector{Book: Codebook{Update: ByEMA}, Groups: 1, Levels: 2}.Frozen()); got != "[group0_level0/codes group0_level1/codes]" {
		t.Errorf("got %s", got)
	}
}

// SimVQ: the codes are the drawn ones times the map, only the map learns, and the gradient of
// ‖sg z − e‖² is that of differences.
func TestAMappedCodebookTrainsTheMapAlone(t *testing.T) {
	const n, d, k = 12, 3, 6
	z := normals(5, n*d)
	b := newBooks(t, Vector{Book: Codebook{Codes: k, Dim: d, Update: ByMap, Reset: 1}}, nil)
	loss := func(s *model.Scope, in []*g.Node) []*g.Node {
		s = s.In(Name(0, 0))
		book, _ := b.v.at(s, 0, 0)
		k, _ := book.nearest(s, in[0])
		return []*g.Node{g.ReduceAllMean(book.learn(s, in[0], k))}
	}
	before := tk.Params(t, dtypes.Float64)
	diff := tk.GradientWithin(t, 1e-7, before, loss, tk.Matrix(z, n, d))
	if diff.Count != k*d+d*d {
		t.Errorf("got %d derivatives, want those of codes and map", diff.Count)
	}
	tk.Values(t, b.training(), key, tk.Matrix(z, n, d))
	drawn := b.array(t, Name(0, 0)+"/codes")
	tk.Values(t, b.training(), key, tk.Matrix(z, n, d))
	same(t, "codes after a step", b.array(t, Name(0, 0)+"/codes"), drawn, 0)
	w := b.array(t, Name(0, 0)+"/map")
	want := make([]float64, k*d)
	for i := range k {
		for j := range d {
			for l := range d {
				want[i*d+j] += drawn[i*d+l] * w[l*d+j]
			}
		}
	}
	at := tk.Matrix([]float64{0, 1, 2, 3, 4, 5}, k, 1)
	got := tk.Values(t, model.NewProgram(b.p, "lookup", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{b.v.Lookup(s, in[0])}
	}), key, at)[0]
	same(t, "codes", got, want, 1e-14)
}
