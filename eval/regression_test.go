package eval

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// The definition by quadrature, with the step of the integrand between two panels.
func TestCRPSOfANormalIsItsIntegral(t *testing.T) {
	for _, c := range [][3]float64{{0, 1, 0}, {0, 1, 1.3}, {2, .1, 1.9}, {-1, 5, 20}, {3, 2, -4}} {
		n := distuv.Normal{Mu: c[0], Sigma: c[1]}
		y := c[2]
		below := tk.Integrate(func(t float64) float64 { return n.CDF(t) * n.CDF(t) }, math.Min(y, c[0])-12*c[1], y, 60)
		above := tk.Integrate(func(t float64) float64 { return n.Survival(t) * n.Survival(t) }, y, math.Max(y, c[0])+12*c[1], 60)
		near(t, "CRPS", CRPSNormal(c[0], c[1], y), below+above, 1e-9)
	}
	near(t, "CRPS at the mean", CRPSNormal(0, 1, 0), (math.Sqrt2-1)/math.Sqrt(math.Pi), 1e-15)
	near(t, "CRPS of a point", CRPSNormal(2, 0, 5), 3, 0)
}

// The sorted form is the double sum; the fair one is unbiased for the normal distribution: over
// 4,000 sets of 5 draws its mean is within four standard errors, the plain one is not.
func TestCRPSOfASample(t *testing.T) {
	draws := []float64{3, -1, 2.5, 2.5, 0}
	first, second := 0., 0.
	for _, a := range draws {
		first += math.Abs(a-1.2) / 5
		for _, b := range draws {
			second += math.Abs(a - b)
		}
	}
	near(t, "CRPS", must(CRPSSample(draws, 1.2, false))(t), first-second/50, 1e-14)
	near(t, "fair CRPS", must(CRPSSample(draws, 1.2, true))(t), first-second/40, 1e-14)
	near(t, "one draw", must(CRPSSample(draws[:1], 1.2, false))(t), 1.8, 1e-15)
	r := rng.New(5).Rand()
	var fair, plain []float64
	for range 4000 {
		x := make([]float64, 5)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		fair = append(fair, must(CRPSSample(x, .7, true))(t))
		plain = append(plain, must(CRPSSample(x, .7, false))(t))
	}
	tk.MeanWithin(t, "fair CRPS", fair, CRPSNormal(0, 1, .7), 4)
	if mean, _, se := tk.Moments(plain); mean < CRPSNormal(0, 1, .7)+5*se {
		t.Errorf("CRPS of 5 draws: got %v, want it above that of their distribution", mean)
	}
	_, err := CRPSSample(nil, 0, false)
	fails(t, err, "at least 1")
	_, err = CRPSSample([]float64{1}, 0, true)
	fails(t, err, "at least 2")
	_, err = CRPSSample([]float64{math.NaN()}, 0, false)
	fails(t, err, "NaN")
}

func TestIntervalCoverageByHand(t *testing.T) {
	c := must(IntervalCoverage([]float64{0, 0, 1, 2}, []float64{1, 2, 1, 6}, []float64{1, 3, 1, 1.9}))(t)
	near(t, "share", c.Share, .5, 0)
	near(t, "width", c.Width, 7./4, 1e-15)
	lo, hi, _ := ProportionInterval(2, 4, .95)
	near(t, "lower", c.Lo, lo, 0)
	near(t, "upper", c.Hi, hi, 0)
	_, err := IntervalCoverage([]float64{1}, []float64{0}, []float64{0})
	fails(t, err, "lower bound first")
	_, err = IntervalCoverage(nil, nil, nil)
	fails(t, err, "lengths")
}

// Uniform values pass at 1e-3; values of a normal predictive distribution half as wide as the
// truth have Var u well above 1/12; the p-value is Kolmogorov's at the tabled 5 % point.
func TestPITTellsRightFromNarrow(t *testing.T) {
	r := rng.New(6).Rand()
	var right, narrow []float64
	for range 2000 {
		z := r.NormFloat64()
		right = append(right, distuv.UnitNormal.CDF(z))
		narrow = append(narrow, distuv.UnitNormal.CDF(2*z))
	}
	p := must(PITHistogram(right, 10))(t)
	q := must(PITHistogram(narrow, 10))(t)
	if p.PValue < 1e-3 || q.PValue > 1e-6 {
		t.Errorf("p-values: got %v if right and %v if narrow", p.PValue, q.PValue)
	}
	near(t, "mean", p.Mean, .5, 5*math.Sqrt(1./12/2000))
	near(t, "variance", p.Variance, 1./12, .006)
	// Var Φ(2z) = arcsin(4/5)/2π, from the orthant probability of a bivariate normal.
	near(t, "variance if narrow", q.Variance, math.Asin(.8)/(2*math.Pi), .006)
	if q.Counts[0] < 2*p.Counts[0] || q.Counts[9] < 2*p.Counts[9] {
		t.Errorf("counts if narrow: got %v, want piles at both ends", q.Counts)
	}
	near(t, "5 % point of 10 values", kolmogorov(.40925, 10), .05, 2e-3) // Massey 1951
	near(t, "1 % point of 50 values", kolmogorov(.22604, 50), .01, 5e-4)
	near(t, "no distance", kolmogorov(0, 10), 1, 0)
	_, err := PITHistogram([]float64{1.5}, 10)
	fails(t, err, "value 0")
	_, err = PITHistogram(nil, 10)
	fails(t, err, "at least one")
}

func TestPITCountsTheEnds(t *testing.T) {
	p := must(PITHistogram([]float64{0, .25, .5, 1}, 4))(t)
	for b, want := range []int{1, 1, 1, 1} {
		if p.Counts[b] != want {
			t.Errorf("counts: got %v", p.Counts)
			break
		}
	}
	near(t, "statistic", p.Statistic, .25, 1e-15)
}

// Wrong models, heavy-tailed noise: coverage of a new row is still at least nominal and at most
// 1/(n+1) more. 4,000 replicates of one new row each: the count is binomial; 1e-3 a test.
func TestConformalIntervalsCoverWhateverTheModel(t *testing.T) {
	const replicates, n, level = 4000, 39, .9 // (n+1)·level is whole, so coverage is exactly .9
	r := rng.New(8).Rand()
	heavy := func() float64 { return distuv.StudentsT{Sigma: 1, Nu: 2, Src: r}.Rand() }
	scaled, moved := 0, 0
	for range replicates {
		mean, sd, y := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
		lo, hi := make([]float64, n+1), make([]float64, n+1)
		for i := range y {
			x := r.Float64()
			y[i] = math.Sin(6*x) + (.2+x)*heavy()
			mean[i], sd[i] = x, .1+x*x // neither is right
			lo[i], hi[i] = mean[i]-sd[i], mean[i]+.3*sd[i]
		}
		q := must(ConformalScale(mean[:n], sd[:n], y[:n], level))(t)
		m := must(ConformalMargin(lo[:n], hi[:n], y[:n], level))(t)
		scaled += b2i(math.Abs(y[n]-mean[n]) <= q*sd[n])
		moved += b2i(lo[n]-m <= y[n] && y[n] <= hi[n]+m)
	}
	low, high, err := BinomialInterval(replicates, level, .999)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []int{scaled, moved} {
		if k < low || k > high {
			t.Errorf("covered %d of %d, want %d … %d", k, replicates, low, high)
		}
	}
}

func TestConformalIntervalsByHand(t *testing.T) {
	one := []float64{1, 1, 1}
	near(t, "scale", must(ConformalScale([]float64{0, 0, 0}, []float64{1, 2, 4}, []float64{3, -4, 4}, .5))(t), 2, 0)
	near(t, "margin", must(ConformalMargin([]float64{0, 0, 0}, one, []float64{.5, 3, .9}, .5))(t), -.1, 1e-15)
	_, err := ConformalScale(one, []float64{1, 0, 1}, one, .5)
	fails(t, err, "row 1")
	_, err = ConformalScale(one, one, one[:2], .5)
	fails(t, err, "lengths")
	_, err = ConformalMargin(one, one, one[:2], .5)
	fails(t, err, "lengths")
	_, err = ConformalScale(one, one, one, .9)
	fails(t, err, "at least 9")
	_, err = ConformalMargin(one, []float64{1, math.NaN(), 1}, one, .5)
	fails(t, err, "row 1", "NaN")
	_, err = ConformalMargin(one, one, one, 1)
	fails(t, err, "level")
	_, err = ConformalScale(one, one, one, 0)
	fails(t, err, "level")
}

// FPR at 95 % of 2,000 normal scores a class one deviation apart is Φ(Φ⁻¹(.95) − 1): the
// interval holds it, has the estimate inside, and repeats for a key. With a fixed seed; a right
// 95 % interval misses in one of twenty seeds.
func TestFPR95IntervalHoldsTheTrueRate(t *testing.T) {
	r := rng.New(9).Rand()
	var scores []float64
	var positive []bool
	for i := range 4000 {
		scores = append(scores, r.NormFloat64()+float64(i%2))
		positive = append(positive, i%2 == 1)
	}
	want := distuv.UnitNormal.CDF(distuv.UnitNormal.Quantile(.95) - 1)
	got := must(FPRAtTPR(scores, positive, .95))(t)
	lo, hi, err := FPRAtTPRInterval(scores, positive, .95, rng.New(1), 400, .95)
	if err != nil || lo > got || got > hi || lo > want || want > hi || hi-lo > .1 {
		t.Errorf("got %v in [%v, %v] (%v), want %v inside", got, lo, hi, err, want)
	}
	again, _, _ := FPRAtTPRInterval(scores, positive, .95, rng.New(1), 400, .95)
	near(t, "same key", again, lo, 0)
	lo, hi, _ = FPRAtTPRInterval([]float64{0, 0, 1, 1}, []bool{false, false, true, true}, .95, rng.New(1), 50, .9)
	near(t, "no overlap", lo+hi, 0, 0)
	_, _, err = FPRAtTPRInterval(scores, positive, 0, rng.New(1), 10, .9)
	fails(t, err, "true-positive rate")
	_, _, err = FPRAtTPRInterval(scores, positive, .95, rng.New(1), 0, .9)
	fails(t, err, "resamples")
	_, _, err = FPRAtTPRInterval(scores, positive, .95, rng.New(1), 10, 1)
	fails(t, err, "level")
}

// With every example once, the resampled rate is the plain one.
func TestResampledRateOfTheSampleItself(t *testing.T) {
	scores := []float64{1, 2, 2, 3, 5, 5, 4}
	positive := []bool{false, true, false, true, false, true, false}
	rank, err := newRanking("test", scores, positive)
	if err != nil {
		t.Fatal(err)
	}
	for _, tpr := range []float64{.3, .5, .9} {
		want := must(FPRAtTPR(scores, positive, tpr))(t)
		near(t, "rate", rank.fprAt([]int{1, 1, 1, 1, 1, 1, 1}, ceilTol(tpr*3)), want, 0)
	}
}
