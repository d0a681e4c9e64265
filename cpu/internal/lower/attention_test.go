package lower_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

// heads are the sizes of an attention: batch, heads of queries and of keys, queries, keys,
// dimensions.
type heads struct {
	B, N, H, S, T, D int
	ir.Attention
	mask []int        // dimensions, if there is one
	bool bool         // the mask selects; else it is added
	t    dtypes.DType // of all arrays
}

// dims gives the dimensions of an array with n heads of length s.
func (h heads) dims(n, s int) []int {
	if h.Layout == compute.AttentionAxesLayoutBSHD {
		return []int{h.B, s, n, h.D}
	}
	return []int{h.B, n, s, h.D}
}

// at is the place of an element in an array with n heads of length s.
func (h heads) at(n, s, b, i, j, d int) int {
	if h.Layout == compute.AttentionAxesLayoutBSHD {
		return ((b*s+j)*n+i)*h.D + d
	}
	return ((b*n+i)*s+j)*h.D + d
}

// logit is scale·QKᵀ + mask, by loops.
func (h heads) logit(q, k, mask []float64, b, i, s, t int) float64 {
	z := 0.0
	for d := range h.D {
		z += q[h.at(h.N, h.S, b, i, s, d)] * k[h.at(h.H, h.T, b, i/(h.N/h.H), t, d)]
	}
	z *= h.Scale
	if h.Causal && t > s {
		return math.Inf(-1)
	}
	if h.mask == nil {
		return z
	}
	place := 0
	for axis, index := range []int{b, i, s, t}[4-len(h.mask):] {
		if h.mask[axis] == 1 {
			index = 0
		}
		place = place*h.mask[axis] + index
	}
	switch {
	case !h.bool:
		return z + mask[place]
	case mask[place] == 0:
		return math.Inf(-1)
	}
	return z
}

// forward is the definition of attention: the result and the rows' ln Σ exp.
func (h heads) forward(q, k, v, mask []float64) (out, lse []float64) {
	out, lse = make([]float64, len(q)), make([]float64, h.B*h.N*h.S)
	for b := range h.B {
		for i := range h.N {
			for s := range h.S {
				sum, top := 0.0, math.Inf(-1)
				z := make([]float64, h.T)
				for t := range z {
					z[t] = h.logit(q, k, mask, b, i, s, t)
					top = math.Max(top, z[t])
				}
				for t := range z {
					z[t] = math.Exp(z[t] - top)
					sum += z[t]
				}
				lse[(b*h.N+i)*h.S+s] = top + math.Log(sum)
				for t := range z {
					for d := range h.D {
						out[h.at(h.N, h.S, b, i, s, d)] += z[t] / sum * v[h.at(h.H, h.T, b, i/(h.N/h.H), t, d)]
					}
				}
			}
		}
	}
	return out, lse
}

// graphs makes a graph of attention and its VJP in one: from q, k, v, the mask if any, and the
// gradient of the result.
func (h heads) graph() *ir.Graph {
	g := &ir.Graph{Name: "attention"}
	q, k, v := parameter(g, h.t, h.dims(h.N, h.S)...), parameter(g, h.t, h.dims(h.H, h.T)...), parameter(g, h.t, h.dims(h.H, h.T)...)
	in := []*ir.Value{q, k, v}
	if h.HasMask = h.mask != nil; h.HasMask && h.bool {
		in = append(in, parameter(g, boo, h.mask...))
	} else if h.HasMask {
		in = append(in, parameter(g, h.t, h.mask...))
	}
	d := parameter(g, h.t, h.dims(h.N, h.S)...)
	sums := shapes.Make(f32, h.B, h.N, h.S)
	if h.t == f64 {
		sums.DType = f64
	}
	y := g.Add(compute.OpTypeFusedScaledDotProductAttention, h.Attention, in, q.Shape, sums).Out
	in = append(append([]*ir.Value{}, in...), y[0], y[1], d)
	grads := g.Add(compute.OpTypeFusedScaledDotProductAttentionVJP, h.Attention, in, q.Shape, k.Shape, v.Shape).Out
	g.Results = append(y, grads...)
	return g
}

// gradients differentiates Σ dO∘O numerically, by central differences of the definition.
func (h heads) gradients(list [][]float64, mask, dOut []float64) [][]float64 {
	const step = 1e-5
	loss := func() float64 {
		out, _ := h.forward(list[0], list[1], list[2], mask)
		sum := 0.0
		for i := range out {
			sum += out[i] * dOut[i]
		}
		return sum
	}
	var grads [][]float64
	for _, x := range list {
		grad := make([]float64, len(x))
		for i, was := range x {
			x[i] = was + step
			up := loss()
			x[i] = was - step
			grad[i] = (up - loss()) / (2 * step)
			x[i] = was
		}
		grads = append(grads, grad)
	}
	return grads
}

// numbers reads a parameter as float64.
func numbers(p unsafe.Pointer, s shapes.Shape) []float64 {
	out := make([]float64, s.Size())
	for i := range out {
		if s.DType == boo {
			if *(*bool)(unsafe.Add(p, i)) {
				out[i] = 1
			}
		} else {
			out[i] = number(p, s, i)
		}
	}
	return out
}

// check compares with the definition. Central differences with step 1e-5 are good to 1e-9 or so;
// the rest is rounding of the type.
func (h heads) check(t *testing.T) {
	g := h.graph()
	r := rand.New(rand.NewPCG(3, 4))
	params := memory(shapesOf(g.Params), 0)
	var list [][]float64
	for i, v := range g.Params {
		random(params[i], v.Shape, r)
		if v.Shape.DType == boo { // every row sees its first key
			for row := 0; row < v.Shape.Size(); row += h.T {
				*(*bool)(unsafe.Add(params[i], row)) = true
			}
		}
		list = append(list, numbers(params[i], v.Shape))
	}
	var mask []float64
	if h.mask != nil {
		mask = list[3]
	}
	out, lse := h.forward(list[0], list[1], list[2], mask)
	want := append([][]float64{out, lse}, h.gradients(list[:3], mask, list[len(list)-1])...)
	limit := map[dtypes.DType]float64{f64: 1e-8, f32: 1e-4, bf6: 0.1}[h.t]
	for _, level := range isa.Available() {
		p := lowered(t, g, lower.Options{Level: level})
		got := execute(t, p, params, true)
		for k, v := range g.Results {
			for i, w := range want[k] {
				if x := number(got[k], v.Shape, i); !(math.Abs(x-w) <= limit*(1+math.Abs(w))) {
					t.Fatalf("%v: result %d: element %d: got %g, want %g\n%v", level, k, i, x, w, p)
				}
			}
		}
	}
}

func TestAttentionAndItsGradientsAreThoseOfTheDefinition(t *testing.T) {
	one := heads{B: 2, N: 4, H: 4, S: 5, T: 6, D: 3, t: f64, Attention: ir.Attention{Scale: 0.7}}
	for _, layout := range []compute.AttentionAxesLayout{compute.AttentionAxesLayoutBHSD, compute.AttentionAxesLayoutBSHD} {
		one.Layout = layout
		cases := []heads{one, one, one, one, one, one, one}
		cases[1].H = 2
		cases[2].Causal = true
		cases[3].mask, cases[3].bool = []int{5, 6}, true
		cases[4].mask = []int{2, 1, 5, 6}
		cases[5].H, cases[5].mask = 1, []int{4, 1, 6}
		cases[6].S, cases[6].T, cases[6].D = 1, 1, 1
		for i, h := range cases {
			for _, dt := range []dtypes.DType{f64, f32, bf6} {
				h.t = dt
				t.Run(fmt.Sprint(layout, i, dt), h.check)
			}
		}
	}
}

func TestARowThatSeesNoKeyHasTheResultZero(t *testing.T) {
	h := heads{B: 1, N: 1, H: 1, S: 2, T: 3, D: 2, t: f32, mask: []int{2, 3}, bool: true}
	g := h.graph()
	params := memory(shapesOf(g.Params), 0)
	for i := range 3 {
		random(params[i], g.Params[i].Shape, rand.New(rand.NewPCG(5, 6)))
	}
	*(*bool)(params[3]) = true // the first row sees its first key, the second none
	got := execute(t, lowered(t, g, lower.Options{}), params, false)
	for k, v := range g.Results {
		for i := range v.Shape.Size() {
			if x := number(got[k], v.Shape, i); math.IsNaN(x) || k == 0 && i > 1 && x != 0 {
				t.Errorf("result %d: element %d: got %g", k, i, x)
			}
		}
	}
}

// The scores of 64 heads of 256×256 are 16 MiB, those of a part of the batch 2.
func TestLargeBatchesAreTakenInParts(t *testing.T) {
	h := heads{B: 8, N: 8, H: 8, S: 256, T: 256, D: 4, t: f32}
	if p := lowered(t, h.graph(), lower.Options{}); p.Arena > 5<<20 {
		t.Errorf("got an arena of %d MiB, want at most 5", p.Arena>>20)
	}
	h.S, h.T = 300, 200
	small := h
	small.B, small.N, small.H = 1, 1, 1
	compareLastHead(t, h, small)
}

// compareLastHead checks that the last head of the last index of a batch is computed as if it were
// alone.
func compareLastHead(t *testing.T, h, alone heads) {
	g, one := h.graph(), alone.graph()
	params, single := memory(shapesOf(g.Params), 0), memory(shapesOf(one.Params), 0)
	for i, v := range g.Params {
		random(params[i], v.Shape, rand.New(rand.NewPCG(7, uint64(i))))
		n := int(one.Params[i].Shape.ByteSize())
		copy(bytesOf(single[i], one.Params[i].Shape), bytesOf(params[i], v.Shape)[int(v.Shape.ByteSize())-n:])
	}
	all := execute(t, lowered(t, g, lower.Options{Level: isa.Best()}), params, false)
	want := execute(t, lowered(t, one, lower.Options{Level: isa.Best()}), single, false)
	for k, v := range one.Results {
		skip := g.Results[k].Shape.ByteSize() - v.Shape.ByteSize()
		compare(t, fmt.Sprint("result ", k), unsafe.Add(all[k], skip), want[k], v.Shape)
	}
}
