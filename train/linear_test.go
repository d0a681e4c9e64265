package train

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
)

// spectrum holds the covariance eigenvalues of the probabilistic-PCA check.
var spectrum = []float64{4, 2, 1.5, .5, .3, .2, .1, .1, .1, .1}

// gaussian draws n rows with the given covariance eigenvalues along a fixed rotation, which
// is a product of Givens rotations.
func gaussian(n int, key rng.Key) *data.Set {
	d := len(spectrum)
	z := make([]float64, n*d)
	key.NormalFloat64(z)
	s := &data.Set{Name: "gaussian", Shape: []int{d}, X: make([]float32, n*d)}
	row := make([]float64, d)
	for i := range n {
		for j := range d {
			row[j] = z[i*d+j] * math.Sqrt(spectrum[j])
		}
		for j := range d {
			k := (j + 3) % d
			c, sn := math.Cos(float64(j+1)), math.Sin(float64(j+1))
			row[j], row[k] = c*row[j]-sn*row[k], sn*row[j]+c*row[k]
		}
		for j, v := range row {
			s.X[i*d+j] = float32(v)
		}
	}
	return s
}

// fitLinear trains the linear VAE on n Gaussian rows and returns the run and the closed-form
// optimum for the empirical eigenvalues of those rows.
func fitLinear(t *testing.T, q int, edit func(*Config)) (*Run, *eval.Principal, []float64) {
	t.Helper()
	s := gaussian(5000, rng.New(4))
	c := Default()
	c.Model, c.Latent, c.Epochs, c.Batch, c.LR, c.LRSchedule = "linear-vae", q, 100, 250, .03, "cosine"
	if edit != nil {
		edit(&c)
	}
	some := s.Select(rng.New(6).Perm(s.Len())[:600])
	run, _ := start(t, c, &data.Splits{Train: s, Valid: some, Test: s}, Observer{})
	rows := make([][]float64, s.Len())
	for i := range rows {
		for _, v := range s.Row(i) {
			rows[i] = append(rows[i], float64(v))
		}
	}
	pca, err := eval.PCA(rows, s.Dim())
	if err != nil {
		t.Fatal(err)
	}
	return run, pca, eigenvalues(rows, pca)
}

// eigenvalues returns the variances, with divisor N, along the principal components.
func eigenvalues(rows [][]float64, p *eval.Principal) []float64 {
	out := make([]float64, len(p.Components))
	for _, s := range p.Scores {
		for j, v := range s {
			out[j] += v * v / float64(len(rows))
		}
	}
	return out
}

// The trained linear VAE reaches the likelihood of probabilistic PCA within .02 nats for
// three latent sizes, its learned variance is the mean squared error within 2 %, and its
// decoder spans the principal subspace within 5°.
func TestLinearVAEIsProbabilisticPCA(t *testing.T) {
	for _, q := range []int{2, 3, 5} {
		run, pca, lambda := fitLinear(t, q, func(c *Config) { c.Likelihood = "gaussian-learned" })
		want, sigma2, err := eval.ProbabilisticPCA(lambda, q)
		if err != nil {
			t.Fatal(err)
		}
		ev := run.Net.Evaluator(vi.Estimator{Samples: 64})
		rec, err := ev.Record(context.Background(), run.Rows.TrainX, rng.New(8), 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("q=%d: −ELBO %.4f, optimum %.4f, MC s.e. %.4f", q, -rec.Bound, want, rec.StdErr)
		if d := -rec.Bound - want; math.Abs(d) > .02 {
			t.Errorf("q=%d: −ELBO %.4f, want %.4f ± .02", q, -rec.Bound, want)
		}
		got, mse := learnedVariance(t, run), expectedSquaredError(t, run)
		t.Logf("q=%d: σ² %.5f, MSE %.5f, closed form %.5f", q, got, mse, sigma2)
		if math.Abs(got-mse) > .02*mse || math.Abs(got-sigma2) > .02*sigma2 {
			t.Errorf("q=%d: σ² = %.5f, want the mean squared error %.5f and the closed form %.5f within 2 %%", q, got, mse, sigma2)
		}
		angles, err := eval.PrincipalAngles(decoderRows(t, run), pca.Components[:q])
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range angles {
			if a*180/math.Pi > 5 {
				t.Errorf("q=%d: principal angle %.2f°, want at most 5°", q, a*180/math.Pi)
			}
		}
	}
}

// With σ² fixed, as many latent dimensions are active as eigenvalues exceed σ².
func TestLinearVAEActiveUnits(t *testing.T) {
	run, _, lambda := fitLinear(t, 8, func(c *Config) { c.Likelihood, c.Sigma = "gaussian", math.Sqrt(.4) })
	want := 0
	for _, l := range lambda {
		if l > .4 {
			want++
		}
	}
	if got := run.Outcome.Telemetry.ActiveUnits; got != want || want != 4 {
		t.Errorf("%d active units, want %d eigenvalues above .4", got, want)
	}
}

// decoderRows returns the rows of the decoder's weight, one a latent dimension.
func decoderRows(t *testing.T, run *Run) [][]float64 {
	t.Helper()
	var out [][]float64
	w := array(t, run, "decoder/out/weight")
	d := run.Net.Config.Dim
	for i := 0; i < len(w); i += d {
		out = append(out, w[i:i+d])
	}
	return out
}

// learnedVariance returns σ² of a gaussian-learned likelihood.
func learnedVariance(t *testing.T, run *Run) float64 {
	t.Helper()
	r := array(t, run, "decoder/logscale")[0]
	return math.Exp(2 * (-6 + math.Log1p(math.Exp(r+6))))
}

// expectedSquaredError returns E_q ‖x − μ(z)‖²/D over the training rows in closed form: the
// error of the mean code plus the variance that the code's noise adds, Σ_j s_j² ‖w_j‖².
func expectedSquaredError(t *testing.T, run *Run) float64 {
	t.Helper()
	x := run.Rows.TrainX
	y, err := run.Net.Reconstruct(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.
	for i := range x {
		sum += float64(x[i]-y[i]) * float64(x[i]-y[i])
	}
	mse := sum / float64(len(x))
	scale := array(t, run, "encoder/logscale")
	for j, w := range decoderRows(t, run) {
		for _, v := range w {
			mse += math.Exp(2*scale[j]) * v * v / float64(run.Net.Config.Dim)
		}
	}
	return mse
}

// array returns a parameter of a run.
func array(t *testing.T, run *Run, name string) []float64 {
	t.Helper()
	all, err := run.Net.Params.Export()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Name == name {
			return a.Data
		}
	}
	t.Fatalf("no parameter %s", name)
	return nil
}
