package special

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/backend"
)

// table holds reference values of a function of one or more arguments and its derivatives.
type table struct {
	X [][]float64 `json:"x"` // arguments, one row a point
	Y []float64   `json:"y"` // values
	D [][]float64 `json:"d"` // derivatives with respect to the arguments, in order
}

// readTable returns one table of a file of testdata, which tables.py wrote.
func readTable(t *testing.T, file, name string) table {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]table
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all[name].X) == 0 {
		t.Fatalf("%s.json has no table %s", file, name)
	}
	return all[name]
}

// bars are the largest errors that a table allows, relative to max(|want|, Floor).
type bars struct{ value, slope, floor float64 }

// holds compares a function of a row of arguments with its table in one type.
func (tab table) holds(t *testing.T, name string, dtype dtypes.DType, bar bars, f func(x []*g.Node) *g.Node) {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	n := len(tab.X[0])
	in := make([][]float64, n)
	for _, row := range tab.X {
		for i, v := range row {
			in[i] = append(in[i], v)
		}
	}
	out, err := g.MustNewExec(b, func(all *g.Node) []*g.Node {
		xs := make([]*g.Node, n)
		for i := range xs {
			xs[i] = g.ConvertDType(g.Squeeze(g.Slice(all, g.AxisElem(i), g.AxisRange()), 0), dtype)
		}
		y := f(xs)
		nodes := []*g.Node{g.ConvertDType(y, dtypes.Float64)}
		for _, d := range g.Gradient(g.ReduceAllSum(y), xs...) {
			nodes = append(nodes, g.ConvertDType(d, dtypes.Float64))
		}
		return nodes
	}).Call(in)
	if err != nil {
		t.Fatal(err)
	}
	worst := make([]float64, n+1)
	for k := range out {
		for i, got := range tensors.MustCopyFlatData[float64](out[k]) {
			want, tol := tab.Y[i], bar.value
			if k > 0 {
				want, tol = tab.D[i][k-1], bar.slope
			}
			if dtype == dtypes.Float32 && (math.Abs(want) > 1e38 || math.Abs(want) < 1e-37) {
				continue // outside the range of the type
			}
			e := math.Abs(got-want) / math.Max(math.Abs(want), bar.floor)
			if want == got {
				e = 0
			}
			worst[k] = math.Max(worst[k], e)
			if !(e <= tol) {
				t.Errorf("%s%v in %v, output %d: got %v, want %v (error %.1e)", name, tab.X[i], dtype, k, got, want, e)
			}
		}
	}
	t.Logf("%s in %v: largest error of value and derivatives %.1e", name, dtype, worst)
}

// TestGammaFunctions: the floors are for the zeros, where a relative error has no meaning: of
// ln Γ and ψ near 1, 2 and 1.46, and of derivatives that vanish against ln b.
func TestGammaFunctions(t *testing.T) {
	one := func(f func(x *g.Node) *g.Node) func([]*g.Node) *g.Node {
		return func(x []*g.Node) *g.Node { return f(x[0]) }
	}
	for _, c := range []struct {
		name     string
		f        func(x []*g.Node) *g.Node
		f64, f32 bars
	}{
		{"Lgamma", one(Lgamma), bars{1e-14, 1e-14, 1e-4}, bars{2e-6, 2e-6, .1}},
		{"Digamma", one(Digamma), bars{1e-14, 1e-14, 1e-2}, bars{2e-6, 2e-6, .1}},
		{"Trigamma", one(Trigamma), bars{1e-14, 1e-14, 0}, bars{2e-6, 2e-6, 0}},
		{"LogBeta", func(x []*g.Node) *g.Node { return LogBeta(x[0], x[1]) }, bars{1e-13, 1e-12, 1e-2}, bars{4e-6, 4e-6, .1}},
	} {
		tab := readTable(t, "gamma", c.name)
		tab.holds(t, c.name, dtypes.Float64, c.f64, c.f)
		tab.holds(t, c.name, dtypes.Float32, c.f32, c.f)
	}
}

// vectors turns rows of values into tensors.
func vectors(rows ...[]float64) []*tensors.Tensor {
	out := make([]*tensors.Tensor, len(rows))
	for i, r := range rows {
		out[i] = tensors.FromValue(r)
	}
	return out
}
