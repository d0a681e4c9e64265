package quant

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

var key = rng.New(1)

// curve is a loss of codes that bends in all of them, Σ sin(a·q + ‖q‖²/5).
func curve(q *g.Node) *g.Node {
	a := g.Iota(q.Graph(), q.Shape(), 1)
	inner := g.ReduceSum(g.Add(g.Mul(q, a), g.MulScalar(g.Square(q), .2)), -1)
	return g.ReduceAllSum(g.Sin(inner))
}

// The gradient of the features is that of the codes and that of the commitment, to the last bit, and
// nothing of the reconstruction reaches the codebook: for codes that learn by loss that of ‖sg z − e‖²
// alone, 2Σ(e − z) over their features.
func TestStraightThroughGradientsAreThoseOfTheCodesAndTheCommitment(t *testing.T) {
	const n, d, k = 40, 3, 7
	z, e := normals(1, n*d), normals(2, k*d)
	b := newBooks(t, Vector{Book: Codebook{Codes: k, Dim: d, Update: ByLoss, Commit: .25}}, map[string][]float64{Name(0, 0): e})
	out := tk.Values(t, b.program(func(s *model.Scope, z *g.Node, o Output) []*g.Node {
		codes := s.In(Name(0, 0)).Param("codes", model.Constant(0), k, d)
		q := g.StopGradient(Rows(codes, g.Squeeze(o.Index, 1)))
		loss := g.Add(curve(o.Codes), g.ReduceAllSum(o.Loss))
		gradients := g.Gradient(loss, z, codes)
		commitment := g.Gradient(g.ReduceAllSum(o.Loss), z)[0]
		return []*g.Node{gradients[0], g.Gradient(curve(o.Codes), o.Codes)[0], commitment, gradients[1], o.Codes, q, o.Index}
	}), key, tk.Matrix(z, n, d))
	dz, dq, dc, de := out[0], out[1], out[2], out[3]
	for i := range dz {
		if dz[i] != dq[i]+dc[i] {
			t.Fatalf("gradient %d: got %v, want %v + %v", i, dz[i], dq[i], dc[i])
		}
		tk.Close(t, "commitment's gradient", dc[i], .5*(z[i]-out[5][i]), 1e-15)
	}
	same(t, "codes", out[4], out[5], 1e-15)
	want := make([]float64, k*d)
	for i, v := range out[6] {
		for j := range d {
			want[int(v)*d+j] += 2 * (e[int(v)*d+j] - z[i*d+j])
		}
	}
	same(t, "gradient of the codebook", de, want, 1e-12)
}

// angle is the cosine of the angle between two rows.
func angle(a, b []float64) float64 {
	dot := 0.
	for j := range a {
		dot += a[j] * b[j]
	}
	return dot / length(a) / length(b)
}

func length(a []float64) float64 { return math.Sqrt(apart(a, make([]float64, len(a)))) }

// Fifty et al. 2025, section 4.2: the angle between gradient and feature is that between gradient and
// code, and the norm of the gradient is that of the code's times ‖q‖/‖z‖.
func TestRotationKeepsTheAngleOfTheGradientAndScalesItsNorm(t *testing.T) {
	const n, d = 50, 6
	z, q := normals(3, n*d), normals(4, n*d)
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		v := Rotated(in[0], in[1])
		return []*g.Node{v, g.Gradient(curve(v), in[0])[0], g.Gradient(curve(in[1]), in[1])[0]}
	}, tk.Matrix(z, n, d), tk.Matrix(q, n, d))
	same(t, "value", out[0], q, 1e-14)
	for i := range n {
		row := func(x []float64) []float64 { return x[i*d : (i+1)*d] }
		dz, dq := row(out[1]), row(out[2])
		tk.Close(t, "cosine of the angle", angle(dz, row(z)), angle(dq, row(q)), 1e-12)
		tk.Close(t, "norm over λ times the code's", length(dz)/length(dq)/(length(row(q))/length(row(z))), 1, 1e-12)
	}
}

// By differences: the gradient is that of λRz with R from plain loops, and R turns z into q.
func TestTheRotationIsTheMatrixOfThePaper(t *testing.T) {
	z, q := []float64{1, 2, -2}, []float64{-3, .5, 1}
	r := rotation(z, q)
	for i := range z {
		sum := 0.
		for j := range z {
			sum += r[i][j] * z[j]
		}
		tk.Close(t, "Rz", sum, q[i]*length(z)/length(q), 1e-14)
	}
	for i := range z {
		weight := make([]float64, 3)
		weight[i] = 1
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{g.Gradient(g.ReduceAllSum(g.Mul(Rotated(in[0], in[1]), in[2])), in[0])[0]}
		}, tk.Matrix(z, 1, 3), tk.Matrix(q, 1, 3), tk.Matrix(weight, 1, 3))
		for j := range z {
			tk.Close(t, "derivative", out[0][j], length(q)/length(z)*r[i][j], 1e-14)
		}
	}
}

// rotation is I − 2rrᵀ + 2q̂ẑᵀ.
func rotation(z, q []float64) [3][3]float64 {
	var out [3][3]float64
	zHat, qHat, r := make([]float64, 3), make([]float64, 3), make([]float64, 3)
	for i := range r {
		zHat[i], qHat[i] = z[i]/length(z), q[i]/length(q)
		r[i] = zHat[i] + qHat[i]
	}
	norm := length(r)
	for i := range r {
		for j := range r {
			out[i][j] = -2*r[i]*r[j]/norm/norm + 2*qHat[i]*zHat[j]
		}
		out[i][i]++
	}
	return out
}

// A feature of length 0, one that is the code, and one opposite to it.
func TestRotationIsFiniteWhereItHasNoPlane(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		v := Rotated(in[0], in[1])
		return []*g.Node{v, g.Gradient(g.ReduceAllSum(g.Mul(v, in[2])), in[0])[0]}
	}, tk.Matrix([]float64{0, 0, 1, 2, -1, -2, 3, 4}, 4, 2), tk.Matrix([]float64{1, 2, 1, 2, 1, 2, 0, 0}, 4, 2), tk.Matrix([]float64{5, 7, 5, 7, 5, 7, 5, 7}, 4, 2))
	same(t, "values", out[0], []float64{1, 2, 1, 2, 1, 2, 0, 0}, 1e-14)
	same(t, "gradients of the feature of length 0 and of the code itself", out[1][:4], []float64{5, 7, 5, 7}, 1e-13)
	for i, v := range out[1] {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("gradient %d: got %v", i, v)
		}
	}
}
