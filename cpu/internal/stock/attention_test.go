package stock_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// heads is a case of attention: batch, query heads, key heads, queries, keys, dimensions.
type heads struct {
	ir.Attention
	b, n, h, s, t, d int
	bools            bool // the mask's type
}

// index is the place of (batch, head, row, dimension) in an array of the layout.
func (c heads) index(b, head, row, d, heads, rows int) int {
	if c.Layout == compute.AttentionAxesLayoutBSHD {
		return ((b*rows+row)*heads+head)*c.d + d
	}
	return ((b*heads+head)*rows+row)*c.d + d
}

func (c heads) shape(heads, rows int) shapes.Shape {
	if c.Layout == compute.AttentionAxesLayoutBSHD {
		return f64(c.b, rows, heads, c.d)
	}
	return f64(c.b, heads, rows, c.d)
}

// attend is softmax(QKᵀ·scale + mask)·V by its definition; the mask is over queries and keys.
func (c heads) attend(q, k, v, mask []float64) []float64 {
	out := make([]float64, len(q))
	for b := range c.b {
		for n := range c.n {
			h := n / (c.n / c.h)
			for s := range c.s {
				weights, sum := make([]float64, c.t), 0.
				for t := range c.t {
					z := 0.
					for d := range c.d {
						z += q[c.index(b, n, s, d, c.n, c.s)] * k[c.index(b, h, t, d, c.h, c.t)]
					}
					z *= c.Scale
					if c.HasMask {
						z += mask[s*c.t+t]
					}
					if c.Causal && t > s {
						z = math.Inf(-1)
					}
					weights[t] = math.Exp(z)
					sum += weights[t]
				}
				for t := range c.t {
					if sum == 0 {
						continue
					}
					for d := range c.d {
						out[c.index(b, n, s, d, c.n, c.s)] += weights[t] / sum * v[c.index(b, h, t, d, c.h, c.t)]
					}
				}
			}
		}
	}
	return out
}

// run computes the attention and its gradients for a gradient g of the result.
func (c heads) run(t *testing.T, q, k, v, mask, g []float64) (out, dq, dk, dv []float64) {
	graph := &ir.Graph{}
	qs, ks := c.shape(c.n, c.s), c.shape(c.h, c.t)
	in := []*ir.Value{graph.Param("q", qs), graph.Param("k", ks), graph.Param("v", ks)}
	args := []unsafe.Pointer{at(q), at(k), at(v)}
	if c.HasMask && c.bools {
		seen := make([]bool, len(mask))
		for i := range mask {
			seen[i] = mask[i] == 0
		}
		in, args = append(in, graph.Param("mask", shapes.Make(dtypes.Bool, c.s, c.t))), append(args, at(seen))
	} else if c.HasMask {
		in, args = append(in, graph.Param("mask", f64(c.s, c.t))), append(args, at(mask))
	}
	dout := graph.Param("g", qs)
	y := graph.Add(compute.OpTypeFusedScaledDotProductAttention, c.Attention, in, qs, f64(c.b, c.n, c.s)).Out
	grads := graph.Add(compute.OpTypeFusedScaledDotProductAttentionVJP, c.Attention, append(append([]*ir.Value{}, in...), y[0], y[1], dout), qs, ks, ks).Out
	graph.Results = append([]*ir.Value{y[0]}, grads...)
	out, dq, dk, dv = make([]float64, len(q)), make([]float64, len(q)), make([]float64, len(k)), make([]float64, len(k))
	runGraph(t, graph, append(args, at(g)), []unsafe.Pointer{at(out), at(dq), at(dk), at(dv)})
	return out, dq, dk, dv
}

// TestAttentionIsItsDefinition, its gradients by central differences: with a step of 1e-5 the
// error is about 1e-10 in float64.
func TestAttentionIsItsDefinition(t *testing.T) {
	plain := heads{Attention: ir.Attention{Scale: 0.7}, b: 2, n: 4, h: 2, s: 3, t: 3, d: 2}
	for name, change := range map[string]func(c *heads){
		"plain":  func(*heads) {},
		"BSHD":   func(c *heads) { c.Layout = compute.AttentionAxesLayoutBSHD },
		"causal": func(c *heads) { c.Causal = true },
		"mask":   func(c *heads) { c.HasMask = true },
		"bools":  func(c *heads) { c.HasMask, c.bools = true, true },
		"blind":  func(c *heads) { c.HasMask, c.Causal, c.t = true, true, 5 },
	} {
		t.Run(name, func(t *testing.T) {
			c := plain
			change(&c)
			r := rand.New(rand.NewPCG(1, 2))
			draw := func(n int) []float64 {
				x := make([]float64, n)
				for i := range x {
					x[i] = r.NormFloat64()
				}
				return x
			}
			q, g := draw(c.b*c.n*c.s*c.d), draw(c.b*c.n*c.s*c.d)
			k, v, mask := draw(c.b*c.h*c.t*c.d), draw(c.b*c.h*c.t*c.d), make([]float64, c.s*c.t)
			mask[0], mask[1] = math.Inf(-1), math.Inf(-1)
			if name == "mask" {
				mask[4] = 0.5
			}
			out, dq, dk, dv := c.run(t, q, k, v, mask, g)
			near(t, "result", out, c.attend(q, k, v, mask), 1e-12)
			for what, p := range map[string]struct{ arg, got []float64 }{"dQ": {q, dq}, "dK": {k, dk}, "dV": {v, dv}} {
				want := make([]float64, len(p.arg))
				for i, x := range p.arg {
					const h = 1e-5
					p.arg[i] = x + h
					up := dot(g, c.attend(q, k, v, mask))
					p.arg[i] = x - h
					want[i] = (up - dot(g, c.attend(q, k, v, mask))) / (2 * h)
					p.arg[i] = x
				}
				near(t, what, p.got, want, 1e-8)
			}
		})
	}
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// near compares numbers up to a tolerance.
func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Fatalf("%s: got %v, want %v", what, got, want)
		}
	}
}
