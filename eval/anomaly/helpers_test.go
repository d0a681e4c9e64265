package anomaly

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	_ "github.com/elbo-go/elbo/vae/all"
)

// The linear-Gaussian model x = Wz + b + σε, z, ε ~ N(0, I), with D = 4 and L = 2. The columns of W are
// orthogonal, so that the posterior is a diagonal normal distribution and the guide can be exact.
var (
	linearW = [][]float64{{1.2, .5}, {.6, -1}, {-.4, 0}, {0, .3}}
	linearB = []float64{.3, -.2, .1, 0}
)

const (
	linearSigma = .7
	linearD     = 4
	linearL     = 2
)

// linear is the network of that model in float64, with the exact posterior as its guide; scale
// multiplies its decoder's weights, the exact guide going with them.
func linear(t testing.TB, scale float64) *vae.Network {
	t.Helper()
	c := vae.Config{Dim: linearD, Shape: []int{linearD}, Latent: linearL, Likelihood: "gaussian", Sigma: linearSigma}
	n, err := vae.NewNetwork("linear-vae", c, testkit.Params(t, dtypes.Float64))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Reconstruct(t.Context(), make([]float32, linearD)); err != nil { // makes the parameters
		t.Fatal(err)
	}
	w := scaled(scale)
	set(t, n, "decoder/out/", w, linearB)
	v, c0 := mat.NewDense(linearL, linearD, nil), make([]float64, linearL)
	logSD := make([]float64, linearL)
	for k := range linearL {
		m := linearSigma * linearSigma
		for _, row := range w {
			m += row[k] * row[k]
		}
		logSD[k] = .5 * math.Log(linearSigma*linearSigma/m)
		for d := range linearD {
			v.Set(k, d, w[d][k]/m)
			c0[k] -= w[d][k] / m * linearB[d]
		}
	}
	rows := make([][]float64, linearL)
	for k := range rows {
		rows[k] = mat.Row(nil, k, v)
	}
	set(t, n, "encoder/mean/", rows, c0)
	put(t, n, "encoder/logscale", logSD)
	return n
}

// scaled is W times a factor.
func scaled(by float64) [][]float64 {
	w := make([][]float64, linearD)
	for d, row := range linearW {
		for _, v := range row {
			w[d] = append(w[d], by*v)
		}
	}
	return w
}

// set gives a dense layer the matrix that maps inputs to outputs as y = Ax + b.
func set(t testing.TB, n *vae.Network, prefix string, a [][]float64, b []float64) {
	t.Helper()
	var weights []float64 // the layer holds Aᵀ
	for j := range a[0] {
		for i := range a {
			weights = append(weights, a[i][j])
		}
	}
	put(t, n, prefix+"weight", weights)
	put(t, n, prefix+"bias", b)
}

// put gives a parameter its values.
func put(t testing.TB, n *vae.Network, name string, values []float64) {
	t.Helper()
	all, err := n.Params.Export()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(a model.Array) bool { return a.Name == name })
	if i < 0 {
		var names []string
		for _, a := range all {
			names = append(names, a.Name)
		}
		t.Fatalf("no parameter %s among %s", name, strings.Join(names, ", "))
	}
	all[i].Data = values
	if err := n.Params.Import(all[i : i+1]); err != nil {
		t.Fatal(err)
	}
}

// linearRows draws rows of the model, some of them moved far off.
func linearRows(n int, seed uint64) []float32 {
	z := make([]float64, n*linearD)
	rng.New(seed).NormalFloat64(z)
	out := make([]float32, len(z))
	for i, v := range z {
		out[i] = float32((1 + float64(i/linearD%5)) * v)
	}
	return out
}

// covariance is WWᵀ + σ²I.
func covariance(w [][]float64) *mat.SymDense {
	s := mat.NewSymDense(linearD, nil)
	for i := range linearD {
		for j := range i + 1 {
			for k := range linearL {
				s.SetSym(i, j, s.At(i, j)+w[i][k]*w[j][k])
			}
		}
		s.SetSym(i, i, s.At(i, i)+linearSigma*linearSigma)
	}
	return s
}

// exactNLL is −ln N(x; b, WWᵀ + σ²I) of each row, and its gradient.
func exactNLL(t testing.TB, x []float32, w [][]float64) (nll []float64, slope [][]float64) {
	t.Helper()
	var chol mat.Cholesky
	if !chol.Factorize(covariance(w)) {
		t.Fatal("covariance is not positive definite")
	}
	for i := 0; i < len(x); i += linearD {
		d := mat.NewVecDense(linearD, nil)
		for j := range linearD {
			d.SetVec(j, float64(x[i+j])-linearB[j])
		}
		var u mat.VecDense
		if err := chol.SolveVecTo(&u, d); err != nil {
			t.Fatal(err)
		}
		nll = append(nll, .5*(linearD*math.Log(2*math.Pi)+chol.LogDet()+mat.Dot(d, &u)))
		slope = append(slope, slices.Clone(u.RawVector().Data))
	}
	return nll, slope
}

// code is the mean of the exact posterior of a row, V(x − b).
func code(x []float32) []float64 {
	z := make([]float64, linearL)
	for k := range z {
		m := linearSigma * linearSigma
		for d := range linearD {
			m += linearW[d][k] * linearW[d][k]
			z[k] += linearW[d][k] * (float64(x[d]) - linearB[d])
		}
		z[k] /= m
	}
	return z
}

// scores runs a score on rows.
func scores(t testing.TB, name string, s Subject, x []float32) []float64 {
	t.Helper()
	score, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := score.Fit(t.Context(), s, rng.New(8))
	if err != nil {
		t.Fatal(err)
	}
	v, err := f(t.Context(), x, rng.New(9))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// agree compares values up to a tolerance.
func agree(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol) {
			t.Fatalf("%s: row %d: got %.9g, want %.9g within %g", what, i, got[i], want[i], tol)
		}
	}
}
