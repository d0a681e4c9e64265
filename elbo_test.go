package elbo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
)

// tiny is a run of a fraction of a second.
func tiny() elbo.Config {
	return elbo.Config{Model: "vae", Data: "tiny", Epochs: 1, Batch: 50, Hidden: []int{16}, Latent: 2}
}

// digits is a small set of images.
func digits(t testing.TB) *data.Splits {
	t.Helper()
	s, err := data.Split(data.Digits(400, rng.New(5)), nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shared is a model of digits that tests only read.
var shared = sync.OnceValues(func() (*elbo.Model, error) {
	s, err := data.Split(data.Digits(400, rng.New(5)), nil, nil, 0)
	if err != nil {
		return nil, err
	}
	return elbo.Train(context.Background(), tiny(), s)
})

// model returns the shared model.
func model(t *testing.T) *elbo.Model {
	t.Helper()
	m, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rows returns the first n rows of a set.
func rows(s *data.Set, n int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = s.Row(i)
	}
	return out
}

// tableFile writes a table whose columns have scales of thousands and thousandths, and
// correlate.
func tableFile(t *testing.T, n int) string {
	t.Helper()
	z := make([]float64, 3*n)
	rng.New(9).Named("table").NormalFloat64(z)
	var b bytes.Buffer
	b.WriteString("big,small,twin\n")
	for i := range n {
		fmt.Fprintf(&b, "%.3f,%.6f,%.3f\n", 20000+1000*z[i], .001*z[n+i], 50+10*z[i]+z[2*n+i])
	}
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A run that is opened again is the model that was trained.
func TestOpenReturnsWhatWasTrained(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s := digits(t)
	var epochs int
	a, err := elbo.Train(t.Context(), tiny(), s, elbo.InDir(dir), elbo.ByCommand("a test"))
	if err != nil {
		t.Fatal(err)
	}
	for _, which := range []string{"best", "last"} {
		b, err := elbo.Open(dir, elbo.FromCheckpoint(which), elbo.OnBackend("elbo:threads=3"))
		if err != nil {
			t.Fatal(err)
		}
		x := rows(s.Test, 7)
		want, _, err := a.Encode(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := b.Encode(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got codes %v, want %v", which, got, want)
		}
		epochs = len(b.Run().History)
		if b.Run().Info.Command != "a test" || epochs != 1 || b.Run().Outcome.Test.N != s.Test.Len() {
			t.Errorf("%s: got command %q, %d epochs, %d test rows", which, b.Run().Info.Command, epochs, b.Run().Outcome.Test.N)
		}
		if b.Dim() != 784 || b.Latent() != 2 || fmt.Sprint(b.Shape()) != "[28 28]" {
			t.Errorf("%s: got D %d, L %d, shape %v, want 784, 2, [28 28]", which, b.Dim(), b.Latent(), b.Shape())
		}
	}
	if _, err := elbo.Train(t.Context(), tiny(), s, elbo.InDir(dir)); err == nil || !strings.Contains(err.Error(), "holds a run already") {
		t.Errorf("training in the same folder: got %v, want a refusal", err)
	}
	for _, o := range []elbo.OpenOption{elbo.FromCheckpoint("middle"), elbo.OnBackend("abacus")} {
		if _, err := elbo.Open(dir, o); err == nil {
			t.Error("opened a checkpoint or a backend that does not exist")
		}
	}
}

func TestShapesOfResults(t *testing.T) {
	m := model(t)
	x := rows(digits(t).Test, 5)
	mean, sd, err := m.Encode(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(mean, sd...) {
		if len(v) != 2 {
			t.Fatalf("code: got %d values, want 2", len(v))
		}
	}
	for _, v := range sd {
		for _, s := range v {
			if !(s > 0) {
				t.Errorf("standard deviation: got %v, want more than 0", s)
			}
		}
	}
	decoded, err := m.Decode(t.Context(), mean)
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Reconstruct(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if len(decoded) != 5 || len(decoded[0]) != 784 || fmt.Sprint(decoded) != fmt.Sprint(again) {
		t.Error("Decode of Encode differs from Reconstruct")
	}
	moved, err := m.Traverse(t.Context(), x[0], 1, []float32{-1, mean[0][1], 1})
	if err != nil {
		t.Fatal(err)
	}
	if d := furthest(moved[1], again[0]); len(moved) != 3 || d > 1e-5 {
		t.Errorf("traversal at the row's own code: got a difference of %v from its reconstruction, want rounding", d)
	}
	sampled, err := m.Sample(t.Context(), 3, 1)
	if err != nil || len(sampled) != 3 || len(sampled[2]) != 784 {
		t.Errorf("got %d samples (%v), want 3 of 784 values", len(sampled), err)
	}
	for _, v := range sampled[0] {
		if !(v >= 0 && v <= 1) {
			t.Fatalf("pixel of a sample: got %v, want 0 to 1", v)
		}
	}
	empty, _, err := m.Encode(t.Context(), nil)
	if err != nil || len(empty) != 0 {
		t.Errorf("no rows: got %d codes (%v), want none", len(empty), err)
	}
}

// furthest is the largest difference of two rows.
func furthest(a, b []float32) float64 {
	d := 0.
	for i := range a {
		d = math.Max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

// Both ends of a path are the reconstructions of its rows.
func TestPathsEndAtReconstructions(t *testing.T) {
	m := model(t)
	x := rows(digits(t).Test, 2)
	ends, err := m.Reconstruct(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range elbo.PathKinds {
		path, err := m.Interpolate(t.Context(), x[0], x[1], 6, kind)
		if err != nil || len(path) != 6 {
			t.Fatalf("%s: got %d rows (%v), want 6", kind, len(path), err)
		}
		// float32 sums of batches of another size
		if a, b := furthest(path[0], ends[0]), furthest(path[5], ends[1]); a > 1e-5 || b > 1e-5 {
			t.Errorf("%s: ends differ by %v and %v from the reconstructions, want at most 1e-5", kind, a, b)
		}
	}
}

// Eight goroutines on one model get what one gets.
func TestModelIsSafeForConcurrentUse(t *testing.T) {
	m := model(t)
	x := rows(digits(t).Test, 3)
	all := func() string {
		var b strings.Builder
		mean, sd, err := m.Encode(t.Context(), x)
		fmt.Fprint(&b, mean, sd, err)
		y, err := m.Decode(t.Context(), mean)
		fmt.Fprint(&b, y, err)
		s, err := m.Sample(t.Context(), 2, 4)
		fmt.Fprint(&b, s, err)
		for _, kind := range elbo.ScoreKinds {
			v, err := m.Score(t.Context(), x, kind)
			fmt.Fprint(&b, v, err)
		}
		test, err := m.Rows(t.Context(), "test")
		fmt.Fprint(&b, test.Len(), err)
		return b.String()
	}
	want := all()
	got := make([]string, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = all() })
	}
	wg.Wait()
	for i, g := range got {
		if g != want {
			t.Errorf("goroutine %d: got other results", i)
		}
	}
}

// Bad input is an error that says what was wrong.
func TestBadInput(t *testing.T) {
	m, ctx := model(t), t.Context()
	good := digits(t).Test.Row(0)
	bad := append([]float32(nil), good...)
	bad[7] = float32(math.NaN())
	loud := append([]float32(nil), good...)
	loud[3] = 1.5
	check := func(name, says string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want it to say %q", name, err, says)
		}
	}
	_, _, err := m.Encode(ctx, [][]float32{good, good[:9]})
	check("short row", "row 1: got 9 values, want 784", err)
	_, err = m.Reconstruct(ctx, [][]float32{bad})
	check("NaN", "row 0: value 7: got NaN", err)
	_, err = m.Score(ctx, [][]float32{loud}, elbo.ScoreELBO)
	check("a pixel above 1", "1.5", err)
	_, err = m.Score(ctx, [][]float32{good}, "oddness")
	check("score", `got "oddness", want one of aggregate, codes, complexity`, err)
	_, err = m.Decode(ctx, [][]float32{{1, 2, 3}})
	check("wide code", "code 0: got 3 values, want 2", err)
	_, err = m.Decode(ctx, [][]float32{{1, float32(math.Inf(1))}})
	check("infinite code", "+Inf", err)
	_, err = m.Sample(ctx, 0, 1)
	check("no samples", "got 0 rows, want 1", err)
	_, err = m.Interpolate(ctx, good, good, 1, "linear")
	check("one step", "got 1 steps, want 2", err)
	_, err = m.Interpolate(ctx, good, good, 3, "spiral")
	check("path", `got "spiral"`, err)
	_, err = m.Traverse(ctx, good, 2, []float32{0})
	check("dimension", "got 2, want 0 to 1", err)
	_, err = m.Threshold(ctx, [][]float32{good}, elbo.ScoreELBO, .05)
	check("one normal row", "want at least 19", err)
	_, err = m.Rows(ctx, "practice")
	check("part", "want train, valid or test", err)
	_, err = elbo.Open(t.TempDir())
	check("no run", "is no run directory", err)
	_, err = elbo.Train(ctx, elbo.Config{Model: "vea"}, nil)
	check("model", `got "vea"`, err)
	_, err = elbo.Train(ctx, elbo.Config{Epochs: -1}, nil)
	check("epochs", "got -1, want 1", err)
}

// Without InDir nothing is left behind, whether training ends or fails.
func TestTrainInMemoryLeavesNothing(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("TMP", tmp)
	if _, err := elbo.Train(t.Context(), tiny(), digits(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := elbo.Train(ctx, tiny(), digits(t)); err == nil {
		t.Error("training with a cancelled context succeeded")
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("got %v (%v), want nothing left", left, err)
	}
}

// A cancelled context ends training with ErrInterrupted, and use with its own error.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := elbo.Train(ctx, tiny(), digits(t)); !errors.Is(err, train.ErrInterrupted) {
		t.Errorf("Train: got %v, want ErrInterrupted", err)
	}
	m := model(t)
	if _, err := m.Sample(ctx, 3, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Sample: got %v, want context.Canceled", err)
	}
	if _, err := m.Score(ctx, rows(digits(t).Test, 1), elbo.ScoreNLL); !errors.Is(err, context.Canceled) {
		t.Errorf("Score: got %v, want context.Canceled", err)
	}
}

// Tables go in and come out in their own units, before and after the run is opened again.
func TestTablesKeepTheirUnits(t *testing.T) {
	path, dir := tableFile(t, 400), filepath.Join(t.TempDir(), "run")
	c := elbo.Config{Data: path, Hidden: []int{16}, Latent: 2, Epochs: 60, Batch: 40, LR: .01}
	trained, err := elbo.Train(t.Context(), c, nil, elbo.InDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := elbo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := data.ReadFile(path, data.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*elbo.Model{"trained": trained, "opened": opened} {
		test, err := m.Rows(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for i := range raw.Len() {
			if math.Abs(float64(raw.Row(i)[0]-test.Row(0)[0])) < .1 && math.Abs(float64(raw.Row(i)[2]-test.Row(0)[2])) < .01 {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: got the first test row %d times in the file, want once: %v", name, found, test.Row(0))
		}
		x := rows(test, test.Len())
		y, err := m.Reconstruct(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		// The model explains the correlated column: its error is well below its scale of 1,000.
		var sq float64
		for i := range y {
			d := float64(y[i][0] - x[i][0])
			sq += d * d / float64(len(y))
		}
		if rmse := math.Sqrt(sq); rmse > 500 {
			t.Errorf("%s: reconstruction of a column of scale 1000: got an error of %.0f, want below 500", name, rmse)
		}
		codes, _, err := m.Encode(t.Context(), [][]float32{{20000, 0, 50}})
		if err != nil || math.Abs(float64(codes[0][0])) > 3 || math.Abs(float64(codes[0][1])) > 3 {
			t.Errorf("%s: code of the mean row: got %v (%v), want it near the prior's mean", name, codes, err)
		}
	}
}

// Every score is larger for noise than for digits, and −ELBO bounds −ln p(x) from above.
func TestScoresRankNoiseAboveDigits(t *testing.T) {
	m, test := model(t), digits(t).Test
	noise := make([][]float32, test.Len())
	for i := range noise {
		noise[i] = make([]float32, 784)
		rng.New(3).At(uint64(i)).Uniform(noise[i])
	}
	mean := map[string]float64{}
	for _, kind := range elbo.ScoreKinds {
		a, err := m.Score(t.Context(), rows(test, test.Len()), kind)
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.Score(t.Context(), noise, kind)
		if err != nil {
			t.Fatal(err)
		}
		scores, strange := append(append([]float64(nil), a...), b...), make([]bool, 2*len(a))
		for i := range b {
			strange[len(a)+i] = true
		}
		if area, err := eval.AUROC(scores, strange); err != nil || area < .99 {
			t.Errorf("%s: got AUROC %v (%v), want at least .99", kind, area, err)
		}
		mean[kind], _ = eval.MeanStdErr(a)
	}
	if mean[elbo.ScoreNLL] > mean[elbo.ScoreELBO] || mean[elbo.ScoreReconstruction] > mean[elbo.ScoreELBO] {
		t.Errorf("got mean scores %v, want −ELBO the largest", mean)
	}
}

// A threshold at 5 % flags 5 % of new normal rows, up to chance: with n calibration scores, the
// number flagged among m new ones is beta-binomial, and the test holds its 99 % limits.
func TestThresholdKeepsTheFalsePositiveRate(t *testing.T) {
	m := model(t)
	const n, fresh, fpr = 4000, 2000, .05
	all := data.Digits(n+fresh, rng.New(77)).Rows()
	limit, err := m.Threshold(t.Context(), all[:n], elbo.ScoreELBO, fpr)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := m.Score(t.Context(), all[n:], elbo.ScoreELBO)
	if err != nil {
		t.Fatal(err)
	}
	flagged := 0
	for _, v := range scores {
		if v > limit {
			flagged++
		}
	}
	k := math.Ceil((n + 1) * (1 - fpr))
	lo, hi := betaBinomialLimits(fresh, n+1-k, k, .99)
	blo, bhi, err := eval.BinomialInterval(fresh, fpr, .99)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("flagged %d of %d; 99 %% limits %d to %d, of a binomial alone %d to %d", flagged, fresh, lo, hi, blo, bhi)
	if flagged < lo || flagged > hi {
		t.Errorf("flagged %d of %d, want %d to %d", flagged, fresh, lo, hi)
	}
}

// betaBinomialLimits returns the central interval of the given level of the beta-binomial
// distribution with m trials.
func betaBinomialLimits(m int, a, b, level float64) (lo, hi int) {
	lgamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	sum, trials := 0., float64(m)
	lo = -1
	for i := range m + 1 {
		x := float64(i)
		sum += math.Exp(lgamma(trials+1) - lgamma(x+1) - lgamma(trials-x+1) +
			lgamma(x+a) + lgamma(trials-x+b) - lgamma(trials+a+b) + lgamma(a+b) - lgamma(a) - lgamma(b))
		if lo < 0 && sum >= (1-level)/2 {
			lo = i
		}
		if sum >= 1-(1-level)/2 {
			return lo, i
		}
	}
	return lo, m
}

// A model without a prior says what it cannot do.
func TestDeterministicModelRefusesWhatItLacks(t *testing.T) {
	c := tiny()
	c.Model = "ae"
	s := digits(t)
	m, err := elbo.Train(t.Context(), c, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Sample(t.Context(), 1, 1); err == nil || !strings.Contains(err.Error(), "has no prior") {
		t.Errorf("Sample: got %v, want no prior", err)
	}
	for kind, ok := range map[string]bool{elbo.ScoreELBO: false, elbo.ScoreNLL: false, elbo.ScoreReconstruction: true} {
		if _, err := m.Score(t.Context(), rows(s.Test, 1), kind); (err == nil) != ok {
			t.Errorf("%s: got %v, want success %t", kind, err, ok)
		}
	}
}

// A zero config is the default one, with the fields that were set.
func TestZeroFieldsTakeDefaults(t *testing.T) {
	c := tiny()
	c.Hidden, c.Latent, c.Batch = nil, 0, 0
	m, err := elbo.Train(t.Context(), c, digits(t))
	if err != nil {
		t.Fatal(err)
	}
	d, got := train.Default(), m.Run().Config
	if got.Latent != d.Latent || got.Batch != d.Batch || fmt.Sprint(got.Hidden) != fmt.Sprint(d.Hidden) || got.Epochs != 1 || got.Beta != 1 {
		t.Errorf("got %+v, want the defaults with 1 epoch", got)
	}
}

// Run directories are numbered past those that exist.
func TestNextDir(t *testing.T) {
	root := t.TempDir()
	c := elbo.Config{Model: "vae", Data: "some/where/digits"}
	for _, want := range []string{"vae-digits-001", "vae-digits-002"} {
		got := elbo.NextDir(root, c)
		if got != filepath.Join(root, want) {
			t.Errorf("got %s, want %s", got, want)
		}
		if err := os.Mkdir(got, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// mustAbs is the working directory.
func mustAbs(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRunsAreNamedByTheirDataWithoutExtension(t *testing.T) {
	t.Chdir(t.TempDir())
	here := filepath.Base(mustAbs(t))
	for data, want := range map[string]string{
		"digits": "vae-digits-001", "a/table.csv": "vae-table-001", "images.idx.gz": "vae-images-001", "v1.2": "vae-v1.2-001",
		"a.b.CSV": "vae-a.b-001", ".csv": "vae-.csv-001", ".": "vae-" + here + "-001", "./": "vae-" + here + "-001", "/": "vae-data-001",
	} {
		if got := elbo.NextDir("", elbo.Config{Model: "vae", Data: data}); got != want {
			t.Errorf("%s: got %s, want %s", data, got, want)
		}
	}
}

// WithReport leaves the report beside the run, and needs a directory to do so.
func TestTrainWithReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := elbo.Train(t.Context(), tiny(), digits(t), elbo.InDir(dir), elbo.WithReport()); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil || !bytes.Contains(page, []byte("<html")) {
		t.Errorf("report.html: got %d bytes (%v), want a page", len(page), err)
	}
	plots, err := filepath.Glob(filepath.Join(dir, "plots", "*.png"))
	if err != nil || len(plots) < 4 {
		t.Errorf("plots: got %v (%v), want at least 4", plots, err)
	}
	if _, err := elbo.Train(t.Context(), tiny(), digits(t), elbo.WithReport()); err == nil || !strings.Contains(err.Error(), "InDir") {
		t.Errorf("without a directory: got %v, want a refusal", err)
	}
}

// Of a row, what it is among does not matter beyond rounding: rows are scored and encoded
// one by one or together.
func TestRowsDoNotInfluenceEachOther(t *testing.T) {
	m, test := model(t), digits(t).Test
	together, _, err := m.Encode(t.Context(), rows(test, 9))
	if err != nil {
		t.Fatal(err)
	}
	for i := range together {
		alone, _, err := m.Encode(t.Context(), [][]float32{test.Row(i)})
		if err != nil {
			t.Fatal(err)
		}
		if d := furthest(alone[0], together[i]); d > 1e-5 {
			t.Errorf("row %d: got a difference of %v between alone and together, want rounding", i, d)
		}
	}
}
