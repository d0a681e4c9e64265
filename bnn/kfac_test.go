package bnn

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// factorsOf returns the factors at the start of a fit, and the trainer.
func factorsOf(t *testing.T, tab *table, c Config) ([]factors, *trainer, *Net) {
	t.Helper()
	c.dtype = dtypes.Float64
	r, n := trainerOf(t, tab, c)
	f, _, err := r.factors(context.Background(), n.shape)
	if err != nil {
		t.Fatal(err)
	}
	return f, r, n
}

// outcome is a target with its probability.
type outcome struct{ y, p float64 }

// outcomes returns targets that average what the square of a score depends on exactly: classes
// by their probabilities, numbers by the three nodes of Gauss–Hermite quadrature, for a score is
// quadratic in y.
func outcomes(head string, f []float64, sigma float64) (out []outcome) {
	if head == "classes" {
		sum := 0.
		for _, v := range f {
			sum += math.Exp(v)
		}
		for k, v := range f {
			out = append(out, outcome{float64(k), math.Exp(v) / sum})
		}
		return out
	}
	if head == "heteroscedastic" {
		sigma = rowScale(f[1])
	}
	return []outcome{{f[0], 2. / 3}, {f[0] - math.Sqrt(3)*sigma, 1. / 6}, {f[0] + math.Sqrt(3)*sigma, 1. / 6}}
}

// kronProduct returns N A ⊗ G.
func kronProduct(f factors) *mat.SymDense {
	in, out := f.NA.SymmetricDim(), f.G.SymmetricDim()
	m := mat.NewSymDense(in*out, nil)
	for a := range in * out {
		for b := a; b < in*out; b++ {
			m.SetSym(a, b, f.NA.At(a/out, b/out)*f.G.At(a%out, b%out))
		}
	}
	return m
}

// The Fisher matrix Σ_y p(y) ∇ln p(y) ∇ln p(y)ᵀ of one row, by enumeration of the targets, has for
// each layer exactly the block that the Kronecker product is.
func TestTheFactorsOfOneRowAreItsFisherMatrix(t *testing.T) {
	for _, name := range Heads {
		tab := &table{n: 1, d: 2, x: []float32{.7, -1.2}, y: []float32{1}, target: scale{0, 1}}
		if name == "classes" {
			tab.classes = 3
		}
		f, r, n := factorsOf(t, tab, Config{Head: name, Hidden: []int{4, 3}, Seed: 5})
		prog := model.NewProgram(r.params, "score", func(s *model.Scope, in []*g.Node) []*g.Node {
			pairs := n.shape.pointWeights(s)
			f, _, _ := layersOf(in[0], pairs)
			return append([]*g.Node{g.Identity(f)}, g.Gradient(g.ReduceAllSum(r.head.logProb(s, f, in[1])), pairs...)...)
		})
		x := tk.Matrix([]float64{float64(tab.x[0]), float64(tab.x[1])}, 1, 2)
		arrays, err := r.arrays()
		if err != nil {
			t.Fatal(err)
		}
		outputs := tk.Values(t, prog, rng.Key{}, x, tk.Vector(0))[0]
		blocks := make([]*mat.SymDense, len(f))
		for l := range blocks {
			blocks[l] = mat.NewSymDense((n.shape[l]+1)*n.shape[l+1], nil)
		}
		for _, o := range outcomes(name, outputs, r.sigma(arrays)) {
			score := tk.Values(t, prog, rng.Key{}, x, tk.Vector(o.y))[1:]
			for l, m := range blocks {
				v := append(score[2*l], score[2*l+1]...)
				m.SymRankOne(m, o.p, mat.NewVecDense(len(v), v))
			}
		}
		for l, f := range f {
			got := kronProduct(f)
			if mat.Norm(blocks[l], 2) == 0 {
				t.Errorf("%s: layer %d: no information", name, l)
			}
			if !mat.EqualApprox(got, blocks[l], 1e-12) {
				t.Errorf("%s: layer %d: got %v, want %v", name, l, mat.Formatted(got), mat.Formatted(blocks[l]))
			}
		}
	}
}

// Over many rows, in batches that do not divide them, N·A and N·G are the sums of the rows' own.
func TestTheFactorsAreSumsOverRows(t *testing.T) {
	for _, name := range Heads {
		x, y := blobs(11, 3, .3, 1)
		c := Config{Head: name, Hidden: []int{4, 3}, Batch: 4, Seed: 2}
		tab, err := newTable(x, y, c)
		if err != nil {
			t.Fatal(err)
		}
		got, _, n := factorsOf(t, tab, c)
		for l := range got {
			na, ng := mat.NewSymDense(n.shape[l]+1, nil), mat.NewSymDense(n.shape[l+1], nil)
			for i := range tab.n {
				row := *tab
				row.n, row.x, row.y = 1, tab.x[2*i:2*i+2], tab.y[i:i+1]
				one, _, _ := factorsOf(t, &row, c)
				na.AddSym(na, one[l].NA)
				ng.AddSym(ng, one[l].G)
			}
			ng.ScaleSym(1./11, ng)
			if !mat.EqualApprox(got[l].NA, na, 1e-12) || !mat.EqualApprox(got[l].G, ng, 1e-12) {
				t.Errorf("%s: layer %d: the factors are not the sums of the rows' own", name, l)
			}
			if got[l].NA.At(n.shape[l], n.shape[l]) != 11 {
				t.Errorf("%s: layer %d: got %v constants, want 11", name, l, got[l].NA.At(n.shape[l], n.shape[l]))
			}
		}
	}
}

// covariance returns that of draws: they are linear in z, so it is Σ_z d dᵀ over unit vectors z.
func (k *kronecker) covariance() *mat.SymDense {
	in, out := len(k.lambda), len(k.gamma)
	mean := layer{make([]float64, (in-1)*out), make([]float64, out)}
	cov := mat.NewSymDense(in*out, nil)
	for i := range in * out {
		z := make([]float64, in*out)
		z[i] = 1
		d := k.at(mean, z)
		v := append(d.W, d.B...)
		cov.SymRankOne(cov, 1, mat.NewVecDense(len(v), v))
	}
	return cov
}

// The draws' covariance is the inverse of N A⊗G + P, which is formed entry by entry and inverted,
// and ln|I + (N A⊗G)P⁻¹| is that of its determinant; also where the factors have no full rank.
func TestTheDrawsHaveTheInverseOfThePrecision(t *testing.T) {
	for _, rank := range []int{6, 2} {
		f := factors{mat.NewSymDense(4, nil), mat.NewSymDense(3, nil)}
		for _, m := range []*mat.SymDense{f.NA, f.G} {
			for i := range rank {
				v := make([]float64, m.SymmetricDim())
				rng.New(3).At(uint64(i)).Named(string(rune('a' + len(v)))).NormalFloat64(v)
				m.SymRankOne(m, 5, mat.NewVecDense(len(v), v))
			}
		}
		sds := []float64{.5, .5, .5, 1.2}
		k, err := f.posterior(sds)
		if err != nil {
			t.Fatal(err)
		}
		precision, logDet := kronProduct(f), 0.
		for i := range 12 {
			p := math.Pow(sds[i/3], -2)
			precision.SetSym(i, i, precision.At(i, i)+p)
			logDet -= math.Log(p)
		}
		var c mat.Cholesky
		if !c.Factorize(precision) {
			t.Fatal("not positive definite")
		}
		if want := invert(t, precision); !mat.EqualApprox(k.covariance(), want, 1e-12) {
			t.Errorf("rank %d: got %v, want %v", rank, mat.Formatted(k.covariance()), mat.Formatted(want))
		}
		near(t, "determinant", laplaceEvidence{lambda: products([]*kronecker{k})}.at(1, 1), -.5*(logDet+c.LogDet()), 1e-10)
	}
}

// linearKFAC fits a linear model with one output, where N A⊗G is XᵀX/σ² with nothing left out.
func linearKFAC(t *testing.T, c Config) (tab *table, n *Net, k *kronecker, e laplaceEvidence) {
	t.Helper()
	x, y := linearTable(40, 3, .5, 4)
	c.Method, c.Hidden, c.Epochs, c.LR, c.dtype = "laplace-kfac", []int{}, 6000, .02, dtypes.Float64
	tab, err := newTable(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	r, n := trainerOf(t, tab, c)
	if err := fitKFAC(context.Background(), r, n); err != nil {
		t.Fatal(err)
	}
	all, logLik, err := r.kroneckers(context.Background(), n.shape)
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := r.arrays()
	if err != nil {
		t.Fatal(err)
	}
	if e, err = r.evidence(context.Background(), n, all, logLik, arrays); err != nil {
		t.Fatal(err)
	}
	return tab, n, all[0], e
}

// Of a linear model it is the exact posterior: mean (as Adam finds it), covariance with its
// correlations, and the evidence ln p(y|w*) + ln p(w*) − ½ ln|precision/2π|.
func TestKroneckerFactorsOfALinearModelGiveTheExactPosterior(t *testing.T) {
	tab, n, k, e := linearKFAC(t, Config{Noise: .5, Prior: Prior{SD: .8}, Draws: 4000})
	sigma := .5 / tab.target.SD
	want, precision := posterior(tab, .8, sigma)
	flat := n.mean.flat()
	for j, m := range want {
		near(t, "mean", flat[j], m, 1e-6)
	}
	cov := invert(t, precision)
	if !mat.EqualApprox(k.covariance(), cov, 1e-8) {
		t.Errorf("covariance: got %v, want %v", mat.Formatted(k.covariance()), mat.Formatted(cov))
	}
	near(t, "evidence", e.at(1, 1), evidence(t, tab, .8, sigma), 1e-6)

	// The draws' own moments, of 4,000: a variance has a standard error of 2.2 %.
	for j := range want {
		mean, v := 0., 0.
		for _, w := range n.draws {
			mean += w.flat()[j] / 4000
			v += math.Pow(w.flat()[j]-want[j], 2) / 4000
		}
		near(t, "mean of draws in deviations", (mean-want[j])/math.Sqrt(cov.At(j, j)), 0, 5/math.Sqrt(4000))
		near(t, "variance of draws", v/cov.At(j, j), 1, .11)
	}
}
