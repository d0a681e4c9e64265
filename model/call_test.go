package model_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

func TestNoiseIsTheSameOnEveryBackend(t *testing.T) {
	var first [][]float64
	for _, name := range backend.Names() {
		b, err := backend.Open(name)
		if err != nil {
			continue // one that this machine lacks
		}
		prog := model.NewProgram(model.NewParams(b, dtypes.Float32, rng.New(1)), "noise", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Neg(s.Normal("n", 1001)), graph.Neg(s.Uniform("u", 7, 33))}
		})
		got := tk.Values(t, prog, rng.New(8))
		if first == nil {
			first = got
		}
		if !slices.EqualFunc(got, first, slices.Equal) {
			t.Errorf("%s: got other noise than %s", name, backend.Names()[0])
		}
	}
}

// A program is compiled once for inputs of one shape, in whatever order the shapes come.
func TestEveryShapeIsCompiledOnce(t *testing.T) {
	built := 0
	prog := model.NewProgram(tk.Params(t, dtypes.Float64), "sum", func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		built++
		return []*graph.Node{graph.ReduceAllSum(in[0])}
	})
	for range 3 {
		for n := 1; n <= 4; n++ {
			if got := tk.Values(t, prog, rng.Key{}, tk.Matrix(make([]float64, n), n)); got[0][0] != 0 {
				t.Errorf("%d zeros: got a sum of %v", n, got[0][0])
			}
			tk.Values(t, prog, rng.Key{}, tk.Matrix(make([]float64, n), 1, n))
		}
	}
	if built != 8 {
		t.Errorf("eight shapes: got %d compilations", built)
	}
}

// Each of many runs at a time has arrays of its own.
func TestRunsAtOnceGiveTheirOwnOutputs(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "scale", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Mul(in[0], s.Param("two", model.Constant(2))), graph.Neg(s.Normal("n", 3))}
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			var v, noise [][]float64
			for range 50 {
				var err error
				if v, err = prog.ValuesInto(v, rng.New(uint64(i)), tk.Vector(float64(i), float64(-i))); err != nil {
					t.Error(err)
					return
				}
				if noise == nil {
					noise = [][]float64{slices.Clone(v[1])}
				}
				if want := []float64{float64(2 * i), float64(-2 * i)}; !slices.Equal(v[0], want) || !slices.Equal(v[1], noise[0]) {
					t.Errorf("run %d: got %v, want %v and %v", i, v, want, noise[0])
					return
				}
			}
		})
	}
	wg.Wait()
}
