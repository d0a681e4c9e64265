package model_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// run executes a graph function once over a set of parameters.
func run(t *testing.T, p *model.Params, fn func(s *model.Scope) []*graph.Node) ([][]float64, error) {
	t.Helper()
	return model.NewProgram(p, "test", func(s *model.Scope, _ []*graph.Node) []*graph.Node { return fn(s) }).Values(rng.New(2))
}

// values are the parameters by name.
func values(t *testing.T, p *model.Params) map[string][]float64 {
	t.Helper()
	out := map[string][]float64{}
	for _, a := range tk.Export(t, p) {
		out[a.Name] = a.Data
	}
	return out
}

// sum uses parameters with Gaussian starts and returns their total.
func sum(names ...string) func(s *model.Scope) []*graph.Node {
	return func(s *model.Scope) []*graph.Node {
		total := graph.Scalar(s.Graph(), s.DType(), 0.)
		for _, n := range names {
			total = graph.Add(total, graph.ReduceAllSum(s.Param(n, model.Gaussian(1), 4)))
		}
		return []*graph.Node{total}
	}
}

func TestExportAndImportAreInverse(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		p := tk.Params(t, dtype)
		if p.DType() != dtype || p.Backend() == nil {
			t.Errorf("got type %v on %v", p.DType(), p.Backend())
		}
		if _, err := run(t, p, func(s *model.Scope) []*graph.Node {
			w := s.In("layer").Param("w", model.Gaussian(2), 2, 3)
			m := s.State("m", model.Constant(.5), 3)
			u := s.Param("u", model.Constant(-1))
			return []*graph.Node{graph.Add(graph.Add(graph.ReduceAllSum(w), graph.ReduceAllSum(m)), u)}
		}); err != nil {
			t.Fatal(err)
		}
		if want := []string{"layer/w", "m", "u"}; !reflect.DeepEqual(p.Names(), want) || p.Count() != 7 {
			t.Errorf("got %v with %d trainable values, want %v with 7", p.Names(), p.Count(), want)
		}
		arrays := tk.Export(t, p)
		if arrays[0].Trainable != true || arrays[1].Trainable != false || len(arrays[2].Dims) != 0 || arrays[1].Data[2] != .5 {
			t.Errorf("got %+v", arrays)
		}
		q := tk.Params(t, dtype)
		tk.Import(t, q, arrays...)
		if got := tk.Export(t, q); !reflect.DeepEqual(got, arrays) {
			t.Errorf("%v: after import: got %+v, want %+v", dtype, got, arrays)
		}
		arrays[0].Data[0]++
		if values(t, q)["layer/w"][0] == arrays[0].Data[0] {
			t.Error("an imported array shares memory with the caller's")
		}
	}
}

func TestWrongArraysAreErrors(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.Import(t, p, model.Array{Name: "w", Trainable: true, Dims: []int{2, 2}, Data: []float64{1, 2, 3, 4}})
	for want, a := range map[string]model.Array{
		`parameter "w": got shape [4], want [2 2]`:              {Name: "w", Dims: []int{4}, Data: make([]float64, 4)},
		`parameter "w": got shape [2 3], want [2 2]`:            {Name: "w", Dims: []int{2, 3}, Data: make([]float64, 6)},
		`parameter "w": got 3 values, want 4 for shape [2 2]`:   {Name: "w", Dims: []int{2, 2}, Data: make([]float64, 3)},
		`parameter "v": got 0 values, want 1 for shape []`:      {Name: "v"},
		`parameter "v": got shape [-1 -1], want positive sizes`: {Name: "v", Dims: []int{-1, -1}, Data: []float64{1}},
		`parameter "v": got shape [0], want positive sizes`:     {Name: "v", Dims: []int{0}},
		`parameter "v": got shape [2 0 3], want positive sizes`: {Name: "v", Dims: []int{2, 0, 3}},
	} {
		good := model.Array{Name: "w", Trainable: true, Dims: []int{2, 2}, Data: []float64{9, 9, 9, 9}}
		err := p.Import([]model.Array{good, a})
		if err == nil || !strings.Contains(err.Error(), "model: "+want) {
			t.Errorf("got error %v, want %q", err, want)
		}
		if got := values(t, p)["w"]; got[0] != 1 || len(p.Names()) != 1 {
			t.Errorf("after a refused import: got %v, want nothing changed", got)
		}
	}
}

func TestShapeMismatchNamesTheParameter(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.Import(t, p, model.Array{Name: "a/w", Trainable: true, Dims: []int{2}, Data: []float64{1, 2}})
	_, err := run(t, p, func(s *model.Scope) []*graph.Node { return []*graph.Node{s.In("a").Param("w", model.Constant(0), 3)} })
	if err == nil || !strings.Contains(err.Error(), `model: parameter "a/w": got shape [2], want [3]`) {
		t.Errorf("got error %v", err)
	}
	_, err = run(t, tk.Params(t, dtypes.Float64), func(s *model.Scope) []*graph.Node {
		return []*graph.Node{graph.Add(s.Param("w", model.Constant(0), 2), s.Param("w", model.Constant(0), 3))}
	})
	if err == nil || !strings.Contains(err.Error(), `parameter "w": got shape [2], want [3]`) {
		t.Errorf("two shapes in one graph: got error %v", err)
	}
}

func TestSealedSetMakesNothingNew(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	if _, err := run(t, p, sum("a")); err != nil {
		t.Fatal(err)
	}
	p.Seal()
	if _, err := run(t, p, sum("a")); err != nil {
		t.Errorf("a known parameter: %v", err)
	}
	if _, err := run(t, p, sum("a", "b")); err == nil || !strings.Contains(err.Error(), `parameter "b" of shape [4] is missing`) {
		t.Errorf("an unknown parameter: got error %v", err)
	}
	if len(p.Names()) != 1 {
		t.Errorf("got %v, want a alone", p.Names())
	}
}

// TestStartingValuesDependOnTheNameAlone: a new parameter shifts nobody else's values.
func TestStartingValuesDependOnTheNameAlone(t *testing.T) {
	few, many, other := tk.Params(t, dtypes.Float64), tk.Params(t, dtypes.Float64), model.NewParams(tk.Params(t, dtypes.Float64).Backend(), dtypes.Float64, rng.New(2))
	for p, names := range map[*model.Params][]string{few: {"a", "c"}, many: {"b", "c", "d", "a"}, other: {"a", "c"}} {
		if _, err := run(t, p, sum(names...)); err != nil {
			t.Fatal(err)
		}
	}
	x, y, z := values(t, few), values(t, many), values(t, other)
	for _, n := range []string{"a", "c"} {
		if !reflect.DeepEqual(x[n], y[n]) {
			t.Errorf("%s: got %v beside others, want %v", n, y[n], x[n])
		}
		if reflect.DeepEqual(x[n], z[n]) {
			t.Errorf("%s: equal values for two seeds", n)
		}
	}
	if reflect.DeepEqual(x["a"], x["c"]) {
		t.Error("two names start with equal values")
	}
}

// TestStartsFollowTheirDistributions fails on a right generator with probability 1e-5 each.
func TestStartsFollowTheirDistributions(t *testing.T) {
	key := rng.New(5)
	flat := func(bound float64) func(float64) float64 {
		return func(x float64) float64 { return math.Min(1, math.Max(0, (x/bound+1)/2)) }
	}
	tk.FitsCDF(t, "Uniform", model.Uniform(3)(key, []int{100, 100}), flat(3))
	tk.FitsCDF(t, "FanIn", model.FanIn(16)(key, []int{10000}), flat(.25))
	tk.FitsCDF(t, "Gaussian", model.Gaussian(2)(key, []int{10000}), func(x float64) float64 { return .5 * math.Erfc(-x/2/math.Sqrt2) })
	if got := model.Constant(7)(key, []int{2, 3}); !reflect.DeepEqual(got, []float64{7, 7, 7, 7, 7, 7}) {
		t.Errorf("Constant: got %v, want six sevens", got)
	}
	if got := model.Gaussian(1)(key, nil); len(got) != 1 {
		t.Errorf("a scalar: got %d values, want 1", len(got))
	}
}

// TestReadingIsSafeBesideOneWriter is of most use under the race detector.
func TestReadingIsSafeBesideOneWriter(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.Import(t, p, model.Array{Name: "w", Trainable: true, Dims: []int{3}, Data: []float64{0, 0, 0}})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 20 {
				for _, a := range tk.Export(t, p) {
					if a.Name == "w" && (a.Data[0] != a.Data[1] || a.Data[1] != a.Data[2]) {
						t.Errorf("got half an update, %v", a.Data)
					}
				}
				_, _ = p.Count(), p.Names()
			}
		})
		wg.Go(func() {
			v := float64(i)
			for range 20 {
				tk.Import(t, p, model.Array{Name: "w", Trainable: true, Dims: []int{3}, Data: []float64{v, v, v}},
					model.Array{Name: fmt.Sprint("x", i), Data: []float64{v}})
			}
		})
	}
	wg.Wait()
	if p.Count() != 3 || len(p.Names()) != 5 {
		t.Errorf("got %d trainable values of %v, want 3 of five arrays", p.Count(), p.Names())
	}
}

func TestTensorsGoToTheHostAndBack(t *testing.T) {
	data := []float32{1.5, -2, 3e-30, 4, 5, 6}
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		x := model.Tensor(dtype, data, 2, 3)
		if x.DType() != dtype || fmt.Sprint(x.Shape().Dimensions) != "[2 3]" {
			t.Errorf("got %v, want 2×3 of %v", x.Shape(), dtype)
		}
		wide, err := model.Floats(x)
		if err != nil {
			t.Fatal(err)
		}
		narrow, err := model.Float32s(x)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range data {
			if wide[i] != float64(v) || narrow[i] != v {
				t.Errorf("%v, value %d: got %v and %v, want %v", dtype, i, wide[i], narrow[i], v)
			}
		}
		narrow[0] = 99
		if again, err := model.Float32s(x); err != nil || again[0] != 1.5 {
			t.Errorf("a change of the copy reaches the tensor: got %v, error %v", again[0], err)
		}
		s := model.Scalar(dtype, .1)
		got, err := model.Floats(s)
		if err != nil || len(got) != 1 || math.Abs(got[0]-.1) > 1e-8 || s.Rank() != 0 {
			t.Errorf("scalar: got %v of rank %d, error %v", got, s.Rank(), err)
		}
	}
	for _, bad := range []any{[]int32{1, 2}, []bool{true}} {
		x := integers(t, bad)
		if _, err := model.Floats(x); err == nil || !strings.Contains(err.Error(), "want float32 or float64") {
			t.Errorf("%T: got error %v", bad, err)
		}
		if _, err := model.Float32s(x); err == nil || !strings.Contains(err.Error(), "want float32 or float64") {
			t.Errorf("%T: got error %v", bad, err)
		}
	}
}

// TestInputsAreWrittenAgainAndAgain: every run sees what was written last, in both types.
func TestInputsAreWrittenAgainAndAgain(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		p := tk.Params(t, dtype)
		in, err := p.Input(2, 3)
		if err != nil {
			t.Fatal(err)
		}
		double := model.NewProgram(p, "double", func(_ *model.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Add(in[0], in[0])}
		})
		for run := range 3 {
			if err := in.Write(func(x []float32) error {
				for i := range x {
					x[i] = float32(run*10 + i)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for i, v := range tk.Values(t, double, rng.Key{}, in.Tensor)[0] {
				if want := float64(2 * (run*10 + i)); v != want {
					t.Errorf("%v, run %d, element %d: got %v, want %v", dtype, run, i, v, want)
				}
			}
		}
		sentinel := errors.New("no data")
		if err := in.Write(func([]float32) error { return sentinel }); !errors.Is(err, sentinel) {
			t.Errorf("got %v, want the writer's error", err)
		}
	}
}
