package quant

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// byCodes computes both entropies over all 2^d codes: own of each feature, and of their mean.
func byCodes(z []float64, d int, tau float64) (own []float64, together float64) {
	n := len(z) / d
	mean := make([]float64, 1<<d)
	for i := range n {
		p, total := make([]float64, 1<<d), 0.
		for c := range p {
			dist := 0.
			for j := range d {
				s := float64(2*(c>>j&1) - 1)
				dist += (z[i*d+j] - s) * (z[i*d+j] - s)
			}
			p[c] = math.Exp(-dist / tau)
			total += p[c]
		}
		h := 0.
		for c := range p {
			p[c] /= total
			mean[c] += p[c] / float64(n)
			h -= p[c] * math.Log(p[c])
		}
		own = append(own, h)
	}
	for _, p := range mean {
		together -= p * math.Log(p)
	}
	return own, together
}

// For 1 to 9 bits, against sums over all codes.
func TestEntropiesOfSignCodesAreThoseOfAllCodes(t *testing.T) {
	for _, d := range []int{1, 2, 3, 6, 9} {
		z := normals(uint64(d), 30*d)
		for _, tau := range []float64{.5, 1, 4} {
			q := Signs{Bits: d, Temperature: tau}
			out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
				own, together := q.Entropies(in[0])
				return []*g.Node{own, together}
			}, tk.Matrix(z, 30, d))
			own, together := byCodes(z, d, tau)
			same(t, "entropy of each feature's code", out[0], own, 1e-11)
			tk.Close(t, "entropy of the codes", out[1][0], together, 1e-11)
		}
	}
}

// The derivative of both entropies by features, which are parameters here.
func TestTheGradientOfTheEntropyPenalty(t *testing.T) {
	q := Signs{Bits: 4, Temperature: 1}
	d := tk.GradientWithin(t, 1e-8, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
		own, together := q.Entropies(s.Param("z", model.Gaussian(1), 10, 4))
		return []*g.Node{g.Sub(g.ReduceAllSum(own), g.MulScalar(together, 3))}
	})
	t.Logf("worst: %v", d)
}

// Numbers, codes and loss by plain loops; the gradient of the code passes straight through.
func TestSignCodesFollowTheFormula(t *testing.T) {
	const n, d = 25, 5
	z := normals(2, n*d)
	q := Signs{Bits: d, Commit: .25, Entropy: .1, Temperature: 1}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		o := q.Apply(s, in[0])
		return []*g.Node{o.Codes, o.Index, o.Loss, q.Lookup(s, o.Index), g.Gradient(curve(o.Codes), in[0])[0], g.Gradient(curve(o.Codes), o.Codes)[0]}
	}, tk.Matrix(z, n, d))
	own, together := byCodes(z, d, 1)
	for i := range n {
		number, commit := 0., 0.
		for j := range d {
			s := math.Copysign(1, z[i*d+j])
			tk.Close(t, "code", out[0][i*d+j], s, 1e-14)
			number += math.Max(0, s) * math.Pow(2, float64(j))
			commit += .25 * (z[i*d+j] - s) * (z[i*d+j] - s)
		}
		tk.Close(t, "number", out[1][i], number, 0)
		tk.Close(t, "loss", out[2][i], commit+.1*(own[i]-together), 1e-12)
	}
	same(t, "codes of the numbers", out[3], out[0], 1e-14)
	same(t, "gradient", out[4], out[5], 0)
}

// All 2^16 numbers and back, in float32.
func TestNumbersOfSignCodesAreABijection(t *testing.T) {
	q := Signs{Bits: MaxBits, Temperature: 1}
	_, values, d := q.Size()
	prog := model.NewProgram(tk.Params(t, dtypes.Float32), "bijection", func(s *model.Scope, in []*g.Node) []*g.Node {
		code := q.Lookup(s, g.ConvertDType(in[0], dtypes.Float32))
		return []*g.Node{code, q.Apply(s, code).Index}
	})
	out := tk.Values(t, prog, key, tk.Matrix(counted(values), values, 1))
	for i := range values {
		for j := range d {
			if want := float64(2*(i>>j&1) - 1); out[0][i*d+j] != want {
				t.Fatalf("code %d, bit %d: got %v, want %v", i, j, out[0][i*d+j], want)
			}
		}
		if out[1][i] != float64(i) {
			t.Fatalf("code %d comes back as %v", i, out[1][i])
		}
	}
}

// Where all features choose one code, sure of it, the entropy of codes is 0: the alarm of a collapse.
func TestTheEntropyOfACollapsedCodebookIsZero(t *testing.T) {
	z := make([]float64, 60)
	for i := range z {
		z[i] = 50
	}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		o := Signs{Bits: 6, Temperature: 1, Entropy: 1}.Apply(s, in[0])
		return []*g.Node{o.Figures[0].Value, o.Figures[1].Value, g.Gradient(g.ReduceAllSum(o.Loss), in[0])[0]}
	}, tk.Matrix(z, 10, 6))
	same(t, "entropies", []float64{out[0][0], out[1][0]}, []float64{0, 0}, 1e-12)
	for _, v := range out[2] {
		if math.IsNaN(v) {
			t.Fatal("the gradient is NaN")
		}
	}
}
