package codes

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/quant"
)

// What a rounded code's gradient is the gradient of, by the formulas of the papers: with the features z₀
// and the codes q₀ of the point at hand as numbers, a code is z + (q₀ − z₀) where features move.

// places are the features of a place and the numbers of its codes, as plain numbers at the point at hand.
type places struct {
	z     [][]float64 // N×D
	index [][]int     // N×count
}

// surrogate is what a quantiser says of features z, N×D, near those at hand: codes, and a loss that is
// summed over places.
type surrogate func(t *testing.T, n *vae.Network, at places) func(s *model.Scope, z *g.Node) (codes, loss *g.Node)

// placesOf reads features and numbers.
func placesOf(t *testing.T, n *vae.Network, m quantised, x *tensors.Tensor) (at places) {
	count, _, d := m.q.Size()
	out := tk.Values(t, model.NewProgram(n.Params, "places", func(s *model.Scope, in []*g.Node) []*g.Node {
		z := m.places(s.In("encoder"), in[0])
		return []*g.Node{z, m.q.Apply(s.In(quantiserScope), z).Index}
	}), rng.New(1), x)
	for i := range len(out[0]) / d {
		index := make([]int, count)
		for j := range index {
			index[j] = int(out[1][i*count+j])
		}
		at.z, at.index = append(at.z, out[0][i*d:(i+1)*d]), append(at.index, index)
	}
	return at
}

// numbers is a constant of a graph.
func numbers(like *g.Node, x [][]float64) *g.Node { return g.Const(like.Graph(), x) }

// sumSquares is Σ‖a − b‖².
func sumSquares(a, b *g.Node) *g.Node { return g.ReduceAllSum(g.Square(g.Sub(a, b))) }

// finiteSurrogate is that of Mentzer et al. 2024, section 3: with f(z) = tanh(z + s)h − o the code is
// (f(z) + c)/⌊L/2⌋, and no loss. With cells that are cut again only the constants c differ.
func finiteSurrogate(t *testing.T, n *vae.Network, at places) func(s *model.Scope, z *g.Node) (codes, loss *g.Node) {
	levels := n.Config.List("levels")
	bound := func(z *g.Node) *g.Node {
		shift, h, o := [][]float64{nil}, [][]float64{nil}, [][]float64{nil}
		for _, l := range levels {
			height, offset := float64(l-1)*1.001/2, .5*float64(1-l%2)
			shift[0], h[0], o[0] = append(shift[0], math.Atanh(offset/height)), append(h[0], height), append(o[0], offset)
		}
		return g.Sub(g.Mul(g.Tanh(g.Add(z, numbers(z, shift))), numbers(z, h)), numbers(z, o))
	}
	f := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{bound(in[0])} }, zoo.Rows(at.z))[0]
	rest, half, k := [][]float64{}, [][]float64{nil}, 0
	for i := range at.z {
		var c []float64
		for j, l := range levels {
			c = append(c, finiteCode(at.index[i], j, levels)*float64(l/2)-f[k])
			k++
		}
		rest = append(rest, c)
	}
	for _, l := range levels {
		half[0] = append(half[0], float64(l/2))
	}
	return func(_ *model.Scope, z *g.Node) (codes, loss *g.Node) {
		return g.Div(g.Add(bound(z), numbers(z, rest)), numbers(z, half)), nil
	}
}

// finiteCode is the j-th number of a code: the digit of its first number, and those of the finer ones,
// each of a cell that is cut into L.
func finiteCode(index []int, j int, levels []int) float64 {
	base := 1
	for _, l := range levels[:j] {
		base *= l
	}
	l, scale, sum := levels[j], 1., 0.
	for i, k := range index {
		v := float64(k/base%l - l/2)
		if i > 0 {
			scale /= float64(l)
			v = (v + .5*float64(1-l%2)) * scale
		}
		sum += v
	}
	return sum / float64(l/2)
}

// signsSurrogate is that of Yu et al. 2024: the code is z + c, with the commitment to the signs and the
// entropies of q(c|z) ∝ exp(−‖z − c‖²/τ), here by the sum over all codes.
func signsSurrogate(_ *testing.T, n *vae.Network, at places) func(s *model.Scope, z *g.Node) (codes, loss *g.Node) {
	c := n.Config
	bits, tau := c.Whole("bits"), 1/c.Number("sharpness")
	var signs, rest, all [][]float64
	for k := range 1 << bits {
		var code []float64
		for j := range bits {
			code = append(code, float64(2*(k>>j&1)-1))
		}
		all = append(all, code)
	}
	for i, z := range at.z {
		code := all[at.index[i][0]]
		signs, rest = append(signs, code), append(rest, less(code, z))
	}
	return func(_ *model.Scope, z *g.Node) (codes, loss *g.Node) {
		away := g.ReduceSum(g.Square(g.Sub(g.ExpandAxes(z, 1), g.ExpandAxes(numbers(z, all), 0))), -1) // N×2^d
		p := g.Softmax(g.MulScalar(away, -1/tau), -1)
		n := float64(len(at.z))
		mean := g.ReduceMean(p, 0)
		own, together := g.ReduceAllSum(g.Mul(p, g.Log(p))), g.ReduceAllSum(g.Mul(mean, g.Log(mean)))
		loss = g.MulScalar(g.Sub(g.MulScalar(together, n), own), c.Number("entropy"))
		return g.Add(z, numbers(z, rest)), g.Add(loss, g.MulScalar(sumSquares(z, numbers(z, signs)), c.Number("commit")))
	}
}

// less is a − b.
func less(a, b []float64) []float64 {
	out := slices.Clone(a)
	for j := range out {
		out[j] -= b[j]
	}
	return out
}

// vectorSurrogate is that of van den Oord et al. 2017, eq. 3: a part z of a feature, of length 1 if codes
// are, becomes z + (q₀ − z₀), or λRz with Fifty et al.'s rotation, and the loss is
//
//	Σ_l β‖r_l − e_l‖² + ‖r_l,0 − e_l(θ)‖²,  r_l = z − Σ_{i<l} e_i,
//
// with constants e_l and r_l,0; the second term is there for codes that learn by it.
func vectorSurrogate(t *testing.T, n *vae.Network, at places) func(s *model.Scope, z *g.Node) (codes, loss *g.Node) {
	v := codebooks(n.Config)
	d, levels := v.Book.Dim, max(1, v.Levels)
	type part struct {
		z, q  [][]float64   // N×D, z of length 1 if codes are
		codes [][][]float64 // of each level, N×D
		book  []book        // of each level
	}
	parts := make([]part, max(1, v.Groups))
	for i := range parts {
		of := &parts[i]
		for _, z := range at.z {
			z = slices.Clone(z[i*d : (i+1)*d])
			if v.Book.Unit {
				unit(z)
			}
			of.z, of.q = append(of.z, z), append(of.q, make([]float64, d))
		}
		for l := range levels {
			b := bookOf(t, n, v, i, l)
			var chosen [][]float64
			for k, index := range at.index {
				code := b.codes[index[i*levels+l]]
				chosen = append(chosen, code)
				for j := range d {
					of.q[k][j] += code[j]
				}
			}
			of.codes, of.book = append(of.codes, chosen), append(of.book, b)
		}
	}
	return func(s *model.Scope, z *g.Node) (codes, loss *g.Node) {
		var all []*g.Node
		loss = g.ScalarZero(z.Graph(), z.DType())
		for i, of := range parts {
			part := g.Slice(z, g.AxisRange(), g.AxisRange(i*d, (i+1)*d))
			if v.Book.Unit {
				part = g.Div(part, g.Sqrt(g.ReduceAndKeep(g.Square(part), g.ReduceSum, -1)))
			}
			all = append(all, passed(part, of.z, of.q, v.Rotate))
			rest, rest0 := part, slices.Clone(of.z)
			for l := range levels {
				loss = g.Add(loss, g.MulScalar(sumSquares(rest, numbers(z, of.codes[l])), v.Book.Commit))
				loss = g.Add(loss, of.book[l].learns(s, rest0, at.index, i*levels+l))
				rest = g.Sub(rest, numbers(z, of.codes[l]))
				for k := range rest0 {
					rest0[k] = less(rest0[k], of.codes[l][k])
				}
			}
		}
		return g.Concatenate(all, 1), loss
	}
}

// passed is codes q with the gradient of features z that are z0 here.
func passed(z *g.Node, z0, q [][]float64, rotate bool) *g.Node {
	if !rotate {
		rest := make([][]float64, len(q))
		for i := range q {
			rest[i] = less(q[i], z0[i])
		}
		return g.Add(z, numbers(z, rest))
	}
	turn := make([][][]float64, len(q))
	for i := range q {
		turn[i] = turned(z0[i], q[i])
	}
	return g.ReduceSum(g.Mul(g.Const(z.Graph(), turn), g.ExpandAxes(z, 1)), -1)
}

// turned is λR = ‖q‖/‖z‖ (I − 2rrᵀ + 2q̂ẑᵀ), r = (ẑ + q̂)/‖ẑ + q̂‖ (Fifty et al. 2025, eq. 3).
func turned(z, q []float64) [][]float64 {
	zHat, qHat, r := slices.Clone(z), slices.Clone(q), make([]float64, len(z))
	lambda := unit(qHat) / unit(zHat)
	for i := range r {
		r[i] = zHat[i] + qHat[i]
	}
	unit(r)
	out := make([][]float64, len(z))
	for i := range z {
		for j := range z {
			v := 2 * (qHat[i]*zHat[j] - r[i]*r[j])
			if i == j {
				v++
			}
			out[i] = append(out[i], lambda*v)
		}
	}
	return out
}

// unit divides x by its length, which it returns.
func unit(x []float64) (length float64) {
	for _, v := range x {
		length += v * v
	}
	length = math.Sqrt(length)
	for i := range x {
		x[i] /= length
	}
	return length
}

// book is a codebook of codes, K×D, as plain numbers, and as a function of its parameters.
type book struct {
	quant.Codebook
	name  string // of its scope
	codes [][]float64
}

// bookOf reads the codebook of a level of a group.
func bookOf(t *testing.T, n *vae.Network, v quant.Vector, group, level int) book {
	b := book{v.Book, quant.Name(group, level), nil}
	b.Unit = b.Unit && level == 0
	out := tk.Values(t, model.NewProgram(n.Params, "codes", func(s *model.Scope, _ []*g.Node) []*g.Node {
		return []*g.Node{b.table(s)}
	}), rng.New(1))[0]
	for k := range b.Codes {
		b.codes = append(b.codes, out[k*b.Dim:(k+1)*b.Dim])
	}
	return b
}

// table is the codes by their parameters.
func (b book) table(s *model.Scope) *g.Node {
	s = s.In(quantiserScope).In(b.name)
	e := s.Param("codes", model.Constant(0), b.Codebook.Codes, b.Dim)
	if b.Update == quant.ByMap {
		e = g.Dot(e, s.Param("map", model.Constant(0), b.Dim, b.Dim)).Product()
	}
	if b.Unit {
		e = g.Div(e, g.Sqrt(g.ReduceAndKeep(g.Square(e), g.ReduceSum, -1)))
	}
	return e
}

// learns is ‖z − e(θ)‖² of the codes chosen for features that are numbers, where codes learn by it.
func (b book) learns(s *model.Scope, z [][]float64, index [][]int, column int) *g.Node {
	if b.Update == quant.ByEMA {
		return g.ScalarZero(s.Graph(), s.DType())
	}
	chosen := make([][]float64, len(z))
	for i := range z {
		chosen[i] = make([]float64, b.Codebook.Codes)
		chosen[i][index[i][column]] = 1
	}
	e := b.table(s)
	return sumSquares(g.Dot(numbers(e, chosen), e).Product(), numbers(e, z))
}

// roundings are models whose codes are rounded, with settings that change how they learn.
var roundings = []struct {
	name    string
	options map[string]string
	of      surrogate
}{
	{"vq-vae", nil, vectorSurrogate},
	{"vq-vae", map[string]string{"update": "loss", "reset": "0"}, vectorSurrogate},
	{"vq-vae", map[string]string{"update": "loss", "reset": "0", "gradient": "rotation"}, vectorSurrogate},
	{"vq-vae", map[string]string{"update": "simvq", "space": "cosine"}, vectorSurrogate},
	{"vq-vae", map[string]string{"quantisers": "3", "code-groups": "2"}, vectorSurrogate},
	{"fsq-vae", nil, finiteSurrogate},
	{"fsq-vae", map[string]string{"levels": "4,5", "quantisers": "2"}, finiteSurrogate},
	{"lfq-vae", map[string]string{"bits": "3", "entropy": "0.7", "sharpness": "0.5"}, signsSurrogate},
}

// rounding is a model of rounded codes at a point: the inputs of its step, and its surrogate with so many
// times the loss of its codes.
type rounding struct {
	zoo.Descent
	n        *vae.Network
	in       []*tensors.Tensor
	explicit func(s *model.Scope, in []*g.Node, times float64) *g.Node
}

// roundingOf chooses the point.
func roundingOf(t *testing.T, name string, options map[string]string) rounding {
	c := ofMaps(name, options)
	c.Channels = []int{2, 2}
	n := zoo.Network(t, name, c, dtypes.Float64)
	r := rounding{Descent: zoo.Descent{Model: n.Model, Progress: 1, Surrogate: []string{""}, Batch: n.Batch, Seen: map[string]bool{}}, n: n}
	x := zoo.BatchOf("gaussian", 3, c.Dim)
	r.At(t, n.Params, x)
	r.in = []*tensors.Tensor{zoo.Rows(x), model.Scalar(dtypes.Float64, .7), model.Scalar(dtypes.Float64, 1)}
	return r
}

// bounded is −ln p(x|z) + β·rate and so many times the loss of codes, a row.
func bounded(in []*g.Node, p dist.Distribution, rate float64, loss *g.Node, times float64) *g.Node {
	want := g.Neg(g.ReduceAllMean(g.ReduceSum(p.LogProb(in[0]), -1)))
	want = g.Add(want, g.MulScalar(in[1], rate))
	if loss != nil {
		want = g.Add(want, g.MulScalar(loss, times/float64(in[0].Shape().Dim(0))))
	}
	return want
}

// descends compares derivatives with differences of the surrogate, and its value with the loss.
func (r rounding) descends(t testing.TB, times float64) tk.Difference {
	t.Helper()
	values := tk.Values(t, model.NewProgram(r.n.Params, "values", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{r.Slopes(s, in)[0].Loss, r.explicit(s, in, 1)}
	}), rng.New(1), r.in...)
	tk.Close(t, "surrogate", values[1][0], values[0][0], 1e-9)
	return tk.NewSlopes(r.n.Params, func(s *model.Scope, in []*g.Node) []tk.Slope {
		out := r.Slopes(s, in)
		for i := range out {
			out[i].Held, out[i].Want = false, r.explicit(s, in, times)
		}
		return out
	}, r.in...).Within(t, zoo.Tolerance)
}

// TestRoundedCodesDescendTheSurrogateOfTheirPaper holds every derivative by encoder, codebook and decoder
// to differences of the surrogate that the papers' formulas spell out, whose value is the loss.
func TestRoundedCodesDescendTheSurrogateOfTheirPaper(t *testing.T) {
	for i, c := range roundings {
		r := roundingOf(t, c.name, c.options)
		m := r.Model.(pixelCodes).gridded.(quantised)
		near := c.of(t, r.n, placesOf(t, r.n, m, r.in[0]))
		r.explicit = func(s *model.Scope, in []*g.Node, times float64) *g.Node {
			codes, loss := near(s, m.places(s.In("encoder"), in[0]))
			return bounded(in, m.decode(s, codes), m.rate(), loss, times)
		}
		worst := r.descends(t, 1)
		t.Logf("%s %v: %v, %d flat", c.name, c.options, worst, worst.Flat)
		if i == 0 && !zoo.Fails(t, func(t testing.TB) { r.descends(t, 1.001) }) {
			t.Error("a commitment of 1.001 times as much: no failure")
		}
	}
}
