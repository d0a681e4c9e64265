package vi_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// slopes is the toy at x = 2 with a decoder N(wz + 1, .5²) and the guide N(mean, e^2logsd), in
// n copies with parameters of their own, so that each has its own draw of the gradient.
type slopes struct{ value, w, mean, logsd []float64 }

// gradients draws n values of a bound of the toy with their gradients. A zero noise function
// means keyed noise.
func gradients(t testing.TB, o vi.Objective, n int, seed uint64, noise func() []float64) slopes {
	t.Helper()
	prog := model.NewProgram(tk.Params(t, dtypes.Float64), "slopes", func(s *model.Scope, in []*g.Node) []*g.Node {
		column := func(i int) *g.Node { return g.Slice(in[0], g.AxisRange(), g.AxisElem(i)) }
		l := vi.Latent{
			Q: dist.Normal{Loc: column(1), LogScale: column(2)},
			P: dist.StandardNormal(column(1)),
			Decode: func(z *g.Node) dist.Distribution {
				w := g.BroadcastToDims(g.ExpandAxes(column(0), 0), o.Draws(), n, 1)
				w = g.Reshape(w, o.Draws()*n, 1)
				return dist.Normal{Loc: g.AddScalar(g.Mul(w, z), 1), LogScale: special.ScalarLike(z, math.Log(.5))}
			},
		}
		bound := vi.Estimator{Objective: o}.ELBO(s, in[1], l).Bound(special.ScalarLike(in[1], 1))
		return []*g.Node{bound, g.Gradient(g.ReduceAllSum(bound), in[0])[0]}
	})
	if noise != nil {
		prog.WithNoise(func(string, []int) []float64 { return noise() })
	}
	params := make([]float64, 0, 3*n)
	for range n {
		params = append(params, 2, .3, math.Log(.3))
	}
	out := tk.Values(t, prog, rng.New(seed), tk.Matrix(params, n, 3), data(n))
	s := slopes{value: out[0]}
	for i := range n {
		s.w = append(s.w, out[1][3*i])
		s.mean = append(s.mean, out[1][3*i+1])
		s.logsd = append(s.logsd, out[1][3*i+2])
	}
	return s
}

// draw is one weighted draw of the toy in plain numbers: ln w, and the derivatives of ln p(x, z)
// by the decoder's weight and through z, of ln q through z, and of ln q at fixed z.
type draw struct{ logW, byW, pathP, pathQ, eps, scoreMean, scoreSD float64 }

func toyDraw(eps float64) draw {
	const w, mean, sd = 2., .3, .3
	z := mean + sd*eps
	logN := func(x, m, s float64) float64 {
		return -.5*math.Log(2*math.Pi) - math.Log(s) - (x-m)*(x-m)/2/s/s
	}
	r := (toyX - w*z - 1) / .25
	return draw{
		logW: logN(toyX, w*z+1, .5) + logN(z, 0, 1) - logN(z, mean, sd),
		byW:  r * z, pathP: r*w - z, pathQ: -eps / sd, eps: eps,
		scoreMean: eps / sd, scoreSD: eps*eps - 1,
	}
}

// plain holds an objective's definition in plain loops: value, weights of model and guide, and
// whether the score is left out.
type plain func(logW []float64) (value float64, model, guide []float64, path bool)

func logSumExp(x []float64) float64 {
	m, sum := slices.Max(x), 0.
	for _, v := range x {
		sum += math.Exp(v - m)
	}
	return m + math.Log(sum)
}

func softmax(x []float64) []float64 {
	out, l := make([]float64, len(x)), logSumExp(x)
	for i, v := range x {
		out[i] = math.Exp(v - l)
	}
	return out
}

func mean(x []float64) float64 {
	m := 0.
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

func times(x []float64, c float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v * c
	}
	return out
}

func plus(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] + b[i]
	}
	return out
}

func lk(x []float64) float64 { return logSumExp(x) - math.Log(float64(len(x))) }

// definitions are the formulas of the papers.
func definitions() map[string]struct {
	o vi.Objective
	f plain
} {
	type entry = struct {
		o vi.Objective
		f plain
	}
	sixth := repeat(1./6, 6)
	groups := func(x []float64) (float64, []float64) { // two of three
		return (lk(x[:3]) + lk(x[3:])) / 2, append(times(softmax(x[:3]), .5), times(softmax(x[3:]), .5)...)
	}
	return map[string]entry{
		"ELBO":  {vi.Averaged{K: 6}, func(x []float64) (float64, []float64, []float64, bool) { return mean(x), sixth, sixth, false }},
		"STL":   {vi.STL{K: 6}, func(x []float64) (float64, []float64, []float64, bool) { return mean(x), sixth, sixth, true }},
		"IWAE":  {vi.IWAE{K: 6}, func(x []float64) (float64, []float64, []float64, bool) { return lk(x), softmax(x), softmax(x), false }},
		"MIWAE": {vi.MIWAE{M: 2, K: 3}, func(x []float64) (float64, []float64, []float64, bool) { v, w := groups(x); return v, w, w, false }},
		"PIWAE": {vi.PIWAE{M: 2, K: 3}, func(x []float64) (float64, []float64, []float64, bool) {
			_, w := groups(x)
			return lk(x), softmax(x), w, false
		}},
		"CIWAE": {vi.CIWAE{K: 6, Beta: .3}, func(x []float64) (float64, []float64, []float64, bool) {
			w := plus(times(sixth, .3), times(softmax(x), .7))
			return .3*mean(x) + .7*lk(x), w, w, false
		}},
		"Rényi": {vi.Renyi{K: 6, Alpha: .4}, func(x []float64) (float64, []float64, []float64, bool) {
			w := softmax(times(x, .6))
			return lk(times(x, .6)) / .6, w, w, false
		}},
		"VR-max": {vi.VRMax{K: 6}, func(x []float64) (float64, []float64, []float64, bool) {
			w := make([]float64, 6)
			w[slices.Index(x, slices.Max(x))] = 1
			return slices.Max(x), w, w, false
		}},
		"DReG": {vi.DReG{K: 6}, func(x []float64) (float64, []float64, []float64, bool) {
			w, sq := softmax(x), softmax(x)
			for i := range sq {
				sq[i] *= sq[i]
			}
			return lk(x), w, sq, true
		}},
		"tail-adaptive": {vi.TailAdaptive{K: 6}, func(x []float64) (float64, []float64, []float64, bool) {
			r, sum := make([]float64, 6), 0.
			for i := range r {
				n := 0.
				for j := range x {
					if x[j] >= x[i] {
						n++
					}
				}
				r[i] = 1 / n
				sum += r[i]
			}
			return lk(x), softmax(x), times(r, 1/sum), true
		}},
	}
}

// TestObjectivesEqualPlainLoops holds value and gradient of each estimator, draw by draw, to
// its formula in plain loops, by the decoder's weight and by both parameters of the guide.
func TestObjectivesEqualPlainLoops(t *testing.T) {
	const n = 40
	for name, c := range definitions() {
		eps := make([]float64, 6*n)
		rng.New(9).NormalFloat64(eps)
		got := gradients(t, c.o, n, 1, func() []float64 { return eps })
		for i := range n {
			var ds []draw
			var logW []float64
			for k := range 6 {
				d := toyDraw(eps[k*n+i])
				ds, logW = append(ds, d), append(logW, d.logW)
			}
			value, forModel, forGuide, path := c.f(logW)
			var byW, byMean, bySD float64
			for k, d := range ds {
				byW += forModel[k] * d.byW
				through := d.pathP - d.pathQ
				byMean += forGuide[k] * through
				bySD += forGuide[k] * through * .3 * d.eps
				if !path {
					byMean -= forGuide[k] * d.scoreMean
					bySD -= forGuide[k] * d.scoreSD
				}
			}
			at := fmt.Sprintf("%s, row %d", name, i)
			tk.Close(t, at+": value", got.value[i], value, 1e-12)
			tk.Close(t, at+": by the decoder's weight", got.w[i], byW, 1e-11)
			tk.Close(t, at+": by the mean", got.mean[i], byMean, 1e-11)
			tk.Close(t, at+": by ln σ", got.logsd[i], bySD, 1e-11)
		}
		if c.o.Kind() == "" || c.o.Draws() != 6 {
			t.Errorf("%s: got kind %q of %d draws, want a name and 6", name, c.o.Kind(), c.o.Draws())
		}
	}
}

// TestTotalGradientsAreThoseOfTheValue: where nothing is left out the gradient is that of the
// bound under fixed noise, also at β ≠ 1.
func TestTotalGradientsAreThoseOfTheValue(t *testing.T) {
	for _, o := range []vi.Objective{vi.Averaged{K: 3}, vi.IWAE{K: 4}, vi.MIWAE{M: 2, K: 2}, vi.CIWAE{K: 3, Beta: .5},
		vi.Renyi{K: 3, Alpha: .5}, vi.Renyi{K: 3, Alpha: -2}, vi.Renyi{K: 3, Alpha: 1}, vi.VRMax{K: 3}} {
		for _, beta := range []float64{1, .4} {
			loss := func(s *model.Scope, in []*g.Node) []*g.Node {
				terms := vi.Estimator{Objective: o}.ELBO(s, in[0], toy(s, in[0], .3, .3))
				return []*g.Node{terms.Loss(special.ScalarLike(in[0], beta), 0)}
			}
			if d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), loss, data(3)); d.Count != 2 {
				t.Errorf("%s: got %d derivatives, want 2", o.Kind(), d.Count)
			}
		}
	}
}

// TestLadderOfImportanceBounds holds IWAE to −2.0606 ± .0015, −1.7999 ± .0007, −1.7633 ± .0004
// and −1.7605 ± .0004. A right estimator fails with probability 6e-5 a rung.
func TestLadderOfImportanceBounds(t *testing.T) {
	last := math.Inf(-1)
	for _, c := range []struct {
		k, n     int
		want, se float64
	}{{1, 40000, -2.0606, .0015}, {5, 40000, -1.7999, .0007}, {50, 10000, -1.7633, .0004}, {500, 2000, -1.7605, .0004}} {
		for _, o := range []vi.Objective{vi.IWAE{K: c.k}, vi.DReG{K: c.k}} {
			m, _, se := tk.Moments(gradients(t, o, c.n, uint64(c.k), nil).value)
			if math.Abs(m-c.want) > 4*math.Hypot(se, c.se) || m > toyEvidence+4*se {
				t.Errorf("%s: got %.5f ± %.5f, want %v ± %v and at most ln p(x)", o.Kind(), m, se, c.want, c.se)
			}
			if _, plain := o.(vi.IWAE); plain {
				if m <= last {
					t.Errorf("%s: got %v, want above %v of fewer draws", o.Kind(), m, last)
				}
				last = m
			}
		}
	}
}

// TestRenyiBoundsHaveTheirLimits: the same draws give the importance-weighted bound at α = 0,
// the ELBO as α → 1 and the largest weight as α → −∞.
func TestRenyiBoundsHaveTheirLimits(t *testing.T) {
	const n = 500
	for _, c := range []struct {
		alpha float64
		limit vi.Objective
		tol   float64
	}{
		{0, vi.IWAE{K: 5}, 1e-12}, {1e-4, vi.IWAE{K: 5}, 1e-3}, {1, vi.Averaged{K: 5}, 1e-12},
		{1 - 1e-5, vi.Averaged{K: 5}, 1e-3}, {1 + 1e-5, vi.Averaged{K: 5}, 1e-3}, {1 - 1e-10, vi.Averaged{K: 5}, 1e-6}, {-1e4, vi.VRMax{K: 5}, 1e-3},
	} {
		a := gradients(t, vi.Renyi{K: 5, Alpha: c.alpha}, n, 3, nil)
		b := gradients(t, c.limit, n, 3, nil)
		tk.Close(t, fmt.Sprintf("bound at α = %v", c.alpha), mean(a.value), mean(b.value), c.tol)
		tk.Close(t, fmt.Sprintf("gradient at α = %v", c.alpha), mean(a.mean), mean(b.mean), 10*c.tol)
	}
	last := math.Inf(1)
	for _, alpha := range []float64{-5, 0, .5, 1, 2} {
		v := mean(gradients(t, vi.Renyi{K: 5, Alpha: alpha}, n, 3, nil).value)
		if v >= last {
			t.Errorf("α = %v: got %v, want a bound that falls with α, below %v", alpha, v, last)
		}
		last = v
	}
}

// TestGradientsWithoutTheScoreAreUnbiased: STL against the ELBO's gradient in closed form, DReG
// against the mean of the plain one. Right estimators fail with probability 6e-5 a line.
func TestGradientsWithoutTheScoreAreUnbiased(t *testing.T) {
	const n = 100_000
	// ELBO = −2·E(1 − wz)² − ½(μ² + σ²) + ln σ + …, w = 2 and x − 1 = 1.
	byMean := 4*2*(1-2*.3) - .3
	bySD := -4*4*.09 - .09 + 1
	stl, all := gradients(t, vi.STL{K: 2}, n, 5, nil), gradients(t, vi.Averaged{K: 2}, n, 5, nil)
	for name, s := range map[string]slopes{"path derivative": stl, "total derivative": all} {
		tk.MeanWithin(t, name+" by the mean", s.mean, byMean, 4)
		tk.MeanWithin(t, name+" by ln σ", s.logsd, bySD, 4)
	}
	for _, k := range []int{2, 8} {
		a, b := gradients(t, vi.DReG{K: k}, n, 6, nil), gradients(t, vi.IWAE{K: k}, n, 7, nil)
		for name, v := range map[string][2][]float64{"mean": {a.mean, b.mean}, "ln σ": {a.logsd, b.logsd}, "the decoder's weight": {a.w, b.w}} {
			ma, _, sa := tk.Moments(v[0])
			mb, _, sb := tk.Moments(v[1])
			if !(math.Abs(ma-mb) <= 4*math.Hypot(sa, sb)) {
				t.Errorf("K = %d, by %s: got %v ± %.2g, want %v ± %.2g", k, name, ma, sa, mb, sb)
			}
		}
	}
}

// TestPathDerivativeIsQuietAtThePosterior: with the exact posterior as guide every draw's
// gradient is 0, while the total derivative still has its noise.
func TestPathDerivativeIsQuietAtThePosterior(t *testing.T) {
	for _, o := range []vi.Objective{vi.STL{K: 1}, vi.DReG{K: 4}} {
		out := tk.Values(t, program(t, postMean, math.Sqrt(postVar), func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
			l.Q = dist.Normal{Loc: special.ScalarLike(x, 8./17), LogScale: special.ScalarLike(x, -.5*math.Log(17))}
			q := l.Q.(dist.Normal)
			q.Loc, q.LogScale = g.BroadcastToDims(q.Loc, 100, 1), g.BroadcastToDims(q.LogScale, 100, 1)
			l.Q = q
			b := vi.Estimator{Objective: o}.ELBO(s, x, l).Bound(special.ScalarLike(x, 1))
			return g.Gradient(g.ReduceAllSum(b), q.Loc, q.LogScale)
		}), rng.New(8), data(100))
		for _, v := range slices.Concat(out...) {
			tk.Close(t, o.Kind()+" at the posterior", v, 0, 1e-12)
		}
	}
}

// TestSignalToNoiseOverDraws: over K = 1 … 64 the signal-to-noise ratio of the guide's gradient
// falls about like K^−½ for the plain estimator and rises for the doubly reparameterised one.
func TestSignalToNoiseOverDraws(t *testing.T) {
	slope := func(make func(k int) vi.Objective) float64 {
		var x, y []float64
		for k := 1; k <= 64; k *= 2 {
			m, v, _ := tk.Moments(gradients(t, make(k), 20_000, uint64(100+k), nil).mean)
			x, y = append(x, math.Log(float64(k))), append(y, math.Log(math.Abs(m)/math.Sqrt(v)))
		}
		mx, my, xy, xx := mean(x), mean(y), 0., 0.
		for i := range x {
			xy += (x[i] - mx) * (y[i] - my)
			xx += (x[i] - mx) * (x[i] - mx)
		}
		return xy / xx
	}
	iwae := slope(func(k int) vi.Objective { return vi.IWAE{K: k} })
	dreg := slope(func(k int) vi.Objective { return vi.DReG{K: k} })
	t.Logf("slopes of ln SNR over ln K: IWAE %.2f, DReG %.2f", iwae, dreg)
	if !(iwae < -.25) || !(iwae > -.75) || !(dreg > .1) {
		t.Errorf("slopes of ln SNR over ln K: got %.2f and %.2f, want about −½ and above 0", iwae, dreg)
	}
}
