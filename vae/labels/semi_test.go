package labels

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// semiModels are the models that find classes, in their smallest form: rows of two 0/1 values, codes of
// one, three classes.
var semiModels = map[string]vae.Config{
	"m2":    {Dim: 2, Hidden: []int{5}, Latent: 1, Classes: 3, Rows: 10, Likelihood: "bernoulli", Sigma: 1},
	"m1-m2": {Dim: 2, Hidden: []int{5}, Latent: 1, Classes: 3, Rows: 10, Likelihood: "bernoulli", Sigma: 1, Options: map[string]string{"features": "1", "top-hidden": "4"}},
}

// spreadOut gives every parameter of a network that has run once values far from its start, so that
// classes and codes matter; guides are wider than posteriors, so that importance weights are bounded.
func spreadOut(t *testing.T, n *vae.Network) {
	t.Helper()
	arrays := tk.Export(t, n.Params)
	for i, a := range arrays {
		rng.New(7).At(uint64(i)).NormalFloat64(a.Data)
		scale, shift := .7, 0.
		if strings.Contains(a.Name, "encoder") {
			scale = .1
			if strings.HasSuffix(a.Name, "logvar/bias") {
				shift = 1.5
			}
		}
		for j := range a.Data {
			a.Data[j] = scale*a.Data[j] + shift
		}
	}
	tk.Import(t, n.Params, arrays...)
}

// semiNetwork builds one of them with parameters that are spread out.
func semiNetwork(t *testing.T, name string) *vae.Network {
	t.Helper()
	n := zoo.Network(t, name, semiModels[name], dtypes.Float64)
	if _, err := n.Classify(t.Context(), []float32{0, 0, -1}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), []float32{0, 0, -1}, rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	spreadOut(t, n)
	return n
}

// allRows are the rows of two 0/1 values, each with a class.
func allRows(class float32) []float32 {
	return []float32{0, 0, class, 0, 1, class, 1, 0, class, 1, 1, class}
}

// noise is the value of every draw where draws are to be equal.
const noise = .3

// equalNoise gives all draws one value.
func equalNoise(name string, dims []int) []float64 {
	n := 1
	for _, d := range dims {
		n *= d
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = noise
	}
	return out
}

// boundOf is the bound of rows with equal noise, its divergence of the class and ln q(y|·), N×3, behind
// it.
func boundOf(t *testing.T, n *vae.Network, rows []float32) (bound, class, logQ []float64) {
	t.Helper()
	prog := model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.Batch(in[0], nil)
		terms := n.Model.Terms(s, b, vi.Estimator{})
		last := g.Squeeze(g.Slice(terms.KL, g.AxisRange(), g.AxisRange(-1)), -1)
		var logits *g.Node
		switch m := n.Model.(type) {
		case m2:
			logits = m.logits(s, b.X, "")
		case stacked:
			q := m.below(s, b.X)
			logits = m.logits(s.In("top"), g.Add(q.Loc, g.MulScalar(g.Exp(q.LogScale), noise)), "")
		}
		return []*g.Node{g.Sub(g.Squeeze(terms.LogLik, 0), g.ReduceSum(terms.KL, -1)), last, g.LogSoftmax(logits, -1)}
	}).WithNoise(equalNoise)
	out := tk.Values(t, prog, rng.Key{}, model.Tensor(dtypes.Float64, rows, len(rows)/3, 3))
	return out[0], out[1], out[2]
}

// U(x) = Σ_y q(y|x) L(x, y) + H[q(y|x)] (Kingma et al. 2014, eq. 7), where L(x, y) is what the model
// reports for rows of class y: the same bound by another way, to rounding.
func TestTheBoundWithoutAClassIsTheMeanOverClassesAndTheirEntropy(t *testing.T) {
	for name := range semiModels {
		n := semiNetwork(t, name)
		got, class, logQ := boundOf(t, n, allRows(-1))
		want := make([]float64, 4)
		for y := range 3 {
			l, of, _ := boundOf(t, n, allRows(float32(y)))
			for i := range want {
				tk.Close(t, name+": divergence of a known class", of[i], math.Log(3), 1e-12)
				want[i] += math.Exp(logQ[3*i+y]) * (l[i] - logQ[3*i+y])
			}
		}
		for i := range got {
			tk.Close(t, name+": bound", got[i], want[i], 1e-12)
			entropy := 0.
			for _, l := range logQ[3*i : 3*i+3] {
				entropy -= math.Exp(l) * l
			}
			tk.Close(t, name+": divergence of the class", class[i], math.Log(3)-entropy, 1e-12)
		}
	}
}

// A classifier that is sure gives the bound of the class that it is sure of.
func TestTheBoundOfASureClassifierIsThatOfItsClass(t *testing.T) {
	for name, path := range map[string]string{"m2": "classifier/out/", "m1-m2": "top/classifier/out/"} {
		n := semiNetwork(t, name)
		for y := range 3 {
			bias := make([]float64, 3)
			bias[y] = 5000
			tk.Import(t, n.Params, model.Array{Name: path + "bias", Trainable: true, Dims: []int{3}, Data: bias})
			got, _, _ := boundOf(t, n, allRows(-1))
			want, _, _ := boundOf(t, n, allRows(float32(y)))
			for i := range got {
				tk.Close(t, fmt.Sprintf("%s, class %d", name, y), got[i], want[i], 1e-12)
			}
		}
	}
}

// rowLikelihood is p(x|y, z) of the four rows for codes z and a class, by the decoder.
func rowLikelihood(t *testing.T, n *vae.Network, z []float64, y int) [][4]float64 {
	t.Helper()
	codes := make([]float64, 0, 2*len(z))
	for _, v := range z {
		codes = append(codes, v, float64(y))
	}
	prog := model.NewProgram(n.Params, "decode", func(s *model.Scope, in []*g.Node) []*g.Node {
		c := n.Code(in[0])
		if m, ok := n.Model.(stacked); ok {
			return []*g.Node{m.above(s, c.Z).Mean()}
		}
		return []*g.Node{n.Model.(vae.Decoder).Decode(s, c).Mean()}
	})
	p := tk.Values(t, prog, rng.Key{}, tk.Matrix(codes, len(z), 2))[0]
	out := make([][4]float64, len(z))
	for i := range z {
		a, b := p[2*i], p[2*i+1]
		out[i] = [4]float64{(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b}
	}
	return out
}

// evidence is ln p(x, y) of the four rows and three classes, by quadrature over one or two codes.
func evidence(t *testing.T, n *vae.Network) (joint [3][4]float64) {
	t.Helper()
	eps, w := tk.NormalNodes(80)
	for y := range 3 {
		if m, ok := n.Model.(stacked); ok { // p(z₁|y) is a mixture over z₂ of normal distributions
			prog := model.NewProgram(n.Params, "between", func(s *model.Scope, in []*g.Node) []*g.Node {
				c := n.Code(in[0])
				d := m.data(s.In("top"), c.Z, c.OneHot(s, 3))
				return []*g.Node{d.Mean(), d.Variance()}
			})
			codes := make([]float64, 0, 2*len(eps))
			for _, v := range eps {
				codes = append(codes, v, float64(y))
			}
			out := tk.Values(t, prog, rng.Key{}, tk.Matrix(codes, len(eps), 2))
			for k := range eps {
				z1 := make([]float64, len(eps))
				for i, e := range eps {
					z1[i] = out[0][k] + math.Sqrt(out[1][k])*e
				}
				for i, p := range rowLikelihood(t, n, z1, y) {
					for x := range p {
						joint[y][x] += w[k] * w[i] * p[x] / 3
					}
				}
			}
			continue
		}
		for i, p := range rowLikelihood(t, n, eps, y) {
			for x := range p {
				joint[y][x] += w[i] * p[x] / 3
			}
		}
	}
	return joint
}

// On rows of two bits the evidence is a quadrature, and its values sum to one. The importance-sampled
// figure finds it, of rows without a class and with one (5 standard errors, a false alarm of 32 rows in
// 50,000), and the bound stays below it.
func TestEvidenceWithAndWithoutAClass(t *testing.T) {
	for name := range semiModels {
		n := semiNetwork(t, name)
		joint, total := evidence(t, n), 0.
		marginal := [4]float64{}
		for y := range joint {
			for x, p := range joint[y] {
				marginal[x] += p
				total += p
			}
		}
		tk.Close(t, name+": sum of p(x, y)", total, 1, 1e-9)
		for y := -1; y < 3; y++ {
			want := marginal
			if y >= 0 {
				want = joint[y]
			}
			rows := allRows(float32(y))
			sums, err := n.LogEvidence(t.Context(), rows, 4000, rng.New(3))
			if err != nil {
				t.Fatal(err)
			}
			rec, kl, err := n.Evaluator(vi.Estimator{Samples: 2000}).PerDatum(t.Context(), rows, rng.New(4))
			if err != nil {
				t.Fatal(err)
			}
			for x := range want {
				exact := math.Log(want[x])
				if off := math.Abs(sums[x].LogEvidence() - exact); off > 5*sums[x].StdErr() {
					t.Errorf("%s, class %d, row %d: got %v ± %v, want %v", name, y, x, sums[x].LogEvidence(), sums[x].StdErr(), exact)
				}
				if rec[x]-kl[x] > exact+.02 { // 2,000 draws of terms that vary by less than a nat
					t.Errorf("%s, class %d, row %d: got the bound %v, want at most %v", name, y, x, rec[x]-kl[x], exact)
				}
			}
		}
	}
}

// Where codes change nothing and the classifier is the exact posterior, which is linear for bits that
// are independent given their class, the bound is the evidence.
func TestTheBoundIsTheEvidenceAtTheExactPosterior(t *testing.T) {
	c := semiModels["m2"]
	c.Hidden = nil
	n := zoo.Network(t, "m2", c, dtypes.Float64)
	rows := allRows(-1)
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), rows, rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	arrays := tk.Export(t, n.Params)
	on := [3][2]float64{{.9, .2}, {.5, .6}, {.05, .35}} // p(x_j = 1|y)
	logit := func(p float64) float64 { return math.Log(p / (1 - p)) }
	for _, a := range arrays {
		clear(a.Data)
		for y := range 3 {
			for j := range 2 {
				switch a.Name {
				case "decoder/out/weight": // of the code, then of the classes: (1+3)×2
					a.Data[2*(1+y)+j] = logit(on[y][j]) / math.Sqrt(3) // the net sees classes as √3
				case "classifier/out/weight": // 2×3
					a.Data[3*j+y] = logit(on[y][j])
				case "classifier/out/bias":
					a.Data[y] += math.Log(1 - on[y][j])
				}
			}
		}
	}
	tk.Import(t, n.Params, arrays...)
	got, _, _ := boundOf(t, n, rows)
	for i := range got {
		p := 0.
		for y := range 3 {
			joint := 1. / 3
			for j := range 2 {
				if rows[3*i+j] == 1 {
					joint *= on[y][j]
				} else {
					joint *= 1 - on[y][j]
				}
			}
			p += joint
		}
		tk.Close(t, fmt.Sprint("row ", i), got[i], math.Log(p), 1e-10)
	}
}

// Derivatives of the loss of rows with and without a class agree with differences.
func TestGradientsOfRowsWithAndWithoutAClass(t *testing.T) {
	for name := range semiModels {
		n := semiNetwork(t, name)
		loss := func(s *model.Scope, in []*g.Node) []*g.Node {
			b := n.Batch(in[0], nil).Beside(2)
			return []*g.Node{n.Model.Terms(s, b, vi.Estimator{Samples: 2}).Loss(in[1], 0)}
		}
		x := []float64{1, 0, -1, 0, 1, 2, 1, 1, 0, 0, 0, 1}
		d := tk.GradientWithin(t, 1e-5, n.Params, loss, tk.Matrix(x, 4, 3), tk.Matrix([]float64{.7}))
		if d.Count != n.Params.Count() {
			t.Errorf("%s: got %d derivatives, want %d", name, d.Count, n.Params.Count())
		}
	}
}

// A row whose class is not known is encoded with the likeliest one and its code ends with it; a class
// that is known stays.
func TestCodesEndWithTheClassThatIsFound(t *testing.T) {
	for name := range semiModels {
		n := semiNetwork(t, name)
		q, err := n.Classify(t.Context(), allRows(-1))
		if err != nil {
			t.Fatal(err)
		}
		z, _, err := n.Encode(t.Context(), append(allRows(-1), allRows(1)...))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 {
			want := 1
			if i < 4 {
				want = 0
				for y := range 3 {
					if q[3*i+y] > q[3*i+want] {
						want = y
					}
				}
			}
			if got := z[2*i+1]; got != float32(want) {
				t.Errorf("%s, row %d: got class %v, want %d", name, i, got, want)
			}
		}
	}
}
