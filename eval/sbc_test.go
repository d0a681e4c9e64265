package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/rng"
)

// The sizes of the test: 5,000 replicates, 99 draws, 20 bins; right posteriors fail with
// probability sbcAlarm.
const (
	sbcReplicates, sbcDraws, sbcBins = 5000, 99, 20
	sbcAlarm                         = 1e-3
)

// sbcModel is a conjugate model: replicate draws a parameter and its data and returns the truth
// with a sampler of the exact posterior.
type sbcModel struct {
	name      string
	replicate func(r *rand.Rand) (truth float64, draw func() float64)
}

// sbcModels are models whose posteriors are known.
var sbcModels = []sbcModel{
	{"normal–normal", normalNormal(1)},
	{"beta–Bernoulli", func(r *rand.Rand) (float64, func() float64) {
		p := distuv.Beta{Alpha: 2, Beta: 3, Src: r}.Rand()
		k := 0
		for range 8 {
			k += b2i(r.Float64() < p)
		}
		return p, distuv.Beta{Alpha: 2 + float64(k), Beta: 11 - float64(k), Src: r}.Rand
	}},
	{"gamma–Poisson", func(r *rand.Rand) (float64, func() float64) {
		rate := distuv.Gamma{Alpha: 3, Beta: 2, Src: r}.Rand()
		sum := 0.
		for range 4 {
			sum += distuv.Poisson{Lambda: rate, Src: r}.Rand()
		}
		return rate, distuv.Gamma{Alpha: 3 + sum, Beta: 6, Src: r}.Rand
	}},
	{"Dirichlet–categorical", func(r *rand.Rand) (float64, func() float64) {
		// The first of three probabilities: a share of gamma draws.
		first := func(a [3]float64) float64 {
			var v [3]float64
			for i := range v {
				v[i] = distuv.Gamma{Alpha: a[i], Beta: 1, Src: r}.Rand()
			}
			return v[0] / (v[0] + v[1] + v[2])
		}
		var v [3]float64
		a := [3]float64{1, 2, 3}
		sum := 0.
		for i := range v {
			v[i] = distuv.Gamma{Alpha: a[i], Beta: 1, Src: r}.Rand()
			sum += v[i]
		}
		for range 6 {
			u := r.Float64() * sum
			switch {
			case u < v[0]:
				a[0]++
			case u < v[0]+v[1]:
				a[1]++
			default:
				a[2]++
			}
		}
		return v[0] / sum, func() float64 { return first(a) }
	}},
	{"linear regression", linearRegression},
}

// normalNormal is θ ~ N(0, 1), four data N(θ, 1), with a posterior for the prior N(0, sd²).
func normalNormal(sd float64) func(r *rand.Rand) (float64, func() float64) {
	return func(r *rand.Rand) (float64, func() float64) {
		theta, sum := r.NormFloat64(), 0.
		for range 4 {
			sum += theta + r.NormFloat64()
		}
		precision := 1/(sd*sd) + 4
		return theta, func() float64 { return sum/precision + r.NormFloat64()/math.Sqrt(precision) }
	}
}

// linearRegression is y = w₁x₁ + w₂x₂ + ε with correlated columns, w ~ N(0, I), the full-rank
// posterior, judged by w₁.
func linearRegression(r *rand.Rand) (float64, func() float64) {
	w := [2]float64{r.NormFloat64(), r.NormFloat64()}
	precision := mat.NewSymDense(2, []float64{1, 0, 0, 1})
	right := mat.NewVecDense(2, nil)
	for range 5 {
		a := r.NormFloat64()
		row := mat.NewVecDense(2, []float64{a, .8*a + .6*r.NormFloat64()})
		y := w[0]*row.AtVec(0) + w[1]*row.AtVec(1) + r.NormFloat64()
		precision.SymRankOne(precision, 1, row)
		right.AddScaledVec(right, y, row)
	}
	var cov mat.Dense
	if err := cov.Inverse(precision); err != nil {
		panic(err)
	}
	mean := cov.At(0, 0)*right.AtVec(0) + cov.At(0, 1)*right.AtVec(1)
	return w[0], func() float64 { return mean + math.Sqrt(cov.At(0, 0))*r.NormFloat64() }
}

// sbcRun tests a model whose draws are bent by a function of them, their mean and deviation.
func sbcRun(t *testing.T, m sbcModel, bend func(draw, mean, sd float64) float64) SBC {
	t.Helper()
	ranks := make([]int, sbcReplicates)
	r := rng.New(17).Named(m.name).Rand()
	draws := make([]float64, sbcDraws)
	for i := range ranks {
		truth, draw := m.replicate(r)
		mean, square := 0., 0.
		for j := range draws {
			draws[j] = draw()
			mean += draws[j] / sbcDraws
			square += draws[j] * draws[j] / sbcDraws
		}
		if bend != nil {
			for j, d := range draws {
				draws[j] = bend(d, mean, math.Sqrt(square-mean*mean))
			}
		}
		ranks[i] = SBCRank(truth, draws)
	}
	return must(SBCTest(ranks, sbcDraws, sbcBins))(t)
}

// False alarm: 1e-3 for each of the five.
func TestSBCPassesExactPosteriors(t *testing.T) {
	for _, m := range sbcModels {
		s := sbcRun(t, m, nil)
		t.Logf("%s: χ² %.1f, p %.3g", m.name, s.Chi2, s.PValue)
		if s.PValue <= sbcAlarm {
			t.Errorf("%s: p = %.2g of χ² %.1f in %v, want above %g", m.name, s.PValue, s.Chi2, s.Counts, sbcAlarm)
		}
	}
}

// Negative controls: a posterior 10 % too narrow, one shifted by .1 deviations and one of another
// prior. The power of the second is 95 %, so with one seed in five or so one of the five models
// passes it by luck; with this one none does.
func TestSBCCatchesWrongPosteriors(t *testing.T) {
	for _, m := range sbcModels {
		narrow := sbcRun(t, m, func(d, mean, sd float64) float64 { return mean + .9*(d-mean) })
		shift := sbcRun(t, m, func(d, mean, sd float64) float64 { return d + .1*sd })
		t.Logf("%s: p %.3g if narrow, %.3g if shifted", m.name, narrow.PValue, shift.PValue)
		if narrow.PValue > sbcAlarm || shift.PValue > sbcAlarm {
			t.Errorf("%s: p = %.2g if narrow and %.2g if shifted, want at most %g", m.name, narrow.PValue, shift.PValue, sbcAlarm)
		}
	}
	prior := sbcRun(t, sbcModel{"wrong prior", normalNormal(.7)}, nil)
	if prior.PValue > sbcAlarm {
		t.Errorf("wrong prior: p = %.2g, want at most %g", prior.PValue, sbcAlarm)
	}
}

func TestSBCRanksAndBinsByHand(t *testing.T) {
	near(t, "rank", float64(SBCRank(.5, []float64{.1, .9, .4, .5})), 2, 0)
	// Ranks 0 … 3 in two bins: three fall below 2, seven above; χ² = 2·(2²/5).
	s := must(SBCTest([]int{0, 1, 1, 2, 2, 3, 3, 3, 2, 2}, 3, 2))(t)
	near(t, "χ²", s.Chi2, 1.6, 1e-14)
	near(t, "p", s.PValue, math.Erfc(math.Sqrt(.8)), 1e-12) // χ² of one degree
	for _, c := range []struct {
		ranks       []int
		draws, bins int
		say         string
	}{{make([]int, 100), 99, 7, "divide 100"}, {make([]int, 9), 9, 2, "at least 10"}, {append(make([]int, 20), 10), 9, 2, "rank 20"}} {
		_, err := SBCTest(c.ranks, c.draws, c.bins)
		fails(t, err, c.say)
	}
}
