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

// evidence returns ln p(y|X) of a linear model: y ~ N(0, σ²I + X diag(s²) Xᵀ).
func evidence(t *testing.T, tab *table, sd, sigma float64) float64 {
	t.Helper()
	cov := mat.NewSymDense(tab.n, nil)
	y := mat.NewVecDense(tab.n, nil)
	for i := range tab.n {
		y.SetVec(i, float64(tab.y[i]))
		for k := range i + 1 {
			v := sd * sd // of the bias
			for j := range tab.d {
				v += sd * sd / float64(tab.d) * float64(tab.x[i*tab.d+j]) * float64(tab.x[k*tab.d+j])
			}
			if i == k {
				v += sigma * sigma
			}
			cov.SetSym(i, k, v)
		}
	}
	var c mat.Cholesky
	var solved mat.VecDense
	if !c.Factorize(cov) || c.SolveVecTo(&solved, y) != nil {
		t.Fatal("covariance of the targets: not positive definite")
	}
	return -.5*mat.Dot(y, &solved) - .5*c.LogDet() - .5*float64(tab.n)*math.Log(2*math.Pi)
}

// linearBound returns the evidence lower bound of a linear model at given means and deviations of
// the weights, exactly: noise +1 and −1 average a quadratic function over N(0, 1).
func linearBound(t *testing.T, x [][]float32, y []float64, c Config, mean, sd []float64) float64 {
	t.Helper()
	tab, err := newTable(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	r, n := trainerOf(t, tab, c)
	q := meanField{n.shape, local, r.c.Prior.of(), r.c.InitSD}
	in, err := r.batch(rng.New(0).Perm(tab.n))
	if err != nil {
		t.Fatal(err)
	}
	d := tab.d
	rho := make([]float64, len(sd))
	for i, s := range sd {
		rho[i] = math.Log(math.Expm1(s))
	}
	total := 0.
	for _, e := range []float64{1, -1} {
		prog := lossOf(r, q, func(_ string, dims []int) []float64 {
			out := make([]float64, product(dims))
			for i := range out {
				out[i] = e
			}
			return out
		})
		tk.Import(t, r.params,
			model.Array{Name: "layer0/weight/mean", Trainable: true, Dims: []int{d, 1}, Data: mean[:d]},
			model.Array{Name: "layer0/weight/rho", Trainable: true, Dims: []int{d, 1}, Data: rho[:d]},
			model.Array{Name: "layer0/bias/mean", Trainable: true, Dims: []int{1}, Data: mean[d:]},
			model.Array{Name: "layer0/bias/rho", Trainable: true, Dims: []int{1}, Data: rho[d:]})
		total -= tk.Values(t, prog, rng.Key{}, in[0].Tensor, in[1].Tensor)[0][0] * float64(tab.n) / 2
	}
	return total
}

// The loss times −N is a lower bound of ln p(y|X), and its gap is KL(q ‖ p(w|y)), which at the
// mean-field optimum is ½(Σ ln Λ_jj − ln|Λ|).
func TestTheLossIsTheBoundOnTheEvidenceWithTheKnownGap(t *testing.T) {
	x, y := linearTable(25, 3, .5, 8)
	c := Config{Hidden: []int{}, Noise: .6, Prior: Prior{Kind: "gaussian", SD: .9}, dtype: dtypes.Float64}
	tab, err := newTable(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	sigma := .6 / tab.target.SD
	mean, precision := posterior(tab, .9, sigma)
	exact := evidence(t, tab, .9, sigma)
	var chol mat.Cholesky
	chol.Factorize(precision)
	gap := -.5 * chol.LogDet()
	best := make([]float64, 4)
	for j := range best {
		best[j] = 1 / math.Sqrt(precision.At(j, j))
		gap += .5 * math.Log(precision.At(j, j))
	}
	// The variance of an output has tinyVariance added, a share of 1e-9 at most.
	near(t, "gap", exact-linearBound(t, x, y, c, mean, best), gap, 1e-6)
	for seed := range uint64(5) {
		eps := make([]float64, 8)
		rng.New(seed).NormalFloat64(eps)
		m, s := append([]float64(nil), mean...), append([]float64(nil), best...)
		for j := range m {
			m[j] += .3 * best[j] * eps[j]
			s[j] *= math.Exp(.3 * eps[4+j])
		}
		bound := linearBound(t, x, y, c, m, s)
		want := gaussianKL(m, s, mean, precision) // the gap at any other q
		near(t, "gap elsewhere", exact-bound, want, 1e-6)
		if exact-bound <= gap {
			t.Errorf("gap: got %v, want it above the least one %v", exact-bound, gap)
		}
	}
}

// gaussianKL is KL(N(m, diag(s²)) ‖ N(mean, Λ⁻¹)).
func gaussianKL(m, s, mean []float64, precision *mat.SymDense) float64 {
	var c mat.Cholesky
	c.Factorize(precision)
	d := mat.NewVecDense(len(m), nil)
	kl := -.5*c.LogDet() - .5*float64(len(m))
	for j := range m {
		d.SetVec(j, m[j]-mean[j])
		kl += .5*precision.At(j, j)*s[j]*s[j] - math.Log(s[j])
	}
	return kl + .5*mat.Inner(d, precision, d)
}

// The epistemic deviation of a linear model at a row, mean field along its columns, is √(Σ x_j²/Λ_jj), 4,000 draws.
func TestEpistemicDeviationOfALinearMeanFieldModel(t *testing.T) {
	x, y := linearTable(60, 2, .5, 9)
	n := fit(t, x, y, Config{Axes: "columns", Hidden: []int{}, Noise: .5, Epochs: 4000, Draws: 4000})
	tab, _ := newTable(x, y, Config{})
	_, precision := posterior(tab, 2, .5/tab.target.SD)
	for i, p := range predict(t, n, x[:5]) {
		v := 1 / precision.At(2, 2)
		for j := range 2 {
			v += math.Pow(float64(tab.x[2*i+j]), 2) / precision.At(j, j)
		}
		near(t, "epistemic", p.Epistemic/tab.target.SD/math.Sqrt(v), 1, .06)
	}
}

// Rows share the noise of shared weights: outputs of two rows with inputs of one sign rise and
// fall together. Under flipout and local reparameterisation they do not; the bias of flipout has
// a sign of each row too. Correlations of 4,000 draws, five standard errors.
func TestRowsAreIndependentUnlessWeightsAreShared(t *testing.T) {
	const draws = 4000
	for _, name := range Estimators {
		q := meanField{shape{2, 1}, estimators[name], gaussianPrior{1}, .5}
		p := tk.Params(t, dtypes.Float64)
		prog := model.NewProgram(p, name, func(s *model.Scope, in []*g.Node) []*g.Node {
			f, _ := q.terms(s, in[0])
			return []*g.Node{f}
		})
		var a, b, ab, aa, bb float64
		for i := range draws {
			f := tk.Values(t, prog, rng.New(3).At(uint64(i)), tk.Matrix([]float64{1, 2, 2, 1}, 2, 2))[0]
			a, b = a+f[0]/draws, b+f[1]/draws
			ab, aa, bb = ab+f[0]*f[1]/draws, aa+f[0]*f[0]/draws, bb+f[1]*f[1]/draws
		}
		got := (ab - a*b) / math.Sqrt((aa-a*a)*(bb-b*b))
		want := 0.
		if name == "shared" {
			want = 5. / 6 // (1·2 + 2·1 + 1)/(1 + 4 + 1)
		}
		near(t, name+" correlation", got, want, 5/math.Sqrt(draws))
	}
}

// A row of zeros in a layer whose biases are all but certain has outputs without variance; the
// derivative of the square root stays finite there.
func TestGradientsOfRowsOfZerosAreFinite(t *testing.T) {
	x, y := waves(30, 1)
	for i := range x {
		x[i] = append(x[i], float32(i%2)) // so that no column is constant
		if i < 10 {
			x[i][0], x[i][1] = 0, 0
		}
	}
	for _, e := range Estimators {
		n := fit(t, x, y, Config{Raw: true, Estimator: e, InitSD: 1e-6, Epochs: 200})
		for _, p := range predict(t, n, x[:1]) {
			if math.IsNaN(p.Mean) || p.SD <= 0 {
				t.Errorf("%s: got %+v", e, p)
			}
		}
	}
}

// The members of an ensemble are what single fits of their keys would be: each predicts alike
// whether or not others were trained before it, so more members add draws and change none.
func TestMoreMembersChangeNoneOfTheOthers(t *testing.T) {
	x, y := waves(40, 1)
	c := Config{Method: "ensemble", Epochs: 60, Members: 2}
	a := fit(t, x, y, c)
	c.Members = 3
	b := fit(t, x, y, c)
	if a.Draws() != 2 || b.Draws() != 3 {
		t.Fatalf("got %d and %d draws, want 2 and 3", a.Draws(), b.Draws())
	}
	for m := range 2 {
		for i, v := range a.draws[m].flat() {
			near(t, "weight", b.draws[m].flat()[i], v, 0)
		}
	}
	if b.draws[2][0].W[0] == b.draws[1][0].W[0] {
		t.Error("two members have one weight")
	}
}

// The mean prediction of dropout with one hidden layer is that of the whole network, for the
// outputs are linear in the masks: 2,000 draws, five standard errors.
func TestDropoutPredictsTheWholeNetworkInTheMean(t *testing.T) {
	x, y := waves(60, 1)
	n := fit(t, x, y, Config{Method: "dropout", Dropout: .2, Epochs: 100, Draws: 2000})
	whole := *n
	whole.draws, whole.sigmas = []weights{n.mean}, n.sigmas[:1]
	if err := whole.prepare(n.params.Backend()); err != nil {
		t.Fatal(err)
	}
	want := predict(t, &whole, x[:5])
	for i, p := range predict(t, n, x[:5]) {
		near(t, "mean", p.Mean, want[i].Mean, 5*p.Epistemic/math.Sqrt(2000))
		if p.Epistemic == 0 || want[i].Epistemic != 0 {
			t.Errorf("epistemic: got %v of the draws and %v of one network", p.Epistemic, want[i].Epistemic)
		}
	}
}

// It is the choice of rows that makes SWAG's path wander: in batches its draws spread further
// than with all rows a step, for as many steps.
func TestSWAGSpreadsByTheChoiceOfRows(t *testing.T) {
	x, y := waves(100, 1)
	spread := func(c Config) (sum float64) {
		for _, p := range predict(t, fit(t, x, y, c), x[:20]) {
			sum += p.Epistemic
		}
		return sum
	}
	batches := spread(Config{Method: "swag", Epochs: 300, Batch: 10})
	whole := spread(Config{Method: "swag", Epochs: 3000, Batch: 100})
	t.Logf("epistemic deviation: %.4f in batches, %.4f of the whole table", batches/20, whole/20)
	if !(batches > 1.5*whole && batches > 0) {
		t.Errorf("epistemic deviation: got %v in batches and %v of the whole table, want it to spread", batches, whole)
	}
}

// A fit whose context is done before it begins does not begin.
func TestAFitThatMayNotBeginDoesNot(t *testing.T) {
	x, y := waves(20, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	called := false
	if _, err := Fit(ctx, x, y, Config{Progress: func(Progress) { called = true }}); err == nil || called {
		t.Errorf("got %v, with an epoch: %v", err, called)
	}
}
