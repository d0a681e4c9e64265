package hierarchy

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// twoLayers is the linear-Gaussian hierarchy
//
//	z₂ ~ N(0, 1),  z₁ ~ N(W₂z₂, s²I),  x ~ N(W₁z₁, σ²I)
//
// of 1, 3 and 6 values. The columns of W₁ are orthogonal, so that p(z₁|z₂, x) is a diagonal normal
// distribution, but p(z₁|x) is not: z₂ couples its elements.
type twoLayers struct{ w1, w2 *mat.Dense }

const (
	innerSD = .5 // s
	outerSD = .7 // σ
)

// newTwoLayers has columns of three lengths.
func newTwoLayers() twoLayers {
	basis := [][]float64{{1, 1, 1, 1, 0, 0}, {1, -1, 0, 0, 1, 1}, {0, 0, 1, -1, 1, -1}}
	w1 := mat.NewDense(6, 3, nil)
	for j, b := range basis {
		for i, v := range b {
			w1.Set(i, j, v*[]float64{.5, .4, .3}[j])
		}
	}
	return twoLayers{w1, mat.NewDense(3, 1, []float64{1.2, -1.5, 1.8})}
}

// inner is the covariance of z₁, W₂W₂ᵀ + s²I.
func (m twoLayers) inner() *mat.SymDense {
	c := mat.NewSymDense(3, nil)
	for i := range 3 {
		c.SetSym(i, i, innerSD*innerSD)
	}
	c.SymRankOne(c, 1, m.w2.ColView(0))
	return c
}

// outer is the covariance of x, W₁W₂W₂ᵀW₁ᵀ + W₁s²W₁ᵀ + σ²I.
func (m twoLayers) outer() *mat.SymDense {
	var left, all mat.Dense
	left.Mul(m.w1, m.inner())
	all.Mul(&left, m.w1.T())
	c := mat.NewSymDense(6, nil)
	for i := range 6 {
		for j := i; j < 6; j++ {
			c.SetSym(i, j, all.At(i, j))
		}
		c.SetSym(i, i, c.At(i, i)+outerSD*outerSD)
	}
	return c
}

// logEvidence is the mean ln p(x) of rows.
func (m twoLayers) logEvidence(x []float64) (mean float64) {
	var chol mat.Cholesky
	chol.Factorize(m.outer())
	n := len(x) / 6
	for i := range n {
		v, u := mat.NewVecDense(6, x[6*i:6*i+6]), mat.NewVecDense(6, nil)
		_ = chol.SolveVecTo(u, v)
		mean -= .5 * (mat.Dot(v, u) + chol.LogDet() + 6*math.Log(2*math.Pi)) / float64(n)
	}
	return mean
}

// meanFieldGap is the least KL divergence of a diagonal normal distribution from p(z₁|x), whose
// precision is Λ = (W₂W₂ᵀ + s²I)⁻¹ + W₁ᵀW₁/σ²: ½(Σ_j ln Λ_jj − ln|Λ|).
func (m twoLayers) meanFieldGap() (gap float64) {
	var inverse, gram, precision mat.Dense
	_ = inverse.Inverse(m.inner())
	gram.Mul(m.w1.T(), m.w1)
	gram.Scale(1/(outerSD*outerSD), &gram)
	precision.Add(&inverse, &gram)
	logDet, _ := mat.LogDet(&precision)
	for j := range 3 {
		gap += .5 * math.Log(precision.At(j, j))
	}
	return gap - .5*logDet
}

// rows draws n data.
func (m twoLayers) rows(key rng.Key, n int) []float64 {
	eps := make([]float64, 10*n)
	key.NormalFloat64(eps)
	x := make([]float64, 6*n)
	for r := range n {
		e := eps[10*r : 10*r+10]
		for i := range 6 {
			x[6*r+i] = outerSD * e[4+i]
			for j := range 3 {
				x[6*r+i] += m.w1.At(i, j) * (m.w2.At(j, 0)*e[0] + innerSD*e[1+j])
			}
		}
	}
	return x
}

// installed is a hierarchy of linear networks that has the true p(x, z).
func (m twoLayers) installed(t *testing.T, name string) *vae.Network {
	n := zoo.Network(t, name, vae.Config{Dim: 6, Likelihood: "gaussian", Sigma: outerSD, Latent: 1, Options: layered(name, "3,1", "0")}, dtypes.Float64)
	raw := 5 * math.Atanh(math.Log(innerSD)/5) // which the soft clamp takes to ln s
	transposed := func(w *mat.Dense) []float64 { return mat.DenseCopyOf(w.T()).RawMatrix().Data }
	for _, a := range []model.Array{
		{Name: "decoder/layer1/mean/weight", Dims: []int{1, 3}, Data: transposed(m.w2)},
		{Name: "decoder/layer1/mean/bias", Dims: []int{3}, Data: make([]float64, 3)},
		{Name: "decoder/layer1/logscale/weight", Dims: []int{1, 3}, Data: make([]float64, 3)},
		{Name: "decoder/layer1/logscale/bias", Dims: []int{3}, Data: []float64{raw, raw, raw}},
		{Name: "decoder/out/weight", Dims: []int{3, 6}, Data: transposed(m.w1)},
		{Name: "decoder/out/bias", Dims: []int{6}, Data: make([]float64, 6)},
	} {
		a.Trainable = true
		tk.Import(t, n.Params, a)
	}
	return n
}

// fitted trains a network for so many steps of 256 fresh rows, with a rate that falls to 0; the routes beside
// the loss say what stays as it is.
func (m twoLayers) fitted(t *testing.T, n *vae.Network, steps int, rate float64, still ...optim.Route) {
	t.Helper()
	adam := optim.NewAdam()
	prog := model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{}).Loss(in[1], 0)
		return adam.Descend(s, append([]optim.Route{{Loss: loss}}, still...), in[2], in[3])
	}).Training()
	for i := range steps {
		x := m.rows(rng.New(77).At(uint64(i)), 256)
		r, c := adam.Scalars(int64(i+1), rate*(1-float64(i)/float64(steps)))
		if _, err := prog.Values(rng.New(5).At(uint64(i)), tk.Matrix(x, 256, 6), tk.Matrix([]float64{1}), model.Scalar(dtypes.Float64, r), model.Scalar(dtypes.Float64, c)); err != nil {
			t.Fatal(err)
		}
	}
}

// gap is ln p(x) less the bound, with the standard error of the bound, over 20,000 rows.
func (m twoLayers) gap(t *testing.T, n *vae.Network) float64 {
	t.Helper()
	x := m.rows(rng.New(3), 20_000)
	var low []float32
	for i, v := range x {
		low = append(low, float32(v))
		x[i] = float64(low[i])
	}
	r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: 20}).Record(t.Context(), low, rng.New(4), 1))
	return m.logEvidence(x) - r.Bound
}

// TestTheLadderReachesTheEvidenceOfALinearHierarchy: with the true p(x, z), whose marginal covariance is
// W₁W₂W₂ᵀW₁ᵀ + W₁s²W₁ᵀ + σ²I, the trained bound is within .02 nats of ln p(x), for the ladder's guide
// has the posterior among its values. The plain guide draws the elements of z₁ independently and
// stays below by the mean-field gap in closed form. Of 20 draws for each of 20,000 rows the bounds have
// standard errors of .003 nats.
func TestTheLadderReachesTheEvidenceOfALinearHierarchy(t *testing.T) {
	m := newTwoLayers()
	want := m.meanFieldGap()
	gaps := map[string]float64{}
	for _, name := range []string{"ladder-vae", "hvae"} {
		n := m.installed(t, name)
		m.fitted(t, n, 2500, .05, optim.Route{Scope: "decoder"})
		gaps[name] = m.gap(t, n)
	}
	t.Logf("gaps %v, mean field %.4f in closed form", gaps, want)
	tk.Close(t, "ladder: ln p less the bound", gaps["ladder-vae"], 0, .02)
	tk.Close(t, "plain: ln p less the bound", gaps["hvae"], want, .02)
	if want < .1 {
		t.Errorf("the mean-field gap is %v: too small to tell the two apart", want)
	}
}

// TestTheEvidenceOfALinearHierarchyIsExact: importance weights of the model agree with the Gaussian of the
// marginal covariance, row by row within four standard errors (false alarm 6e-5 each).
func TestTheEvidenceOfALinearHierarchyIsExact(t *testing.T) {
	m := newTwoLayers()
	n := m.installed(t, "ladder-vae")
	m.fitted(t, n, 300, .05, optim.Route{Scope: "decoder"})
	x := m.rows(rng.New(6), 8)
	var low []float32
	for _, v := range x {
		low = append(low, float32(v))
	}
	sums := zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), low, 4000, rng.New(2)))
	for i, s := range sums {
		tk.Close(t, "ln p(x)", s.LogEvidence(), m.logEvidence(zoo.Float64s(low[6*i:6*i+6])), 4*s.StdErr()+1e-6)
	}
}

// TestALadderLearnsALinearHierarchy: trained from its own start, guide and generator together reach the
// evidence of the distribution of the data up to .02 nats and what the sample leaves open.
func TestALadderLearnsALinearHierarchy(t *testing.T) {
	m := newTwoLayers()
	n := zoo.Network(t, "ladder-vae", vae.Config{Dim: 6, Likelihood: "gaussian", Sigma: outerSD, Latent: 1, Options: layered("ladder-vae", "3,1", "0")}, dtypes.Float64)
	m.fitted(t, n, 3000, .02)
	tk.Close(t, "ln p less the bound", m.gap(t, n), 0, .02)
}

// TestMergingIsTheProductOfTwoDensities: precisions add, means are weighed by them; of extreme scales the
// sharper one counts and everything stays finite.
func TestMergingIsTheProductOfTwoDensities(t *testing.T) {
	for _, c := range [][4]float64{{.3, .5, -1, 2}, {0, 1, 0, 1}, {2, 1e-20, -3, 1e20}, {2, 1e20, -3, 1e-20}, {1, 1e-20, 5, 1e-20}} {
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			q := merged(normal{Loc: in[0], LogScale: in[1]}, normal{Loc: in[2], LogScale: in[3]})
			return append([]*g.Node{q.Loc, q.LogScale}, g.Gradient(g.ReduceAllSum(g.Add(q.Loc, q.LogScale)), in...)...)
		}, tk.Vector(c[0]), tk.Vector(math.Log(c[1])), tk.Vector(c[2]), tk.Vector(math.Log(c[3])))
		p1, p2 := math.Pow(c[1], -2), math.Pow(c[3], -2)
		tk.Close(t, "mean", out[0][0], (c[0]*p1+c[2]*p2)/(p1+p2), 1e-12)
		tk.Close(t, "ln σ", out[1][0], -.5*math.Log(p1+p2), 1e-12)
		w := p1 / (p1 + p2)
		tk.Close(t, "derivative by the first mean", out[2][0], w, 1e-12)
		// d/dln σ₁: of μ, −2w(1−w)(μ₁−μ₂); of ln σ, w.
		tk.Close(t, "derivative by the first scale", out[3][0], -2*w*(1-w)*(c[0]-c[2])+w, 1e-12)
	}
}
