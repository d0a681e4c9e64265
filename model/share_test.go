package model_test

import (
	"math"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestProgramsShareParameters: what one program updates, another sees at its next run.
func TestProgramsShareParameters(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	train := model.NewProgram(p, "train", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		w := s.Param("w", model.Constant(1))
		s.Update("w", graph.Add(w, in[0]))
		return nil
	})
	eval := model.NewProgram(p, "eval", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Mul(s.Param("w", model.Constant(-9)), in[0])}
	})
	for i := range 4 {
		x := model.Scalar(dtypes.Float64, 2)
		if got, want := tk.Values(t, eval, rng.Key{}, x)[0][0], 2*float64(1+2*i); got != want && i > 0 {
			t.Errorf("after %d steps: got %v, want %v", i, got, want)
		}
		if i == 0 { // the program that is compiled first gives the start
			tk.Import(t, p, model.Array{Name: "w", Trainable: true, Data: []float64{1}})
		}
		tk.Values(t, train, rng.Key{}, x)
	}
	if w := values(t, p)["w"][0]; w != 9 {
		t.Errorf("after four steps of 2 from 1: got %v, want 9", w)
	}
}

// TestFloat32IsFloat64Rounded: starting values and uniform noise are drawn once, then rounded.
// Normal noise is within 2⁻²² of its pair's radius (see cpu.Normal), and rounded.
func TestFloat32IsFloat64Rounded(t *testing.T) {
	draw := func(dtype dtypes.DType) [][]float64 {
		p := tk.Params(t, dtype)
		return tk.Values(t, model.NewProgram(p, "draw", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{
				graph.Neg(s.Param("g", model.Gaussian(1), 100)), graph.Neg(s.Param("u", model.FanIn(9), 100)),
				graph.Neg(s.Normal("n", 100)), graph.Neg(s.Uniform("v", 100)),
			}
		}), rng.New(4))
	}
	wide, narrow := draw(dtypes.Float64), draw(dtypes.Float32)
	for i := range wide {
		for j, v := range wide[i] {
			bound := 0.
			if i == 2 {
				bound = math.Hypot(wide[i][j&^1], wide[i][j|1]) * (0x1p-22 + 0x1p-25)
			}
			if d := math.Abs(float64(float32(v)) - narrow[i][j]); !(d <= bound) {
				t.Errorf("output %d, value %d: got %v in float32, want %v rounded, ± %g", i, j, narrow[i][j], v, bound)
			}
		}
	}
}

// TestProgramsCompileAtOnce builds eight programs that make parameters of their own over one
// set; each parameter starts as it would alone. It is of most use under the race detector.
func TestProgramsCompileAtOnce(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	names := []string{"a", "b", "c", "d"}
	got := make([]float64, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			prog := model.NewProgram(p, "build", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
				w := s.Param(names[i%4], model.Gaussian(1), 5)
				if n, _ := s.Trainable(); len(n) != 1 {
					t.Errorf("program %d: got trainable %v, want one", i, n)
				}
				return []*graph.Node{graph.ReduceAllSum(w)}
			})
			out, err := prog.Values(rng.Key{})
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = out[0][0]
		})
	}
	wg.Wait()
	for i, v := range got {
		alone, err := run(t, tk.Params(t, dtypes.Float64), sum5(names[i%4]))
		if err != nil {
			t.Fatal(err)
		}
		if v != alone[0][0] || math.IsNaN(v) {
			t.Errorf("program %d: got %v, want %v as alone", i, v, alone[0][0])
		}
	}
	if p.Count() != 20 {
		t.Errorf("trainable values: got %d, want 20", p.Count())
	}
}

// sum5 is the total of five Gaussian values of a name.
func sum5(name string) func(s *model.Scope) []*graph.Node {
	return func(s *model.Scope) []*graph.Node {
		return []*graph.Node{graph.ReduceAllSum(s.Param(name, model.Gaussian(1), 5))}
	}
}
