package cpu

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// recording is a builder whose errors end the test.
type recording struct {
	*Function
	t *testing.T
}

func (r recording) must(v compute.Value, err error) compute.Value {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%+v", err)
	}
	return v
}

func (r recording) in(dims ...int) compute.Value {
	r.t.Helper()
	return r.must(r.Parameter("x", shapes.Make(dtypes.Float32, dims...), nil))
}

// recordings are graphs of all families.
var recordings = map[string]func(r recording) []compute.Value{
	"dense layer with its gradient": func(r recording) []compute.Value {
		x, w, b := r.in(8, 5), r.in(5, 3), r.in(1, 3)
		zero := r.must(r.Constant([]float32{0}))
		z := r.must(r.Add(r.must(r.DotGeneral(x, []int{1}, nil, w, []int{0}, nil, compute.DotGeneralConfig{})), b))
		y := r.must(r.Max(z, zero))
		mask := r.must(r.ConvertDType(r.must(r.GreaterThan(z, zero)), dtypes.Float32))
		g := r.must(r.Mul(y, mask))
		dw := r.must(r.DotGeneral(x, []int{0}, nil, g, []int{0}, nil, compute.DotGeneralConfig{}))
		return []compute.Value{y, r.must(r.Sub(w, dw)), r.must(r.ReduceSum(g, 0))}
	},
	"softmax": func(r recording) []compute.Value {
		x := r.in(4, 7)
		top := r.must(r.Reshape(r.must(r.ReduceMax(x, 1)), 4, 1))
		e := r.must(r.Exp(r.must(r.Sub(x, top))))
		return []compute.Value{r.must(r.Div(e, r.must(r.Reshape(r.must(r.ReduceSum(e, 1)), 4, 1))))}
	},
	"views of views": func(r recording) []compute.Value {
		x := r.in(4, 6)
		y := r.must(r.Transpose(r.must(r.Slice(x, []int{0, 1}, []int{4, 6}, []int{2, 2})), 1, 0))
		z := r.must(r.BroadcastInDim(r.must(r.Reverse(y, 0)), shapes.Make(dtypes.Float32, 2, 3, 2), []int{1, 2}))
		return []compute.Value{r.must(r.Reshape(z, 12)), r.must(r.Concatenate(1, y, r.must(r.Neg(y))))}
	},
	"convolution and pooling": func(r recording) []compute.Value {
		axes := compute.ConvolveAxesConfig{
			InputBatch: 0, InputChannels: 3, InputSpatial: []int{1, 2}, KernelInputChannels: 2, KernelOutputChannels: 3,
			KernelSpatial: []int{0, 1}, OutputBatch: 0, OutputChannels: 3, OutputSpatial: []int{1, 2},
		}
		x := r.in(2, 6, 6, 3)
		y := r.must(r.ConvGeneral(x, r.in(3, 3, 3, 4), axes, nil, [][2]int{{1, 1}, {1, 1}}, nil, nil, 1, 1))
		return []compute.Value{r.must(r.ReduceWindow(r.must(r.Tanh(y)), compute.ReduceOpMax, []int{1, 2, 2, 1}, nil, nil, nil, nil))}
	},
	"loop": func(r recording) []compute.Value {
		x := r.in(3)
		sub := func(build func(c recording) compute.Value) compute.Function {
			f, err := r.Closure()
			if err != nil {
				r.t.Fatal(err)
			}
			c := recording{f.(*Function), r.t}
			if err := c.Return([]compute.Value{build(c)}, nil); err != nil {
				r.t.Fatal(err)
			}
			return f
		}
		ten := r.must(r.Constant([]float32{10}))
		cond := sub(func(c recording) compute.Value { return c.must(c.LessThan(c.must(c.ReduceMax(c.in(3))), ten)) })
		body := sub(func(c recording) compute.Value { return c.must(c.Add(c.must(c.Exp(c.in(3))), x)) })
		out, err := r.While(cond, body, x)
		if err != nil {
			r.t.Fatalf("%+v", err)
		}
		return out
	},
}

// TestGraphsStaySoundThroughEveryPass verifies the graph as it was recorded and after each pass,
// and then the program.
func TestGraphsStaySoundThroughEveryPass(t *testing.T) {
	b, err := New("threads=1")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	for name, build := range recordings {
		t.Run(name, func(t *testing.T) {
			f := b.Builder(name).Main().(*Function)
			if err := f.Return(build(recording{f, t}), nil); err != nil {
				t.Fatal(err)
			}
			g := f.graph
			if err := ir.Verify(g); err != nil {
				t.Fatalf("as recorded: %v\n%s", err, g)
			}
			pass.Run(g, func(pass string, g *ir.Graph) {
				if err := ir.Verify(g); err != nil {
					t.Errorf("after %s: %v\n%s", pass, err, g)
				}
			})
			p, err := lower.Program(g, lower.Options{Level: isa.Best(), Fallback: b.(*Backend).fallback})
			if err != nil {
				t.Fatal(err)
			}
			if err := plan.Verify(p); err != nil {
				t.Errorf("%v\n%s", err, p)
			}
			for _, r := range p.Results {
				if r.InPlace >= 0 && !ir.SameShape(r.Shape, p.Params[r.InPlace]) {
					t.Errorf("a result %s takes over a parameter %s", r.Shape, p.Params[r.InPlace])
				}
			}
		})
	}
}
