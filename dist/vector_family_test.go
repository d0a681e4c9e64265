package dist_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// vector is a distribution of vectors or matrices with formulas of its own in plain Go.
type vector struct {
	name    string
	typ     string // type, where it is not the name
	params  []param
	event   []int         // shape of a value
	cases   [][][]float64 // parameters of every case
	make    func(p []*g.Node) dist.Distribution
	logProb func(x []float64, p [][]float64) float64
	points  func(p [][]float64) [][]float64 // data with tails, as many for every case
	entropy func(p [][]float64) float64     // nil without a closed form
	mean    func(p [][]float64) []float64   // nil where it is NaN
	cov     func(p [][]float64, i, j int) float64
	stats   []statistic
	noPath  bool // draws are not differentiable
	accept  bool // noise is accepted or refused: differences of draws say nothing
	sym     bool // values are symmetric matrices
}

// param is a parameter's name and its shape in one case.
type param struct {
	name string
	dims []int
}

// statistic is a function of a draw with a known distribution function.
type statistic struct {
	name string
	of   func(x []float64, p [][]float64) float64
	cdf  func(v float64, p [][]float64) float64
}

// vectors is filled by the inits of the files that hold the formulas.
var vectors []vector

// addVectors adds lines to the table, and their types to those that have a table.
func addVectors(lines ...vector) {
	for _, v := range lines {
		vectors, elsewhere = append(vectors, v), append(elsewhere, v.typeName())
	}
}

// typeName is the name of the exported type.
func (v vector) typeName() string {
	if v.typ != "" {
		return v.typ
	}
	return v.name
}

// size is the number of elements of a shape.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// nodes makes graph constants of all cases: the parameters, cases first.
func (v vector) nodes(s *model.Scope, cases [][][]float64) []*g.Node {
	out := make([]*g.Node, len(v.params))
	for j, p := range v.params {
		var flat []float64
		for _, c := range cases {
			flat = append(flat, c[j]...)
		}
		t := tensors.FromFlatDataAndDimensions(flat, append([]int{len(cases)}, p.dims...)...)
		out[j] = g.ConstTensor(s.Graph(), t)
	}
	return out
}

// data lists the points of all cases, P×C×event.
func (v vector) data() (flat []float64, p int) {
	var all [][][]float64
	for _, c := range v.cases {
		all = append(all, v.points(c))
	}
	for i := range all[0] {
		for c := range all {
			flat = append(flat, all[c][i]...)
		}
	}
	return flat, len(all[0])
}

// values evaluates a function of the distribution of all cases.
func (v vector) values(t *testing.T, seed uint64, fn func(s *model.Scope, d dist.Distribution) *g.Node) []float64 {
	t.Helper()
	return tk.Graph(t, seed, func(s *model.Scope, _ []*g.Node) []*g.Node {
		return []*g.Node{g.Neg(g.Neg(fn(s, v.make(v.nodes(s, v.cases)))))}
	})[0]
}

// draws samples m values of every case: by case, then by draw.
func (v vector) draws(t *testing.T, m int, seed uint64) [][][]float64 {
	t.Helper()
	flat := v.values(t, seed, func(s *model.Scope, d dist.Distribution) *g.Node { return d.Sample(s, "x", m) })
	out, n, c := make([][][]float64, len(v.cases)), size(v.event), len(v.cases)
	if len(flat) != m*n*c {
		t.Fatalf("%s: got %d numbers, want %d", v.name, len(flat), m*n*c)
	}
	for i := range m * c {
		out[i%c] = append(out[i%c], flat[i*n:(i+1)*n])
	}
	return out
}

func TestVectorLogProbFollowsTheFormula(t *testing.T) {
	worst := 0.
	for _, v := range vectors {
		flat, n := v.data()
		if n*len(v.cases) < 20 {
			t.Errorf("%s: got %d points, want at least 20", v.name, n*len(v.cases))
		}
		got := v.values(t, 1, func(s *model.Scope, d dist.Distribution) *g.Node {
			x := tensors.FromFlatDataAndDimensions(flat, append([]int{n, len(v.cases)}, v.event...)...)
			return d.LogProb(g.ConstTensor(s.Graph(), x))
		})
		if len(got) != n*len(v.cases) {
			t.Fatalf("%s: got %d log-densities, want %d", v.name, len(got), n*len(v.cases))
		}
		for c, p := range v.cases {
			for i, x := range v.points(p) {
				want, tol := v.logProb(x, p), 1e-12
				if math.Abs(want) > 50 {
					tol = 1e-9
				}
				k := i*len(v.cases) + c
				e := math.Abs(got[k]-want) / math.Max(1, math.Abs(want))
				if tol == 1e-12 {
					worst = math.Max(worst, e)
				}
				if got[k] != want && !(e <= tol) {
					t.Errorf("%s, case %d: ln p(%v): got %v, want %v", v.name, c, x, got[k], want)
				}
			}
		}
	}
	t.Logf("worst relative difference of central points %.1e", worst)
}

func TestVectorGradientsMatchDifferences(t *testing.T) {
	worst := 0.
	for _, v := range vectors {
		x := func(s *model.Scope) *g.Node {
			x := s.Param("x", func(key, []int) []float64 {
				var flat []float64
				for i, p := range v.cases {
					pts := v.points(p)
					flat = append(flat, pts[i%len(pts)]...)
				}
				return flat
			}, append([]int{len(v.cases)}, v.event...)...)
			if v.sym {
				x = g.MulScalar(g.Add(x, g.Transpose(x, -2, -1)), .5)
			}
			return x
		}
		quantities := map[string]func(s *model.Scope, d dist.Distribution) *g.Node{
			"LogProb": func(s *model.Scope, d dist.Distribution) *g.Node { return d.LogProb(x(s)) },
		}
		if v.entropy != nil {
			quantities["Entropy"] = func(_ *model.Scope, d dist.Distribution) *g.Node { return d.(dist.Entropic).Entropy() }
		}
		if v.mean != nil {
			quantities["Mean"] = func(_ *model.Scope, d dist.Distribution) *g.Node { return d.Mean() }
			quantities["Variance"] = func(_ *model.Scope, d dist.Distribution) *g.Node { return d.Variance() }
		}
		if !v.accept && !v.noPath {
			quantities["Rsample"] = func(s *model.Scope, d dist.Distribution) *g.Node {
				return g.Sin(d.(dist.Reparameterized).Rsample(s, "z", 3))
			}
		}
		for name, q := range quantities {
			loss := func(s *model.Scope, _ []*g.Node) []*g.Node {
				y := q(s, v.make(v.trainable(s)))
				return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
			}
			d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), loss)
			if t.Failed() {
				t.Fatalf("%s.%s", v.name, name)
			}
			worst = math.Max(worst, d.Scaled)
		}
	}
	t.Logf("worst scaled difference %.1e", worst)
}

// trainable makes model parameters of all cases.
func (v vector) trainable(s *model.Scope) []*g.Node {
	out := make([]*g.Node, len(v.params))
	for j, p := range v.params {
		out[j] = s.Param(p.name, func(key, []int) []float64 {
			var flat []float64
			for _, c := range v.cases {
				flat = append(flat, c[j]...)
			}
			return flat
		}, append([]int{len(v.cases)}, p.dims...)...)
	}
	return out
}

// TestVectorDrawsFollowTheDistribution fails on a right sampler with probability 1e-5 a statistic.
func TestVectorDrawsFollowTheDistribution(t *testing.T) {
	for _, v := range vectors {
		for c, xs := range v.draws(t, 10000, 3) {
			for _, st := range v.stats {
				figures := make([]float64, len(xs))
				for i, x := range xs {
					figures[i] = st.of(x, v.cases[c])
				}
				tk.FitsCDF(t, fmt.Sprint(v.name, ", case ", c, ", ", st.name), figures, func(x float64) float64 { return st.cdf(x, v.cases[c]) })
			}
		}
		if len(v.stats) == 0 {
			t.Errorf("%s has no statistic of known distribution", v.name)
		}
	}
}

// TestVectorMoments fails on right draws with probability 6e-7 a moment.
func TestVectorMoments(t *testing.T) {
	for _, v := range vectors {
		n := size(v.event)
		means := v.values(t, 1, func(_ *model.Scope, d dist.Distribution) *g.Node { return d.Mean() })
		variances := v.values(t, 1, func(_ *model.Scope, d dist.Distribution) *g.Node { return d.Variance() })
		if len(means) != n*len(v.cases) || len(variances) != n*len(v.cases) {
			t.Fatalf("%s: got %d means and %d variances, want %d", v.name, len(means), len(variances), n*len(v.cases))
		}
		if v.mean == nil {
			if !math.IsNaN(means[0]) || !math.IsNaN(variances[0]) {
				t.Errorf("%s: got mean %v and variance %v, want none", v.name, means[0], variances[0])
			}
			continue
		}
		for c, xs := range v.draws(t, 20000, 4) {
			p := v.cases[c]
			name := fmt.Sprint(v.name, ", case ", c)
			want := v.mean(p)
			for i := range n {
				tk.Close(t, name+", mean", means[c*n+i], want[i], 1e-12)
				tk.Close(t, name+", variance", variances[c*n+i], v.cov(p, i, i), 1e-12)
				for j := range i + 1 {
					products := make([]float64, len(xs))
					for k, x := range xs {
						products[k] = (x[i] - want[i]) * (x[j] - want[j])
					}
					withinOrConstant(t, fmt.Sprint(name, ", covariance ", i, " ", j), products, v.cov(p, i, j))
				}
				element := make([]float64, len(xs))
				for k, x := range xs {
					element[k] = x[i]
				}
				withinOrConstant(t, fmt.Sprint(name, ", mean ", i), element, want[i])
			}
		}
	}
}

// withinOrConstant is MeanWithin for figures that may not vary but for rounding.
func withinOrConstant(t *testing.T, name string, xs []float64, want float64) {
	t.Helper()
	if slices.Max(xs)-slices.Min(xs) < 1e-12 {
		tk.Close(t, name, xs[0], want, 1e-12)
		return
	}
	tk.MeanWithin(t, name, xs, want, 5)
}

// TestVectorEntropy compares with a formula and with draws, where a right one fails with
// probability 6e-5 a case.
func TestVectorEntropy(t *testing.T) {
	for _, v := range vectors {
		entropic := false
		tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			_, entropic = v.make(v.nodes(s, v.cases)).(dist.Entropic)
			return []*g.Node{g.Const(s.Graph(), 1.)}
		})
		if entropic != (v.entropy != nil) {
			t.Errorf("%s: entropy: got %v, want %v", v.name, entropic, v.entropy != nil)
		}
		if !entropic {
			continue
		}
		got := v.values(t, 1, func(_ *model.Scope, d dist.Distribution) *g.Node { return d.(dist.Entropic).Entropy() })
		for c, xs := range v.draws(t, 10000, 5) {
			p := v.cases[c]
			tk.Close(t, fmt.Sprint(v.name, ", case ", c, ", entropy"), got[c], v.entropy(p), 1e-12)
			surprise := make([]float64, len(xs))
			for k, x := range xs {
				surprise[k] = -v.logProb(x, p)
			}
			if slices.Max(surprise)-slices.Min(surprise) > 1e-12 {
				tk.MeanWithin(t, fmt.Sprint(v.name, ", case ", c, ", entropy"), surprise, got[c], 4)
			}
		}
	}
}

// TestVectorPathwiseGradient holds the derivatives of E[Σ aᵢxᵢ + bᵢxᵢ²], which are those of the
// moments, to the mean of those of single draws; a right sampler fails with probability 6e-7 a
// derivative.
func TestVectorPathwiseGradient(t *testing.T) {
	const n = 10000
	for _, v := range vectors {
		if v.noPath || v.mean == nil || len(v.params) == 0 {
			continue
		}
		weigh := func(x *g.Node, power int) *g.Node {
			i := g.Iota(x.Graph(), x.Shape(), x.Rank()-1)
			return g.Mul(x, g.Sin(g.AddScalar(i, float64(power))))
		}
		for c, p := range v.cases {
			grads := func(rows int, fn func(s *model.Scope, d dist.Distribution) *g.Node) [][]float64 {
				cases := slices.Repeat([][][]float64{p}, rows)
				return tk.Graph(t, 6, func(s *model.Scope, _ []*g.Node) []*g.Node {
					nodes := v.nodes(s, cases)
					return g.Gradient(g.ReduceAllSum(fn(s, v.make(nodes))), nodes...)
				})
			}
			want := grads(1, func(_ *model.Scope, d dist.Distribution) *g.Node {
				m := d.Mean()
				return g.Add(weigh(m, 1), weigh(g.Add(d.Variance(), g.Square(m)), 2))
			})
			got := grads(n, func(s *model.Scope, d dist.Distribution) *g.Node {
				x := d.(dist.Reparameterized).Rsample(s, "x", 1)
				return g.Add(weigh(x, 1), weigh(g.Square(x), 2))
			})
			for j := range v.params {
				k := size(v.params[j].dims)
				for i := range k {
					column := make([]float64, n)
					for r := range n {
						column[r] = got[j][r*k+i]
					}
					withinOrConstant(t, fmt.Sprint(v.name, ", case ", c, ", ∂/∂", v.params[j].name, i), column, want[j][i])
				}
			}
		}
	}
}
