package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// affine is x·W + b in loops, rows×in to rows×out.
func affine(x, w, b []float64) []float64 {
	out := len(b)
	in := len(w) / out
	y := make([]float64, len(x)/in*out)
	for i := range y {
		y[i] = b[i%out]
		for j := range in {
			y[i] += x[i/out*in+j] * w[j*out+i%out]
		}
	}
	return y
}

// attention is the definition of SelfAttention in loops.
func attention(x []float64, batch, steps, width, heads int, causal bool, p map[string][]float64) []float64 {
	dense := func(name string, x []float64) []float64 { return affine(x, p[name+"/weight"], p[name+"/bias"]) }
	q, k, v, d := dense("query", x), dense("key", x), dense("value", x), width/heads
	mixed := make([]float64, len(x))
	for b := range batch {
		for h := range heads {
			for t := range steps {
				weights, total := make([]float64, steps), 0.
				for u := range steps {
					if causal && u > t {
						continue
					}
					dot := 0.
					for c := range d {
						dot += q[(b*steps+t)*width+h*d+c] * k[(b*steps+u)*width+h*d+c]
					}
					weights[u] = math.Exp(dot / math.Sqrt(float64(d)))
					total += weights[u]
				}
				for u, w := range weights {
					for c := range d {
						mixed[(b*steps+t)*width+h*d+c] += w / total * v[(b*steps+u)*width+h*d+c]
					}
				}
			}
		}
	}
	return dense("out", mixed)
}

func TestSelfAttentionIsItsDefinition(t *testing.T) {
	for _, heads := range []int{1, 2, 3, 6} {
		for _, causal := range []bool{false, true} {
			x, y, shape, p := apply(t, nn.SelfAttention{Heads: heads, Causal: causal}.Apply, 2, 5, 6)
			shaped(t, "attention", shape, 2, 5, 6)
			want := attention(x, 2, 5, 6, heads, causal, p)
			closeAll(t, fmt.Sprintf("%d heads, causal %v", heads, causal), y, want, 1e-13)
		}
	}
}

func TestGradientsOfSelfAttention(t *testing.T) {
	for _, causal := range []bool{false, true} {
		gradient(t, nn.SelfAttention{Heads: 2, Causal: causal}.Apply, 2, 3, 4)
		gradient(t, nn.SelfAttention{Heads: 1, Causal: causal}.Apply, 1, 4, 3)
	}
}

// TestCausalAttentionDoesNotSeeTheFuture: the derivative of step t by a later input is 0.
func TestCausalAttentionDoesNotSeeTheFuture(t *testing.T) {
	const steps, width = 5, 4
	for now := range steps {
		slopes := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			y := nn.SelfAttention{Heads: 2, Causal: true}.Apply(s, in[0])
			return g.Gradient(g.ReduceAllSum(g.Slice(y, g.AxisRange(), g.AxisElem(now))), in[0])
		}, tk.Matrix(gaussian(2, steps*width), 1, steps, width))[0]
		for i, v := range slopes {
			if future := i/width > now; future != (v == 0) {
				t.Errorf("step %d by input of step %d: got derivative %v", now, i/width, v)
			}
		}
	}
}

// TestAttentionIsSafeFromOverflow: scores of ±10⁴ would overflow an exponential.
func TestAttentionIsSafeFromOverflow(t *testing.T) {
	x := gaussian(3, 12)
	for i := range x {
		x[i] *= 300
	}
	for _, v := range tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		y := nn.SelfAttention{Heads: 1, Causal: true}.Apply(s, in[0])
		return []*g.Node{y, g.Gradient(g.ReduceAllSum(y), in[0])[0]}
	}, tk.Matrix(x, 1, 3, 4)) {
		for _, u := range v {
			if math.IsNaN(u) || math.IsInf(u, 0) {
				t.Errorf("got %v, want finite values", v)
				break
			}
		}
	}
}

func TestWrongSequencesAreErrors(t *testing.T) {
	refused(t, nn.SelfAttention{Heads: 2}.Apply, "want sequences B×T×C", 2, 4)
	refused(t, nn.SelfAttention{Heads: 3}.Apply, "heads: got 3, want a divisor of 4 channels", 1, 2, 4)
	refused(t, nn.SelfAttention{}.Apply, "heads: got 0", 1, 2, 4)
}

// fusing is a backend that claims to have attention as one operation. It computes twice the
// query in its place, so that its use can be seen, and as gradients the output's gradient
// times 3, 5 and 7.
type fusing struct {
	compute.Backend
	backward bool // claims to have the gradient too
}

func (b fusing) Capabilities() compute.Capabilities {
	c := b.Backend.Capabilities().Clone()
	c.Operations[compute.OpTypeFusedScaledDotProductAttention] = true
	c.Operations[compute.OpTypeFusedScaledDotProductAttentionVJP] = b.backward
	return c
}

func (b fusing) Builder(name string) compute.Builder { return fusingBuilder{b.Backend.Builder(name)} }

type fusingBuilder struct{ compute.Builder }

func (b fusingBuilder) Main() compute.Function { return fusingFunction{b.Builder.Main()} }

type fusingFunction struct{ compute.Function }

func (f fusingFunction) times(x compute.Value, n float64) (compute.Value, error) {
	c, err := f.Constant([]float64{n})
	if err != nil {
		return nil, err
	}
	if c, err = f.Reshape(c, 1, 1, 1, 1); err != nil {
		return nil, err
	}
	return f.Mul(x, c)
}

func (f fusingFunction) FusedScaledDotProductAttention(q, _, _ compute.Value, layout compute.AttentionAxesLayout,
	o *compute.ScaledDotProductAttentionConfig) (compute.Value, []compute.Value, error) {
	if layout != compute.AttentionAxesLayoutBSHD || o.Scale != 1/math.Sqrt(2) || !o.Causal || o.Mask != nil || o.Bias != nil {
		return nil, nil, fmt.Errorf("got %v and %+v, want causal attention of B×T×N×2", layout, o)
	}
	y, err := f.times(q, 2)
	return y, nil, err
}

func (f fusingFunction) FusedScaledDotProductAttentionVJP(_, _, _ compute.Value, _ compute.AttentionAxesLayout,
	_ *compute.ScaledDotProductAttentionConfig, _ compute.Value, _ []compute.Value, v compute.Value) (dq, dk, dv compute.Value, err error) {
	if dq, err = f.times(v, 3); err == nil {
		if dk, err = f.times(v, 5); err == nil {
			dv, err = f.times(v, 7)
		}
	}
	return dq, dk, dv, err
}

// TestABackendWithAttentionGetsItAsOne: the output is that of the backend's own operation;
// the gradient is the backend's own, or that of the steps.
func TestABackendWithAttentionGetsItAsOne(t *testing.T) {
	results := map[bool][][]float64{}
	for _, backward := range []bool{false, true} {
		p := model.NewParams(fusing{tk.Params(t, dtypes.Float64).Backend(), backward}, dtypes.Float64, rng.New(1))
		results[backward] = tk.Values(t, model.NewProgram(p, "fused", func(s *model.Scope, in []*g.Node) []*g.Node {
			y := nn.SelfAttention{Heads: 2, Causal: true}.Apply(s, in[0])
			want := nn.Dense(s.In("out"), g.MulScalar(nn.Dense(s.In("query"), in[0], 4), 2), 4)
			_, params := s.Trainable()
			return append([]*g.Node{g.Sub(y, want)}, g.Gradient(g.ReduceAllSum(y), params...)...)
		}), rng.Key{}, tk.Matrix(gaussian(2, 12), 1, 3, 4))
		closeAll(t, "output", results[backward][0], make([]float64, 12), 1e-14)
	}
	own := results[true]
	for i := range own[2] { // bias gradients of query, key and value: parameters 2, 4 and 6
		tk.Close(t, "key", own[4][i], own[2][i]*5/3, 1e-13)
		tk.Close(t, "value", own[6][i], own[2][i]*7/3, 1e-13)
	}
	if steps := results[false]; steps[2][0] == own[2][0] {
		t.Errorf("gradients of the steps: got %v, those of the operation", steps[2])
	}
}
