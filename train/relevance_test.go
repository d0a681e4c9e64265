package train

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// programs is a simulator of activity: groups of columns that go up and down together.
//
//	x = Σ_k z_k·w_k + .5·ε,  z_k ~ N(0, 1), ε ~ N(0, I)
//
// where w_k has weights on columns of its own alone, six of thirty each, three quarters to five quarters
// of a size that falls by three sevenths from one group to the next: groups of equal size could be turned into each
// other.
func programs(n int, key rng.Key) (s *data.Set, loadings [][]float64) {
	const groups, of, d = 5, 6, 30
	weight := make([]float32, d)
	key.Named("weights").Uniform(weight)
	for k := range groups {
		w := make([]float64, d)
		for j := range of {
			w[k*of+j] = (.75 + .5*float64(weight[k*of+j])) * 3 * math.Pow(1.75, -float64(k))
		}
		loadings = append(loadings, w)
	}
	e := make([]float64, n*(groups+d))
	key.Named("rows").NormalFloat64(e)
	s = &data.Set{Name: "programs", Shape: []int{d}, X: make([]float32, n*d)}
	for i := range n {
		z, noise := e[i*(groups+d):i*(groups+d)+groups], e[i*(groups+d)+groups:(i+1)*(groups+d)]
		for j := range d {
			v := .5 * noise[j]
			for k := range groups {
				v += z[k] * loadings[k][j]
			}
			s.X[i*d+j] = float32(v)
		}
	}
	return s, loadings
}

// fitPrograms trains a linear VAE with a learned variance on simulated rows.
func fitPrograms(t *testing.T, seed uint64, latent int, ard string) (*Run, [][]float64) {
	t.Helper()
	key := rng.New(seed).Named("programs")
	train, loadings := programs(2000, key)
	c := Default()
	c.Model, c.Likelihood, c.Latent, c.Seed = "linear-vae", "gaussian-learned", latent, seed
	c.Epochs, c.Batch, c.LR, c.LRSchedule = 200, 100, .05, "cosine"
	c.Options = map[string]string{"ard": ard}
	some := train.Select(key.Named("some").Perm(train.Len())[:600])
	run, _ := start(t, c, &data.Splits{Train: train, Valid: some, Test: train}, Observer{})
	return run, loadings
}

// Of thirty columns that five numbers drive, a linear VAE with fifteen latent dimensions keeps exactly
// five under the prior of relevance, for seeds 1 to 3. Without it, it fits the noise of the sample with some
// of the others: of a spectrum of equal eigenvalues those of 2,000 rows spread by ±2√(30/2000), a quarter,
// and all above the mean are worth a dimension to the likelihood.
func TestThePriorOfRelevanceFindsTheIntrinsicDimension(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		run, _ := fitPrograms(t, seed, 15, "true")
		sizes := columnSizes(t, run)
		t.Logf("seed %d: %d of 15 active, root mean squares of the loadings %.4f", seed, run.Outcome.Telemetry.ActiveUnits, sizes)
		kept := 0
		for _, v := range sizes {
			if v > .05 {
				kept++
			}
		}
		if n := run.Outcome.Telemetry.ActiveUnits; n != 5 || kept != 5 {
			t.Errorf("seed %d: got %d active dimensions and %d with loadings, want 5", seed, n, kept)
		}
	}
	plain, _ := fitPrograms(t, 1, 15, "false")
	t.Logf("without: %d of 15 active, loadings %.4f", plain.Outcome.Telemetry.ActiveUnits, columnSizes(t, plain))
	if n := plain.Outcome.Telemetry.ActiveUnits; n <= 5 {
		t.Errorf("without the prior: got %d active dimensions, want more than five: the case is too easy", n)
	}
}

// columnSizes are the root mean squares of the loadings of each latent dimension.
func columnSizes(t *testing.T, run *Run) (out []float64) {
	t.Helper()
	for _, w := range decoderRows(t, run) {
		sum := 0.
		for _, v := range w {
			sum += v * v / float64(len(w))
		}
		out = append(out, math.Sqrt(sum))
	}
	return out
}

// The loadings of a linear decoder are those of the simulator, each group's by another latent dimension, with
// a cosine of at least .9 up to sign: a guide of independent elements breaks the freedom of
// rotation that factor analysis has (Lucas et al. 2019, theorem 1).
func TestLoadingsAreThoseOfTheSimulator(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		run, truth := fitPrograms(t, seed, 5, "false")
		found := decoderRows(t, run)
		taken := map[int]bool{}
		var cosines []float64
		for k, w := range truth {
			best, at := 0., -1
			for j, v := range found {
				if c := math.Abs(cosine(w, v)); c > best {
					best, at = c, j
				}
			}
			cosines = append(cosines, best)
			if best < .9 || taken[at] {
				t.Errorf("seed %d, group %d: got a cosine of %.3f by dimension %d, want at least .9 by one of its own", seed, k, best, at)
			}
			taken[at] = true
		}
		t.Logf("seed %d: cosines %.4f", seed, cosines)
	}
}

// cosine is that of the angle between two rows.
func cosine(a, b []float64) float64 {
	dot, aa, bb := 0., 0., 0.
	for i := range a {
		dot, aa, bb = dot+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return dot / math.Sqrt(aa*bb)
}
