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
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// integers makes a tensor of any type.
func integers(t *testing.T, v any) *tensors.Tensor {
	t.Helper()
	x, err := tensors.FromAnyValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// counter adds its input to the state "n" and returns the new value.
func counter(s *model.Scope, in []*graph.Node) []*graph.Node {
	n := graph.Add(s.In("c").State("n", model.Constant(10)), in[0])
	s.In("c").UpdateState("n", n)
	return []*graph.Node{n}
}

func TestUpdatesHappenInTheRun(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "count", counter)
	one := model.Scalar(dtypes.Float64, 1)
	for want := 11.; want < 15; want++ {
		got, state := tk.Values(t, prog, rng.Key{}, one)[0][0], values(t, p)["c/n"][0]
		if got != want || state != want {
			t.Errorf("got %v with state %v, want %v", got, state, want)
		}
	}
	if p.Count() != 0 {
		t.Errorf("trainable values: got %d, want 0", p.Count())
	}
}

// TestGuardKeepsEveryArray: where the guard is false a run leaves all arrays as they were,
// though it computed new values.
func TestGuardKeepsEveryArray(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "guarded", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		s.Guard(graph.IsFinite(in[0]))
		s.Update("w", graph.Add(s.Param("w", model.Constant(1), 3), in[0]))
		return counter(s, in)
	})
	for _, c := range []struct{ add, w, n float64 }{{2, 3, 12}, {math.NaN(), 3, 12}, {math.Inf(1), 3, 12}, {1, 4, 13}} {
		tk.Values(t, prog, rng.Key{}, model.Scalar(dtypes.Float64, c.add))
		if v := values(t, p); v["w"][2] != c.w || v["c/n"][0] != c.n {
			t.Errorf("after %v: got %v, want w %v and n %v", c.add, v, c.w, c.n)
		}
	}
}

// TestMistakenInputsCostNoParameter: a run that cannot start has taken nothing.
func TestMistakenInputsCostNoParameter(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "count", counter)
	bad := model.Scalar(dtypes.Float64, 1)
	tk.Values(t, prog, rng.Key{}, bad)
	if err := bad.FinalizeAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := prog.Run(rng.Key{}, bad); err == nil {
		t.Error("a freed input: got no error")
	}
	if n := values(t, p)["c/n"][0]; n != 11 {
		t.Errorf("got %v, want 11", n)
	}
}

// TestUpdatesAreSimultaneous swaps two parameters: each new value is formed from the old ones.
func TestUpdatesAreSimultaneous(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "swap", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
		a, b := s.Param("a", model.Constant(1)), s.Param("b", model.Constant(2))
		s.Update("a", graph.MulScalar(b, 1.5))
		s.Update("b", graph.MulScalar(a, 1.5))
		return nil
	})
	for _, want := range [][2]float64{{3, 1.5}, {2.25, 4.5}} {
		tk.Values(t, prog, rng.Key{})
		if v := values(t, p); v["a"][0] != want[0] || v["b"][0] != want[1] {
			t.Errorf("got %v, want %v", v, want)
		}
	}
}

func TestMistakesInGraphsAreErrors(t *testing.T) {
	sentinel := errors.New("a reason")
	for want, fn := range map[string]model.Func{
		"a reason":            func(*model.Scope, []*graph.Node) []*graph.Node { panic(sentinel) },
		"in words":            func(*model.Scope, []*graph.Node) []*graph.Node { panic("in words") },
		"index out of range":  func(_ *model.Scope, in []*graph.Node) []*graph.Node { return in[5:6:6] },
		"that the graph uses": func(s *model.Scope, in []*graph.Node) []*graph.Node { s.Update("nobody", in[0]); return in },
		"must match": func(s *model.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Add(in[0], s.Param("w", model.Constant(0), 2, 2))}
		},
		`"noise:z" for graph`: func(s *model.Scope, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Add(s.Normal("z", 2), s.Uniform("z", 2))}
		},
		"invalid memory": func(*model.Scope, []*graph.Node) []*graph.Node { var n *graph.Node; return []*graph.Node{graph.Neg(n)} },
	} {
		prog := model.NewProgram(tk.Params(t, dtypes.Float64), "faulty", fn)
		for range 2 { // a failed compilation leaves nothing locked
			res, err := prog.Run(rng.Key{}, tk.Vector(1, 2, 3))
			if want == "index out of range" && err != nil && strings.Contains(err.Error(), "slice bounds") {
				continue
			}
			if want == "invalid memory" && err != nil {
				continue
			}
			if err == nil || res != nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "model: faulty: ") {
				t.Errorf("got error %v, want one with %q", err, want)
			}
			if want == "a reason" && !errors.Is(err, sentinel) {
				t.Errorf("got error %v, want the panic's own inside", err)
			}
		}
	}
}

func TestNoiseIsKeyedByName(t *testing.T) {
	draw := func(key rng.Key, names ...string) map[string][]float64 {
		out, err := model.NewProgram(tk.Params(t, dtypes.Float64), "noise", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
			var nodes []*graph.Node
			for _, n := range names {
				nodes = append(nodes, graph.Neg(s.In("guide").Normal(n, 2, 3)), graph.Neg(s.Uniform(n, 4)))
			}
			return nodes
		}).Values(key)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]float64{}
		for i, n := range names {
			all[n], all["u:"+n] = out[2*i], out[2*i+1]
		}
		return all
	}
	a, b, c := draw(rng.New(1), "z"), draw(rng.New(1), "w", "z", "y"), draw(rng.New(2), "z")
	for _, n := range []string{"z", "u:z"} {
		if !reflect.DeepEqual(a[n], b[n]) {
			t.Errorf("%s: got %v beside others, want %v", n, b[n], a[n])
		}
		if reflect.DeepEqual(a[n], c[n]) {
			t.Errorf("%s: equal draws for two keys", n)
		}
	}
	if reflect.DeepEqual(b["z"], b["w"]) || reflect.DeepEqual(b["w"], b["y"]) {
		t.Error("two names draw equal noise")
	}
	want := make([]float64, 6)
	rng.New(1).Named("guide/z").NormalFloat64(want)
	for i := range want {
		if a["z"][i] != -want[i] {
			t.Errorf("noise %d: got %v, want that of the key guide/z, %v", i, -a["z"][i], want[i])
		}
	}
	for _, u := range a["u:z"] {
		if -u < 0 || -u >= 1 {
			t.Errorf("uniform: got %v, want [0, 1)", -u)
		}
	}
}

func TestNoiseOfAProgramFollowsTheDistributions(t *testing.T) {
	out := tk.Graph(t, 3, func(s *model.Scope, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.MulScalar(s.Normal("n", 10000), 2), graph.MulScalar(s.Uniform("u", 10000), 2)}
	})
	tk.FitsCDF(t, "normal", out[0], func(x float64) float64 { return .5 * math.Erfc(-x/2/math.Sqrt2) })
	tk.FitsCDF(t, "uniform", out[1], func(x float64) float64 { return math.Min(1, math.Max(0, x/2)) })
}

func TestNoiseCanBeFixed(t *testing.T) {
	prog := model.NewProgram(tk.Params(t, dtypes.Float64), "fixed", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Sub(s.In("a").Normal("z", 1, 2), s.Uniform("u", 1, 2))}
	}).WithNoise(func(name string, dims []int) []float64 {
		if fmt.Sprint(dims) != "[1 2]" {
			t.Errorf("%s: got shape %v, want [1 2]", name, dims)
		}
		return map[string][]float64{"a/z": {5, 6}, "u": {1, 3}}[name]
	})
	if got := tk.Values(t, prog, rng.New(1))[0]; got[0] != 4 || got[1] != 3 {
		t.Errorf("got %v, want 4 and 3", got)
	}
	short := model.NewProgram(tk.Params(t, dtypes.Float64), "short", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Neg(s.Normal("z", 3))}
	}).WithNoise(func(string, []int) []float64 { return []float64{1} })
	if _, err := short.Run(rng.New(1)); err == nil {
		t.Error("one value for three draws: want an error")
	}
}

// TestEachShapeIsCompiledOnce: other numbers of rows share parameters, equal ones the graph.
func TestEachShapeIsCompiledOnce(t *testing.T) {
	builds := 0
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "rows", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		builds++
		return []*graph.Node{graph.ReduceSum(graph.Mul(in[0], graph.ExpandAxes(s.Param("w", model.Gaussian(1), 2), 0)), -1)}
	})
	w := func(n int) []float64 {
		x := make([]float64, 2*n)
		for i := range x {
			x[i] = 1
		}
		return tk.Values(t, prog, rng.Key{}, tk.Matrix(x, n, 2))[0]
	}
	first := w(3)
	for i, n := range []int{5, 3, 5, 1, 3} {
		out := w(n)
		if len(out) != n || out[0] != first[0] || out[n-1] != first[0] {
			t.Errorf("run %d with %d rows: got %v, want %v in each", i, n, out, first[0])
		}
	}
	if builds != 3 || p.Count() != 2 {
		t.Errorf("got %d graphs and %d parameters, want 3 and 2", builds, p.Count())
	}
}

func TestTrainingIsKnownToTheGraph(t *testing.T) {
	fn := func(s *model.Scope, in []*graph.Node) []*graph.Node {
		if s.Training() {
			return []*graph.Node{graph.MulScalar(in[0], 2)}
		}
		return []*graph.Node{graph.MulScalar(in[0], 3)}
	}
	p := tk.Params(t, dtypes.Float64)
	x := tk.Vector(1)
	if v := tk.Values(t, model.NewProgram(p, "train", fn).Training(), rng.Key{}, x)[0][0]; v != 2 {
		t.Errorf("training: got %v, want 2", v)
	}
	if v := tk.Values(t, model.NewProgram(p, "eval", fn), rng.Key{}, x)[0][0]; v != 3 {
		t.Errorf("evaluation: got %v, want 3", v)
	}
}

func TestTrainableListsUsedParametersInOrder(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.Import(t, p, model.Array{Name: "unused", Trainable: true, Data: []float64{1}})
	var names []string
	_, err := run(t, p, func(s *model.Scope) []*graph.Node {
		b := s.In("x").In("y").Param("b", model.Constant(1), 2)
		state := s.State("state", model.Constant(1), 2)
		a := s.Param("a", model.Constant(1), 2)
		again := s.In("x/y").Param("b", model.Constant(9), 2)
		if again != b {
			t.Error("one parameter has two nodes")
		}
		var nodes []*graph.Node
		names, nodes = s.Trainable()
		if len(nodes) != 2 || nodes[0] != b || nodes[1] != a {
			t.Errorf("got %d nodes, want b and a", len(nodes))
		}
		return []*graph.Node{graph.Add(graph.Add(a, b), state)}
	})
	if err != nil || !reflect.DeepEqual(names, []string{"x/y/b", "a"}) {
		t.Errorf("got %v, error %v, want x/y/b and a", names, err)
	}
}

// TestConcurrentRunsGiveTheSameBits starts 8 goroutines on a program that is not compiled
// yet, with two input shapes; every result is that of a run alone.
func TestConcurrentRunsGiveTheSameBits(t *testing.T) {
	fn := func(s *model.Scope, in []*graph.Node) []*graph.Node {
		w := s.Param("w", model.Gaussian(1), 16, 16)
		h := graph.Tanh(graph.Dot(in[0], w).Product())
		return []*graph.Node{graph.Add(h, s.Normal("z", in[0].Shape().Dimensions...))}
	}
	input := func(rows int) *tensors.Tensor {
		x := make([]float64, rows*16)
		rng.New(3).NormalFloat64(x)
		return tk.Matrix(x, rows, 16)
	}
	alone := model.NewProgram(tk.Params(t, dtypes.Float64), "alone", fn)
	want := map[string][]float64{}
	for _, rows := range []int{4, 33} {
		for seed := range uint64(4) {
			want[fmt.Sprint(rows, seed)] = tk.Values(t, alone, rng.New(seed), input(rows))[0]
		}
	}
	shared := model.NewProgram(tk.Params(t, dtypes.Float64), "shared", fn)
	same := input(33) // one tensor goes into many runs at once
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				rows, seed := []int{4, 33}[(i+j)%2], uint64((i*j)%4)
				x := same
				if rows == 4 {
					x = input(rows)
				}
				out, err := shared.Values(rng.New(seed), x)
				if err != nil {
					t.Error(err)
					return
				}
				if !reflect.DeepEqual(out[0], want[fmt.Sprint(rows, seed)]) {
					t.Errorf("goroutine %d, run %d: other bits than alone", i, j)
				}
			}
		})
	}
	wg.Wait()
}

// TestManyUpdatesFreeWhatTheyReplace trains one value for a while; a use of a freed buffer
// would be an error or a wrong value.
func TestManyUpdatesFreeWhatTheyReplace(t *testing.T) {
	p := tk.Params(t, dtypes.Float32)
	prog := model.NewProgram(p, "halve", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		w := s.Param("w", model.Constant(1024), 1000)
		s.Update("w", graph.Mul(w, in[0]))
		return []*graph.Node{graph.ReduceAllMean(w)}
	}).Training()
	for i := range 10 {
		res, err := prog.Run(rng.Key{}, model.Scalar(dtypes.Float32, .5))
		if err != nil {
			t.Fatal(err)
		}
		out, err := res.Floats()
		if want := 1024 / math.Pow(2, float64(i)); err != nil || out[0][0] != want {
			t.Errorf("step %d: got %v, error %v, want %v", i, out, err, want)
		}
	}
	for _, v := range values(t, p)["w"] {
		if v != 1 {
			t.Fatalf("got %v after ten halvings of 1024, want 1", v)
		}
	}
}
