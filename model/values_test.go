package model_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// adding is a program that adds its input to a parameter and returns both.
func adding(p *model.Params) *model.Program {
	return model.NewProgram(p, "count", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		w := s.Param("w", model.Constant(1), 3)
		sum := graph.Add(w, in[0])
		s.Update("w", sum)
		return []*graph.Node{sum, graph.ReduceAllSum(in[0])}
	})
}

func TestValuesMayBeWrittenToTheMemoryOfTheLast(t *testing.T) {
	for _, name := range backend.Names() {
		b, err := backend.Open(name)
		if err != nil {
			continue // one that this machine lacks
		}
		p := model.NewParams(b, dtypes.Float32, rng.New(1))
		prog := adding(p)
		in, err := p.Input(3)
		if err != nil {
			t.Fatal(err)
		}
		var v [][]float64
		for i := range 4 {
			if err := in.Set(1, 2, float64(i)); err != nil {
				t.Fatal(err)
			}
			old := v
			if v, err = prog.ValuesInto(v, rng.Key{}, in.Tensor); err != nil {
				t.Fatal(err)
			}
			if i > 0 && (&old[0][0] != &v[0][0] || &old[1][0] != &v[1][0]) {
				t.Errorf("%s: run %d: got values in new memory", name, i)
			}
			want := []float64{float64(2 + i), float64(3 + 2*i), float64(1 + i*(i+1)/2)}
			if !slices.Equal(v[0], want) || v[1][0] != float64(3+i) {
				t.Errorf("%s: run %d: got %v, want %v and %v", name, i, v, want, 3+i)
			}
		}
		if got := values(t, p)["w"]; !slices.Equal(got, v[0]) {
			t.Errorf("%s: parameter: got %v, want the last output %v", name, got, v[0])
		}
	}
}

// Outputs that were handed out are their owner's: later runs leave them as they are.
func TestOutputsOutliveTheRunsAfterThem(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := adding(p)
	first, err := prog.Run(rng.Key{}, tk.Vector(1, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	tk.Values(t, prog, rng.Key{}, tk.Vector(4, 5, 6))
	second, err := prog.Run(rng.Key{}, tk.Vector(7, 8, 9))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{2, 3, 4}, {13, 16, 19}} {
		got, err := []*model.Result{first, second}[i].Floats()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got[0], want) {
			t.Errorf("result %d: got %v, want %v", i, got[0], want)
		}
	}
}

func TestATensorOfTheModelIsACopy(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		p := tk.Params(t, dtype)
		x := []float32{1, 2, 3, 4, 5, 6}
		in, err := p.Tensor(x, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		x[0] = 9
		if got, err := model.Float32s(in); err != nil || !slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%s: got %v, %v, want the values from 1 to 6", dtype, got, err)
		}
		if err := in.FinalizeAll(); err != nil {
			t.Error(err)
		}
		if _, err := p.Tensor(x, 7); err == nil {
			t.Errorf("%s: six values for seven places: got no error", dtype)
		}
		one, err := p.Input(2)
		if err != nil {
			t.Fatal(err)
		}
		if err := one.Set(1, 2, 3); err == nil {
			t.Errorf("%s: three values for two places: got no error", dtype)
		}
	}
}
