package bnn

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// outputsAndTangent returns the outputs of the network at w, and of the one that is linear about mode.
func outputsAndTangent(t *testing.T, s shape, x []float64, mode, w weights) (f, tangent []float64) {
	t.Helper()
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		node := func(w weights) (pairs []*g.Node) {
			for l, at := range w {
				pairs = append(pairs, g.Reshape(g.Const(in[0].Graph(), at.W), s[l], s[l+1]), g.Const(in[0].Graph(), at.B))
			}
			return pairs
		}
		f, _, _ := layersOf(in[0], node(w))
		return []*g.Node{f, tangentOf(in[0], node(mode), node(w))}
	}, tk.Matrix(x, len(x)/s[0], s[0]))
	return out[0], out[1]
}

// f(w*) + J(w − w*), with the product by central differences along w − w*: between kinks the
// network is a cubic function of the step h, which leaves an error of the order h².
func TestTheLinearizedNetworkIsTheTangentAtTheMode(t *testing.T) {
	s := shape{2, 5, 4, 3}
	draw := func(seed uint64) weights {
		v := make([]float64, 3*5+6*4+5*3)
		rng.New(seed).NormalFloat64(v)
		return s.unflat(v)
	}
	mode, w := draw(1), draw(2)
	x := []float64{.3, -1, 2, .7, -.4, .1}
	at := func(h float64) []float64 {
		v := mode.flat()
		for i, d := range w.flat() {
			v[i] += h * (d - v[i])
		}
		f, _ := outputsAndTangent(t, s, x, mode, s.unflat(v))
		return f
	}
	const h = 1e-4
	base, up, down := at(0), at(h), at(-h)
	_, got := outputsAndTangent(t, s, x, mode, w)
	for i, v := range got {
		near(t, "tangent", v, base[i]+(up[i]-down[i])/(2*h), 1e-6)
	}
	// At the mode itself both are one.
	f, same := outputsAndTangent(t, s, x, mode, mode)
	for i, v := range same {
		near(t, "at the mode", v, f[i], 0)
	}
}

// Without hidden layer the network is its own tangent.
func TestALinearNetworkIsItsOwnTangent(t *testing.T) {
	s := shape{2, 3}
	mode := weights{{[]float64{1, 2, 3, 4, 5, 6}, []float64{.1, .2, .3}}}
	w := weights{{[]float64{1, -2, 3, 0, 5, 7}, []float64{1, -1, 2}}}
	f, tangent := outputsAndTangent(t, s, []float64{.5, -2, 1, 4}, mode, w)
	for i, v := range tangent {
		near(t, "output", v, f[i], 1e-13)
	}
}

// What a fitted network predicts with is the tangent of its draws, in float32, and a file that is
// read back has it too.
func TestKroneckerFactorsPredictByTheLinearizedNetwork(t *testing.T) {
	x, y := waves(40, 1)
	n := fit(t, x, y, Config{Method: "laplace-kfac", Hidden: []int{6, 4}, Epochs: 300, Draws: 5})
	loaded, err := Load(bytes.NewReader(saved(t, n)))
	if err != nil {
		t.Fatal(err)
	}
	rows := standardized(x, 1, n.columns)
	in := make([]float64, len(rows))
	for i, v := range rows {
		in[i] = float64(v)
	}
	again := predict(t, loaded, x)
	for k, w := range n.draws {
		f, tangent := outputsAndTangent(t, n.shape, in, n.mean, w)
		apart := 0.
		for i, p := range predict(t, n, x) {
			near(t, "mean of a draw", (p.locs[k]-n.target.Mean)/n.target.SD, tangent[i], 1e-4)
			near(t, "mean of a loaded draw", again[i].locs[k], p.locs[k], 0)
			apart = math.Max(apart, math.Abs(f[i]-tangent[i]))
		}
		if apart < .01 {
			t.Errorf("draw %d: the network is within %v of its tangent, which shows nothing", k, apart)
		}
	}
}

// The mode belongs to a file of a linearised network, and to no other.
func TestAFileHasAModeWhereItIsNeeded(t *testing.T) {
	x, y := waves(20, 1)
	for method, say := range map[string]string{"laplace-kfac": "mode: got 9, want 10 weights", "laplace": "mode: got 9, want 0 weights"} {
		var f map[string]any
		if err := json.Unmarshal(saved(t, fit(t, x, y, Config{Method: method, Epochs: 5, Draws: 2, Hidden: []int{3}})), &f); err != nil {
			t.Fatal(err)
		}
		f["mode"] = make([]float64, 9)
		bad, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Load(bytes.NewReader(bad))
		refused(t, err, "load: "+say)
	}
}
