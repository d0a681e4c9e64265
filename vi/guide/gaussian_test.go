package guide_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi/guide"
)

const n = 4 // dimensions

// at is a start with everything in it.
func at(factor bool) guide.Start {
	s := guide.Start{Loc: []float64{1, -2, 0, 5}, Scale: []float64{.5, 2, 1, .1}}
	if factor {
		s.Factor = []float64{.5, 0, 0, 0, 1, 2, 0, 0, -.3, .2, 1, 0, 0, .4, -.1, .1}
	}
	return s
}

// member is a Gaussian family with the covariance of its y for given parameters.
type member struct {
	name   string
	of     guide.Family
	factor bool // the family uses the start's factor
	cov    func(p map[string][]float64) []float64
}

func diagonal(omega []float64) []float64 {
	c := make([]float64, len(omega)*len(omega))
	for i, v := range omega {
		c[i*len(omega)+i] = math.Exp(2 * v)
	}
	return c
}

// product is a·bᵀ for r×k and c×k.
func product(a, b []float64, r, c, k int) []float64 {
	out := make([]float64, r*c)
	for i := range r {
		for j := range c {
			for l := range k {
				out[i*c+j] += a[i*k+l] * b[j*k+l]
			}
		}
	}
	return out
}

var members = []member{
	{"mean field", guide.MeanField, false, func(p map[string][]float64) []float64 { return diagonal(p["guide/logscale"]) }},
	{"full rank", guide.FullRank, true, func(p map[string][]float64) []float64 {
		t := make([]float64, n*n)
		for i := range n {
			for j := range i {
				t[i*n+j] = p["guide/below"][i*n+j]
			}
			t[i*n+i] = math.Exp(p["guide/logscale"][i])
		}
		return product(t, t, n, n, n)
	}},
	{"low rank", guide.LowRank(2), true, func(p map[string][]float64) []float64 {
		c := product(p["guide/wide"], p["guide/wide"], n, n, 2)
		for i, v := range diagonal(p["guide/logscale"]) {
			c[i] += v
		}
		return c
	}},
}

// moved returns a set of parameters of a family with random values, and those values by name.
func moved(t *testing.T, f guide.Family, s guide.Start, seed uint64) (*model.Params, map[string][]float64) {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	tk.Values(t, model.NewProgram(p, "make", func(sc *model.Scope, _ []*g.Node) []*g.Node {
		u, _ := f(n, s).Draw(sc.In("guide"), "eps", 1)
		return []*g.Node{u}
	}), rng.New(1))
	values := map[string][]float64{}
	for _, a := range tk.Export(t, p) {
		if a.Trainable {
			rng.New(seed).Named(a.Name).NormalFloat64(a.Data)
			for i := range a.Data {
				a.Data[i] *= .4
			}
			tk.Import(t, p, a)
		}
		values[a.Name] = a.Data
	}
	return p, values
}

// logNormal is the log-density of N(mean, cov) by elimination.
func logNormal(x, mean, cov []float64) float64 {
	k := len(x)
	a := append([]float64(nil), cov...)
	r := make([]float64, k)
	for i := range r {
		r[i] = x[i] - mean[i]
	}
	b := append([]float64(nil), r...)
	logDet := 0.
	for c := range k {
		logDet += math.Log(a[c*k+c])
		for i := c + 1; i < k; i++ {
			f := a[i*k+c] / a[c*k+c]
			for j := c; j < k; j++ {
				a[i*k+j] -= f * a[c*k+j]
			}
			b[i] -= f * b[c]
		}
	}
	quad := 0.
	for i := k - 1; i >= 0; i-- {
		for j := i + 1; j < k; j++ {
			b[i] -= a[i*k+j] * b[j]
		}
		b[i] /= a[i*k+i]
		quad += b[i] * r[i]
	}
	return -.5 * (float64(k)*math.Log(2*math.Pi) + logDet + quad)
}

// law returns mean and covariance of u.
func law(m member, s guide.Start, p map[string][]float64) (mean, cov []float64) {
	f := make([]float64, n*n)
	for i := range n {
		f[i*n+i] = s.Scale[i]
	}
	if m.factor && s.Factor != nil {
		f = s.Factor
	}
	mean = product(f, p["guide/mean"], n, 1, n)
	for i := range mean {
		mean[i] += s.Loc[i]
	}
	half := product(f, m.cov(p), n, n, n) // the covariance is symmetric
	return mean, product(half, f, n, n, n)
}

func TestDensitiesOfDrawsAreThoseOfTheGaussian(t *testing.T) {
	for _, m := range members {
		for _, factor := range []bool{false, true} {
			p, values := moved(t, m.of, at(factor), 3)
			mean, cov := law(m, at(factor), values)
			out := tk.Values(t, model.NewProgram(p, "draw", func(s *model.Scope, _ []*g.Node) []*g.Node {
				u, logQ := m.of(n, at(factor)).Draw(s.In("guide"), "eps", 50)
				v, path := m.of(n, at(factor)).(guide.Path).DrawPath(s.In("guide"), "path", 50)
				return []*g.Node{g.Neg(g.Neg(u)), logQ, g.Neg(g.Neg(v)), path}
			}), rng.New(7))
			for k := range 50 {
				for j := 0; j < 4; j += 2 {
					want := logNormal(out[j][k*n:(k+1)*n], mean, cov)
					tk.Close(t, fmt.Sprintf("%s, factor %v: ln q", m.name, factor), out[j+1][k], want, 1e-10)
				}
			}
		}
	}
}

// Draws have the moments of the Gaussian: 20,000 of them, within 5 standard errors a figure
// (false alarm 6e-7).
func TestDrawsHaveTheMomentsOfTheGaussian(t *testing.T) {
	const draws = 20000
	for _, m := range members {
		p, values := moved(t, m.of, at(true), 4)
		mean, cov := law(m, at(true), values)
		out := tk.Values(t, model.NewProgram(p, "draw", func(s *model.Scope, _ []*g.Node) []*g.Node {
			u, _ := m.of(n, at(true)).Draw(s.In("guide"), "eps", draws)
			return []*g.Node{g.Neg(g.Neg(u))}
		}), rng.New(8))
		for i := range n {
			x := make([]float64, draws)
			for k := range x {
				x[k] = out[0][k*n+i]
			}
			tk.MeanWithin(t, m.name+": mean", x, mean[i], 5)
			for j := range i + 1 {
				y := make([]float64, draws)
				for k := range y {
					y[k] = (x[k] - mean[i]) * (out[0][k*n+j] - mean[j])
				}
				tk.MeanWithin(t, fmt.Sprintf("%s: covariance %d, %d", m.name, i, j), y, cov[i*n+j], 5)
			}
		}
	}
}

// The derivatives of draws and of their log-densities match differences within 1e-7.
func TestGuideGradientsMatchDifferences(t *testing.T) {
	families := map[string]guide.Family{"delta": guide.Delta, "block": guide.Block(guide.Part{Size: 1, Of: guide.MeanField}, guide.Part{Size: 3, Of: guide.FullRank})}
	for _, m := range members {
		families[m.name] = m.of
	}
	for name, of := range families {
		p, _ := moved(t, of, at(true), 5)
		tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
			u, logQ := of(n, at(true)).Draw(s.In("guide"), "eps", 3)
			return []*g.Node{g.Add(g.ReduceAllSum(g.Sin(u)), g.ReduceAllSum(logQ))}
		})
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Roeder et al. 2017: at p = q the path's gradient of ln p(u) − ln q(u) is zero for every draw,
// while that with the score is not.
func TestThePathGradientVanishesAtTheTarget(t *testing.T) {
	for _, m := range members {
		p, values := moved(t, m.of, at(true), 6)
		mean, cov := law(m, at(true), values)
		for _, path := range []bool{true, false} {
			out := tk.Values(t, model.NewProgram(p, "path", func(s *model.Scope, _ []*g.Node) []*g.Node {
				q := m.of(n, at(true)).(guide.Path)
				draw := q.Draw
				if path {
					draw = q.DrawPath
				}
				u, logQ := draw(s.In("guide"), "eps", 1)
				loss := g.Sub(quadratic(u, mean, inverse(cov)), g.ReduceAllSum(logQ))
				_, nodes := s.Trainable()
				return g.Gradient(loss, nodes...)
			}), rng.New(9))
			largest := 0.
			for _, grad := range out {
				for _, v := range grad {
					largest = math.Max(largest, math.Abs(v))
				}
			}
			if path && largest > 1e-9 || !path && largest < 1e-3 {
				t.Errorf("%s, path %v: largest derivative %v", m.name, path, largest)
			}
		}
	}
}

// quadratic is −½(u − m)ᵀΛ(u − m) for one row u.
func quadratic(u *g.Node, mean, precision []float64) *g.Node {
	d := g.Sub(g.Reshape(u, n), g.Const(u.Graph(), mean))
	l := g.Reshape(g.Const(u.Graph(), precision), n, n)
	return g.MulScalar(g.ReduceAllSum(g.Mul(d, g.Dot(l, d).Product())), -.5)
}

// inverse of a positive definite matrix, by elimination.
func inverse(a []float64) []float64 {
	a = append([]float64(nil), a...)
	out := make([]float64, n*n)
	for i := range n {
		out[i*n+i] = 1
	}
	for c := range n {
		f := a[c*n+c]
		for j := range n {
			a[c*n+j] /= f
			out[c*n+j] /= f
		}
		for i := range n {
			if f := a[i*n+c]; i != c {
				for j := range n {
					a[i*n+j] -= f * a[c*n+j]
					out[i*n+j] -= f * out[c*n+j]
				}
			}
		}
	}
	return out
}

// A block is the product of its parts, with the start's parts.
func TestABlockIsTheProductOfItsParts(t *testing.T) {
	parts := []guide.Part{{Size: 1, Of: guide.MeanField}, {Size: 3, Of: guide.FullRank}}
	s := at(false)
	cut := func(a, b int) guide.Start { return guide.Start{Loc: s.Loc[a:b], Scale: s.Scale[a:b]} }
	p, _ := moved(t, guide.Block(parts...), s, 2)
	out := tk.Values(t, model.NewProgram(p, "block", func(sc *model.Scope, _ []*g.Node) []*g.Node {
		u, logQ := guide.Block(parts...)(n, s).Draw(sc.In("guide"), "eps", 5)
		v, path := guide.Block(parts...)(n, s).(guide.Path).DrawPath(sc.In("guide"), "path", 5)
		return []*g.Node{g.Neg(g.Neg(u)), logQ, v, path}
	}), rng.New(7))
	single := tk.Values(t, model.NewProgram(p, "parts", func(sc *model.Scope, _ []*g.Node) []*g.Node {
		u, a := guide.MeanField(1, cut(0, 1)).Draw(sc.In("guide").In("block0"), "eps", 5)
		v, b := guide.FullRank(3, cut(1, 4)).Draw(sc.In("guide").In("block1"), "eps", 5)
		return []*g.Node{g.Concatenate([]*g.Node{u, v}, 1), g.Add(a, b)}
	}), rng.New(7))
	for k := range out[1] {
		tk.Close(t, "ln q", out[1][k], single[1][k], 1e-12)
	}
	for k := range out[0] {
		tk.Close(t, "u", out[0][k], single[0][k], 1e-12)
	}
	if len(out[2]) != 5*n || len(out[3]) != 5 {
		t.Errorf("path: got %d and %d numbers, want %d and 5", len(out[2]), len(out[3]), 5*n)
	}
}

func TestWrongBlocksAndStartsAreErrors(t *testing.T) {
	for want, of := range map[string]func() (guide.Family, guide.Start){
		"guide: blocks: got sizes [1 2], want positive ones that add up to 4": func() (guide.Family, guide.Start) {
			return guide.Block(guide.Part{Size: 1, Of: guide.MeanField}, guide.Part{Size: 2, Of: guide.MeanField}), guide.Start{}
		},
		"guide: blocks: got sizes [3 2], want positive ones that add up to 4": func() (guide.Family, guide.Start) {
			return guide.Block(guide.Part{Size: 3, Of: guide.MeanField}, guide.Part{Size: 2, Of: guide.MeanField}), guide.Start{}
		},
		"guide: blocks: got sizes [0 4], want positive ones that add up to 4": func() (guide.Family, guide.Start) {
			return guide.Block(guide.Part{Size: 0, Of: guide.MeanField}, guide.Part{Size: 4, Of: guide.MeanField}), guide.Start{}
		},
		"guide: start: got 2 numbers, want 4": func() (guide.Family, guide.Start) {
			return guide.MeanField, guide.Start{Loc: []float64{1, 2}}
		},
	} {
		_, err := model.NewProgram(tk.Params(t, dtypes.Float64), "wrong", func(s *model.Scope, _ []*g.Node) []*g.Node {
			f, start := of()
			u, logQ := f(n, start).Draw(s, "eps", 2)
			return []*g.Node{u, logQ}
		}).Values(rng.New(1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A point has one draw and no entropy.
func TestDeltaIsAPoint(t *testing.T) {
	p, values := moved(t, guide.Delta, at(false), 1)
	out := tk.Values(t, model.NewProgram(p, "delta", func(s *model.Scope, _ []*g.Node) []*g.Node {
		u, logQ := guide.Delta(n, at(false)).Draw(s.In("guide"), "eps", 3)
		return []*g.Node{g.Neg(g.Neg(u)), logQ}
	}), rng.New(7))
	for k := range 3 {
		tk.Close(t, "ln q", out[1][k], 0, 0)
		for i := range n {
			tk.Close(t, "u", out[0][k*n+i], at(false).Loc[i]+at(false).Scale[i]*values["guide/mean"][i], 1e-14)
		}
	}
	if !guide.IsDelta(guide.Delta(2, guide.Start{})) || guide.IsDelta(guide.MeanField(2, guide.Start{})) {
		t.Error("a point is not told from a mean field")
	}
}
