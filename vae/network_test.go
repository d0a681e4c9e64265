package vae_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// TestResultsDoNotDependOnBatching compares 600 rows at once with pieces of odd lengths.
func TestResultsDoNotDependOnBatching(t *testing.T) {
	ctx := t.Context()
	for _, name := range []string{"vae", "ae", "linear-vae"} {
		c := zoo.Small
		if name == "linear-vae" {
			c.Likelihood = "gaussian"
		}
		n := zoo.Network(t, name, c, dtypes.Float32)
		x := zoo.Uniform(600 * 6)
		mean, variance, err := n.Encode(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		recon, decoded := zoo.Must[[]float32](t)(n.Reconstruct(ctx, x)), zoo.Must[[]float32](t)(n.Decode(ctx, mean))
		var mean2, variance2, recon2, decoded2 []float32
		for first, size := 0, 1; first < 600; first, size = first+size, size+3 {
			last := min(600, first+size)
			m, v, err := n.Encode(ctx, x[first*6:last*6])
			if err != nil {
				t.Fatal(err)
			}
			mean2, variance2 = append(mean2, m...), append(variance2, v...)
			recon2 = append(recon2, zoo.Must[[]float32](t)(n.Reconstruct(ctx, x[first*6:last*6]))...)
			decoded2 = append(decoded2, zoo.Must[[]float32](t)(n.Decode(ctx, mean[first*2:last*2]))...)
		}
		zoo.Near(t, name+" means", mean2, mean)
		zoo.Near(t, name+" variances", variance2, variance)
		zoo.Near(t, name+" reconstructions", recon2, recon)
		zoo.Near(t, name+" decodings", decoded2, decoded)
		zoo.Near(t, name+" reconstruction is decoding of the mean", recon, decoded)
		for i, v := range variance {
			if name == "ae" && v != 0 || name != "ae" && !(v > 0) {
				t.Fatalf("%s: variance %d: got %v", name, i, v)
			}
		}
	}
}

// TestKLOfARowDoesNotDependOnBatching: the closed form has no noise; the record is the mean.
func TestKLOfARowDoesNotDependOnBatching(t *testing.T) {
	n := zoo.Network(t, "vae", zoo.Small, dtypes.Float64)
	x, key := zoo.Uniform(300*6), rng.New(5)
	e := n.Evaluator(vi.Estimator{Samples: 3})
	rec, kl, err := e.PerDatum(t.Context(), x, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 17, 299} {
		_, one, err := e.PerDatum(t.Context(), x[i*6:(i+1)*6], key)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "KL of a row", one[0], kl[i], 1e-12)
	}
	record := zoo.Must[vi.Record](t)(e.Record(t.Context(), x, key, .5))
	meanRec, _, _ := tk.Moments(rec)
	meanKL, _, _ := tk.Moments(kl)
	tk.Close(t, "reconstruction", record.Reconstruction, meanRec, 1e-12)
	tk.Close(t, "KL", record.KL, meanKL, 1e-12)
	if record.Kind != vi.KindELBO || record.N != 300 || record.Samples != 3 || record.Beta != .5 || record.StdErr <= 0 || len(record.KLPerDim) != 2 {
		t.Errorf("got record %+v", record)
	}
	again := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: 3}).Record(t.Context(), x, key, .5))
	if again.Bound != record.Bound {
		t.Errorf("equal keys: got bounds %v and %v", again.Bound, record.Bound)
	}
	other := zoo.Must[vi.Record](t)(e.Record(t.Context(), x, rng.New(6), .5))
	if other.Bound == record.Bound || math.Abs(other.Bound-record.Bound) > 6*math.Hypot(other.StdErr, record.StdErr) {
		t.Errorf("other key: got %v after %v ± %v", other.Bound, record.Bound, record.StdErr)
	}
	p := zoo.Must[vi.Posterior](t)(n.Posterior(t.Context(), x))
	if p.N != 300 || p.L != 2 || len(p.Mean) != 600 || len(p.Variance) != 600 {
		t.Errorf("posterior: got N %d, L %d", p.N, p.L)
	}
}

func TestPaddingRepeatsRowsButNotTheFirstAtTheEnd(t *testing.T) {
	for count := 1; count <= 20; count++ {
		x := make([]float32, count*2)
		for i := range x {
			x[i] = float32(i / 2)
		}
		next := 0
		err := vae.Batches(t.Context(), x, 2, 16, func(piece []float32, first, rows, full int) error {
			if first != next || len(piece) != full*2 || full < rows || full >= 2*rows || full&(full-1) != 0 {
				t.Errorf("%d rows: got piece at %d with %d rows padded to %d", count, first, rows, full)
			}
			for i := range full {
				v := int(piece[2*i])
				if piece[2*i] != piece[2*i+1] || v < first || v >= first+rows || i < rows && v != first+i {
					t.Errorf("%d rows: row %d of the piece at %d: got %v", count, i, first, piece[2*i:2*i+2])
				}
			}
			if full > 1 && int(piece[2*full-1]) == first {
				t.Errorf("%d rows: the first row is its own neighbour", count)
			}
			next += rows
			return nil
		})
		if err != nil || next != count {
			t.Errorf("got %d of %d rows, error %v", next, count, err)
		}
	}
}

func TestSamplesArePrefixesOfLongerRuns(t *testing.T) {
	n := zoo.Network(t, "vae", zoo.Small, dtypes.Float32)
	key := rng.New(8)
	long := zoo.Must[[]float32](t)(n.Sample(t.Context(), 700, key))
	zoo.Near(t, "ten samples", zoo.Must[[]float32](t)(n.Sample(t.Context(), 10, key)), long[:60])
	zoo.Near(t, "three hundred samples", zoo.Must[[]float32](t)(n.Sample(t.Context(), 300, key)), long[:1800])
	if none := zoo.Must[[]float32](t)(n.Sample(t.Context(), 0, key)); len(none) != 0 {
		t.Errorf("no samples: got %d values", len(none))
	}
	if _, err := n.Sample(t.Context(), -1, key); err == nil || !strings.Contains(err.Error(), "got -1") {
		t.Errorf("−1 samples: got error %v", err)
	}
	z := zoo.Must[[]float32](t)(n.Prior(t.Context(), 20000, key))
	wide := make([]float64, len(z))
	for i, v := range z {
		wide[i] = float64(v)
	}
	tk.FitsCDF(t, "prior", wide, func(x float64) float64 { return .5 * math.Erfc(-x/math.Sqrt2) })
}

func TestAutoencoderHasNoPriorAndNoBound(t *testing.T) {
	n := zoo.Network(t, "ae", zoo.Small, dtypes.Float32)
	ctx, x, key := t.Context(), zoo.Uniform(12), rng.New(1)
	if can := n.Can(); can["sample"] || can["bound"] || !can["encode"] || !can["decode"] {
		t.Errorf("abilities: got %v", can)
	}
	_, sample := n.Sample(ctx, 3, key)
	_, evidence := n.LogEvidence(ctx, x, 10, key)
	_, _, forms := n.Forms(ctx, x, key, 1)
	for want, err := range map[string]error{"ae cannot sample": sample, "model ae cannot bound": evidence, "model ae cannot": forms} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: 9, Shuffle: true}).Record(ctx, x, key, 1))
	if r.Kind != vi.KindLogProb || r.KL != 0 || len(r.KLPerDim) != 0 || r.Samples != 1 || r.Bound != r.Reconstruction || r.Bound >= 0 {
		t.Errorf("got record %+v, want a log-likelihood alone", r)
	}
}

// calls lists the methods that take rows.
func calls(n *vae.Network) map[string]func(ctx context.Context, x []float32) (int, error) {
	key := rng.New(3)
	return map[string]func(ctx context.Context, x []float32) (int, error){
		"Encode": func(ctx context.Context, x []float32) (int, error) { v, _, err := n.Encode(ctx, x); return len(v), err },
		"Decode": func(ctx context.Context, x []float32) (int, error) { v, err := n.Decode(ctx, x); return len(v), err },
		"Reconstruct": func(ctx context.Context, x []float32) (int, error) {
			v, err := n.Reconstruct(ctx, x)
			return len(v), err
		},
		"Posterior": func(ctx context.Context, x []float32) (int, error) { v, err := n.Posterior(ctx, x); return v.N, err },
		"LogEvidence": func(ctx context.Context, x []float32) (int, error) {
			v, err := n.LogEvidence(ctx, x, 2, key)
			return len(v), err
		},
		"Forms": func(ctx context.Context, x []float32) (int, error) {
			v, _, err := n.Forms(ctx, x, key, 0)
			return len(v), err
		},
		"Record": func(ctx context.Context, x []float32) (int, error) {
			v, err := n.Evaluator(vi.Estimator{}).Record(ctx, x, key, 1)
			return v.N, err
		},
		"PerDatum": func(ctx context.Context, x []float32) (int, error) {
			v, _, err := n.Evaluator(vi.Estimator{}).PerDatum(ctx, x, key)
			return len(v), err
		},
	}
}

func TestWrongRowsAndCancellationAreErrors(t *testing.T) {
	c := zoo.Small
	c.Latent = 3
	n := zoo.Network(t, "vae", c, dtypes.Float32)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls(n) {
		for _, size := range []int{1, 5, 7, 601} {
			if _, err := call(t.Context(), make([]float32, size)); err == nil || !strings.Contains(err.Error(), "want a multiple of") {
				t.Errorf("%s of %d values: got error %v, want one that names the row width", name, size, err)
			}
		}
		for _, x := range [][]float32{nil, {}} {
			if got, err := call(t.Context(), x); err != nil || got != 0 {
				t.Errorf("%s of no rows: got %d results, error %v", name, got, err)
			}
		}
		if _, err := call(cancelled, make([]float32, 600)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after cancellation: got error %v", name, err)
		}
	}
	if _, err := n.Sample(cancelled, 5, rng.New(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Sample after cancellation: got error %v", err)
	}
	if _, err := n.LogEvidence(t.Context(), make([]float32, 6), 0, rng.New(1)); err == nil {
		t.Error("no weights: want an error")
	}
}

// TestNetworkIsSafeForConcurrentUse runs all methods at once on a network that has compiled
// nothing yet; every result is that of a run alone. It is of most use under -race.
func TestNetworkIsSafeForConcurrentUse(t *testing.T) {
	x, key, ctx := zoo.Uniform(70*6), rng.New(3), t.Context()
	run := func(n *vae.Network, i int) (out []float32, err error) {
		switch i % 4 {
		case 0:
			out, _, err = n.Encode(ctx, x)
		case 1:
			out, err = n.Reconstruct(ctx, x)
		case 2:
			out, err = n.Sample(ctx, 5, key)
		case 3:
			var sums []vi.ImportanceSum
			sums, err = n.LogEvidence(ctx, x[:60], 7, key)
			for _, s := range sums {
				out = append(out, float32(s.LogEvidence()))
			}
		}
		return out, err
	}
	shared, alone := zoo.Network(t, "vae", zoo.Small, dtypes.Float32), zoo.Network(t, "vae", zoo.Small, dtypes.Float32)
	results, errs := make([][]float32, 16), make([]error, 16)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i], errs[i] = run(shared, i) })
	}
	wg.Wait()
	for i, got := range results {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		zoo.Near(t, "concurrent result", got, zoo.Must[[]float32](t)(run(alone, i)))
	}
}

func TestSealedParametersMustHoldTheModel(t *testing.T) {
	p := tk.Params(t, dtypes.Float32)
	p.Seal()
	n, err := vae.NewNetwork("vae", zoo.Small, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.Encode(t.Context(), zoo.Uniform(6)); err == nil || !strings.Contains(err.Error(), `parameter "encoder/hidden0/weight" of shape [6 8] is missing`) {
		t.Errorf("got error %v, want one that names the parameter", err)
	}
	full := zoo.Network(t, "vae", zoo.Small, dtypes.Float32)
	want := zoo.Must[[]float32](t)(full.Reconstruct(t.Context(), zoo.Uniform(6)))
	loaded := tk.Params(t, dtypes.Float32)
	if err := loaded.Import(tk.Export(t, full.Params)); err != nil {
		t.Fatal(err)
	}
	loaded.Seal()
	n = zoo.Must[*vae.Network](t)(vae.NewNetwork("vae", zoo.Small, loaded))
	zoo.Near(t, "loaded", zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), zoo.Uniform(6))), want)
	wrong := zoo.Small
	wrong.Hidden = []int{9}
	n = zoo.Must[*vae.Network](t)(vae.NewNetwork("vae", wrong, loaded))
	if _, _, err := n.Encode(t.Context(), zoo.Uniform(6)); err == nil || !strings.Contains(err.Error(), "got shape [6 8], want [6 9]") {
		t.Errorf("other width: got error %v, want one with both shapes", err)
	}
}

// TestEvidenceOfTheLinearModel: p(x) = N(b, wwᵀ + σ²I) in closed form for one latent
// dimension. The bound lies below; importance sampling hits it within 5 standard errors a
// row, a right sampler missing one of 40 with probability 2e-5; both forms of the bound agree.
func TestEvidenceOfTheLinearModel(t *testing.T) {
	const sigma, d = .5, 3
	n := zoo.Network(t, "linear-vae", vae.Config{Dim: d, Latent: 1, Likelihood: "gaussian", Sigma: sigma}, dtypes.Float64)
	w, b := []float64{.8, -.4, .3}, []float64{.1, .5, .2}
	norm := 0.
	for _, v := range w {
		norm += v * v
	}
	// The posterior mean is wᵀ(x − b)/(‖w‖² + σ²) with variance σ²/(‖w‖² + σ²); the guide is
	// given twice that variance, so the bound is strict.
	v, c := make([]float64, d), 0.
	for i := range v {
		v[i] = w[i] / (norm + sigma*sigma)
		c -= v[i] * b[i]
	}
	tk.Import(t, n.Params,
		model.Array{Name: "decoder/out/weight", Trainable: true, Dims: []int{1, d}, Data: w},
		model.Array{Name: "decoder/out/bias", Trainable: true, Dims: []int{d}, Data: b},
		model.Array{Name: "encoder/mean/weight", Trainable: true, Dims: []int{d, 1}, Data: v},
		model.Array{Name: "encoder/mean/bias", Trainable: true, Dims: []int{1}, Data: []float64{c}},
		model.Array{Name: "encoder/logscale", Trainable: true, Dims: []int{1}, Data: []float64{.5 * math.Log(2*sigma*sigma/(norm+sigma*sigma))}})
	x, key := zoo.Uniform(40*d), rng.New(12)
	sums := zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), x, 2100, key))
	split, joint, err := n.Forms(t.Context(), x, key, 400)
	if err != nil {
		t.Fatal(err)
	}
	gap := .5 * (1 - math.Ln2) // KL between equal means and variances 2:1
	forms := make([]float64, 40)
	for i := range sums {
		sq, dot := 0., 0.
		for j := range d {
			r := float64(x[i*d+j]) - b[j]
			sq, dot = sq+r*r, dot+r*w[j]
		}
		s2 := sigma * sigma
		want := -.5 * (d*math.Log(2*math.Pi) + (d-1)*math.Log(s2) + math.Log(s2+norm) + (sq-dot*dot/(s2+norm))/s2)
		if e := math.Abs(sums[i].LogEvidence() - want); e > 5*sums[i].StdErr() || sums[i].K() != 2100 {
			t.Errorf("row %d: got %v ± %v from %d weights, want %v", i, sums[i].LogEvidence(), sums[i].StdErr(), sums[i].K(), want)
		}
		forms[i] = split[i] - joint[i]
		split[i] -= want - gap
		joint[i] -= want - gap
	}
	tk.MeanWithin(t, "bound", split, 0, 5)
	tk.MeanWithin(t, "second form", joint, 0, 5)
	tk.MeanWithin(t, "difference of the forms", forms, 0, 5)
}
