package paper

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// resamples is B of the bootstrap intervals of the tests of anomaly detection.
const resamples = 1000

// wanted are the digits of ELBO_PAPER_DIGITS, such as 8,2, or all ten.
func wanted(t *testing.T) (digits []int32) {
	t.Helper()
	for _, d := range strings.Split(os.Getenv("ELBO_PAPER_DIGITS"), ",") {
		if v, err := strconv.Atoi(d); err == nil {
			digits = append(digits, int32(v))
		}
	}
	if digits == nil {
		for d := range int32(10) {
			digits = append(digits, d)
		}
	}
	return digits
}

// oneClass is the model of one digit: a Gaussian likelihood on grey levels, so that all pixels weigh
// the same, and two hidden layers. Together with the score "relative" it was chosen on validation
// rows of the training file alone, those of the digit against those of the others: over the digits 2, 3
// and 8 it has .975 there, over all ten .986; its reconstruction term has .974, the Bernoulli model of
// [TestPaperOneClass] .81 on the digits 2 and 8. No test row had a say.
func oneClass() elbo.Config {
	return elbo.Config{Data: "mnist", Binarize: "none", Likelihood: "gaussian", Sigma: .4, Latent: 20, Hidden: []int{512, 256}, Epochs: 80, Seed: 1}
}

// Trained on one digit, tested on all 10,000 test rows with the other nine as anomalies: the mean of
// the ten AUROCs is at least .96, by the score that was chosen on validation rows. Published: OC-SVM
// .91 to .95, Deep SVDD .948, LSA and OCGAN .975.
func TestPaperAnomalyOneClass(t *testing.T) {
	long(t)
	all := open(t, "mnist")
	names := []string{"relative", "squared", "reconstruction", "elbo", "neighbour"}
	mean := make([]float64, len(names))
	digits := wanted(t)
	for _, digit := range digits {
		s := &data.Splits{Train: only(all.Train, digit), Valid: only(all.Valid, digit), Test: only(all.Test, digit)}
		m, err := elbo.Train(context.Background(), oneClass(), s)
		if err != nil {
			t.Fatal(err)
		}
		other := make([]bool, all.Test.Len())
		for i, l := range all.Test.Labels {
			other[i] = l != digit
		}
		for k, name := range names {
			d := detectBy(t, m, name, all.Test.Rows(), other)
			mean[k] += d.AUROC.Value / float64(len(digits))
			t.Logf("digit %d: %s: AUROC %s, AUPR %s, FPR95 %s", digit, name, shown(d.AUROC), shown(d.AUPR), shown(d.FPR95))
		}
	}
	for k, name := range names {
		t.Logf("mean over %d digits: %s: AUROC %.4f", len(digits), name, mean[k])
	}
	if mean[0] < .96 {
		t.Errorf("mean AUROC of the score relative %.4f, want at least .96", mean[0])
	}
}

// detectBy scores rows and measures how the positive ones are found.
func detectBy(t *testing.T, m *elbo.Model, name string, rows [][]float32, positive []bool, opts ...elbo.ScoreOption) eval.Detection {
	t.Helper()
	s, err := m.Scorer(t.Context(), name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Rows(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	d, err := eval.Detect(v, positive, rng.New(1).Named("bootstrap"), resamples, .95)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shown writes a figure with its interval.
func shown(e eval.Bootstrapped) string {
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	return f(e.Value) + " [" + f(e.Lo) + ", " + f(e.Hi) + "]"
}

// positives tells which rows have a class.
func positives(s *data.Set, class int32) []bool {
	out := make([]bool, s.Len())
	for i, l := range s.Labels {
		out[i] = l == class
	}
	return out
}

// Lesions of phantoms are found from healthy training rows alone: AUROC at least .9 by image, with the
// score "peak", because a lesion lies in one place, and at least .9 by pixel, with the smoothed map of
// surprise. Healthy test rows are flagged at the conformal 5 % within the limits of chance.
func TestPaperAnomalyPhantoms(t *testing.T) {
	long(t)
	s := open(t, "phantoms")
	m := fit(t, "phantoms", elbo.Config{Data: "phantoms", Likelihood: "gaussian", Sigma: .1, Latent: 16, Epochs: 20, Seed: 1}, s)
	sick := positives(s.Test, 1)
	for _, name := range []string{"peak", "squared", "relative", "elbo", "nll", "kl", "mahalanobis"} {
		d := detectBy(t, m, name, s.Test.Rows(), sick)
		t.Logf("%s: AUROC %s, AUPR %s, FPR95 %s, sensitivity at 95 %% specificity %s", name, shown(d.AUROC), shown(d.AUPR), shown(d.FPR95), shown(d.Sensitivity))
		if name == "peak" && d.AUROC.Value < .9 {
			t.Errorf("AUROC by image %.4f, want at least .9", d.AUROC.Value)
		}
	}
	maps, err := m.Surprise(t.Context(), s.Test.Rows())
	if err != nil {
		t.Fatal(err)
	}
	if area := pixelAUROC(t, s.Test, maps); area < .9 {
		t.Errorf("AUROC by pixel %.4f, want at least .9", area)
	}
	limit, err := m.Threshold(t.Context(), s.Valid.Rows(), "peak", .05)
	if err != nil {
		t.Fatal(err)
	}
	v, err := m.Score(t.Context(), s.Test.Rows(), "peak")
	if err != nil {
		t.Fatal(err)
	}
	flagged, healthy := 0, 0
	for i, u := range v {
		if !sick[i] {
			healthy++
			if u > limit {
				flagged++
			}
		}
	}
	// The threshold has a spread of its own, that of 800 calibration rows: it adds their variance.
	lo, hi, err := eval.BinomialInterval(healthy*800/(healthy+800), .05, .99)
	if err != nil {
		t.Fatal(err)
	}
	scale := float64(healthy+800) / 800
	t.Logf("healthy rows flagged at 5 %%: %d of %d; 99 %% limits %.0f to %.0f", flagged, healthy, float64(lo)*scale, float64(hi)*scale)
	if f := float64(flagged); f < float64(lo)*scale || f > float64(hi)*scale {
		t.Errorf("%d of %d healthy rows flagged, want 5 %% within the limits", flagged, healthy)
	}
	t.Log("for research, not for clinical use")
}

// pixelAUROC compares maps, smoothed over one pixel, with the masks of phantoms.
func pixelAUROC(t *testing.T, s *data.Set, maps [][]float64) float64 {
	t.Helper()
	var truth []bool
	for i := range maps {
		mask, err := data.PhantomMask(s, i)
		if err != nil {
			t.Fatal(err)
		}
		truth = append(truth, mask...)
		maps[i] = smoothed(t, maps[i], s.Shape)
	}
	area, err := eval.AUROC(slices.Concat(maps...), truth)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("pixels: AUROC %.4f of %d pixels", area, len(truth))
	return area
}

// A likelihood can be higher for what a model has never seen: a VAE of articles of clothing finds
// handwritten digits more likely than articles, so that −ELBO and its like rank them the wrong way
// round (Nalisnick et al. 2019). The correction by the length under a general compressor turns that
// round (Serrà et al. 2020), and what the bound gains from a guide of the row's own finds
// digits with an AUROC of at least .9 (Xiao et al. 2020).
func TestPaperAnomalyLikelihoodMisleads(t *testing.T) {
	long(t)
	clothes, digits := open(t, "fashion-mnist"), open(t, "mnist")
	m := fit(t, "clothes", elbo.Config{Data: "fashion-mnist", Epochs: 10, Seed: 1}, clothes)
	const n = 1000
	blank := &data.Set{Shape: []int{28, 28}}
	for i := range n {
		blank.X = append(blank.X, slices.Repeat([]float32{float32(i%2) * float32(i) / n}, 784)...)
	}
	for _, odd := range []struct {
		name string
		rows [][]float32
	}{{"digits", digits.Test.Rows()[:n]}, {"one grey level", blank.Rows()}} {
		rows := append(clothes.Test.Rows()[:n:n], odd.rows...)
		strange := make([]bool, 2*n)
		for i := range n {
			strange[n+i] = true
		}
		area := map[string]float64{}
		for _, name := range []string{"elbo", "nll", "reconstruction", "typicality", "complexity", "relative", "mahalanobis", "neighbour", "regret"} {
			d := detectBy(t, m, name, rows, strange)
			area[name] = d.AUROC.Value
			t.Logf("clothes against %s: %s: AUROC %s", odd.name, name, shown(d.AUROC))
		}
		if odd.name == "digits" && (area["elbo"] > .5 || area["complexity"] < area["elbo"]+.2) {
			t.Errorf("−ELBO %.3f and complexity %.3f, want the first to mislead and the second to help", area["elbo"], area["complexity"])
		}
		if odd.name == "digits" && area["regret"] < .9 {
			t.Errorf("regret %.3f, want at least .9", area["regret"])
		}
	}
}

// Leaving one digit out (An & Cho 2015) is another protocol, and a harder one: trained on nine digits,
// with the tenth as the anomaly. Ones fail: a few strokes of what every digit has are likelier than any
// digit that was learnt, so that −ELBO ranks them the wrong way round. Reported by several scores; the
// figures must not be compared with those of one class.
func TestPaperAnomalyLeaveOneOut(t *testing.T) {
	long(t)
	all := open(t, "mnist")
	rest := func(s *data.Set, digit int32) *data.Set {
		var keep []int
		for i, l := range s.Labels {
			if l != digit {
				keep = append(keep, i)
			}
		}
		return s.Select(keep)
	}
	for _, digit := range []int32{1, 0} {
		s := &data.Splits{Train: rest(all.Train, digit), Valid: rest(all.Valid, digit), Test: rest(all.Test, digit)}
		m, err := elbo.Train(t.Context(), elbo.Config{Data: "mnist", Epochs: 10, Seed: 1}, s)
		if err != nil {
			t.Fatal(err)
		}
		odd := positives(all.Test, digit)
		for _, name := range []string{"elbo", "reconstruction", "complexity", "relative", "typicality", "neighbour"} {
			d := detectBy(t, m, name, all.Test.Rows(), odd)
			t.Logf("all digits but %d: %s: AUROC %s, AUPR %s", digit, name, shown(d.AUROC), shown(d.AUPR))
			if digit == 1 && name == "elbo" && d.AUROC.Value > .5 {
				t.Errorf("ones: AUROC of −ELBO %.3f, want the known failure, below .5", d.AUROC.Value)
			}
		}
	}
}
