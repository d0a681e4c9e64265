package quant

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// levelSets are those that Mentzer et al. 2024, table 1, recommend, and odd ones beside them.
var levelSets = [][]int{{8, 6, 5}, {8, 5, 5, 5}, {7, 5, 5, 5, 5}, {8, 8, 8, 6, 5}, {8, 8, 8, 5, 5, 5}, {8, 8, 8}, {3}, {4}, {256}, {255, 3}, {16, 16, 16, 16}}

// counted returns the numbers 0 to n − 1.
func counted(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i)
	}
	return x
}

// Every number leads to its own code, and that code, as a feature, back to the number: up to 65,536
// of them, in float32 and float64, and the digits are those of whole-number division.
func TestNumbersAndCodesOfFiniteScalarsAreABijection(t *testing.T) {
	for _, levels := range levelSets {
		for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			f := Finite{Levels: levels}
			_, values, d := f.Size()
			prog := model.NewProgram(tk.Params(t, dtype), "bijection", func(s *model.Scope, in []*g.Node) []*g.Node {
				code := f.Lookup(s, g.ConvertDType(in[0], dtype))
				// The feature whose bounded value is the code: f⁻¹ of the whole numbers.
				inner := g.Div(g.Add(g.Mul(code, f.row(code, half)), f.row(code, o)), f.row(code, h))
				z := g.Sub(g.MulScalar(g.Log(g.Div(g.OnePlus(inner), g.OneMinus(inner))), .5), f.row(code, func(l int) float64 { return math.Atanh(o(l) / h(l)) }))
				out := f.Apply(s, z)
				return []*g.Node{code, out.Index, out.Codes}
			})
			out := tk.Values(t, prog, key, tk.Matrix(counted(values), values, 1))
			seen := map[string]bool{}
			for i := range values {
				rest := i
				for j, l := range levels {
					want := float64(rest%l-l/2) / float64(l/2)
					rest /= l
					if math.Abs(out[0][i*d+j]-want) > 1e-6 || math.Abs(out[2][i*d+j]-want) > 1e-6 {
						t.Fatalf("%v, %v: code %d: got %v and %v, want %v at %d", levels, dtype, i, out[0][i*d:(i+1)*d], out[2][i*d:(i+1)*d], want, j)
					}
				}
				if out[1][i] != float64(i) {
					t.Fatalf("%v, %v: code %d comes back as %v", levels, dtype, i, out[1][i])
				}
				seen[fmt.Sprint(out[0][i*d:(i+1)*d])] = true
			}
			if len(seen) != values {
				t.Errorf("%v: got %d different codes, want %d", levels, len(seen), values)
			}
		}
	}
}

// A sweep of a feature from −30 to 30 gives exactly L values, for every L.
func TestAChannelTakesExactlyItsNumberOfValues(t *testing.T) {
	const n = 24001
	x := make([]float64, n)
	for i := range x {
		x[i] = 60*float64(i)/(n-1) - 30
	}
	for l := 3; l <= MaxLevels; l += 1 + l/20 {
		f := Finite{Levels: []int{l}}
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			o := f.Apply(s, in[0])
			return []*g.Node{o.Index, o.Codes}
		}, tk.Matrix(x, n, 1))
		seen, before := map[float64]bool{}, -1.
		for i, v := range out[0] {
			if v < before {
				t.Fatalf("L = %d: number %v after %v: want them in order", l, v, before)
			}
			before = v
			seen[v] = true
			if c := out[1][i]; !(c >= -1 && c <= 1) {
				t.Fatalf("L = %d: code %v, want −1 to 1", l, c)
			}
		}
		if len(seen) != l {
			t.Errorf("L = %d: got %d values", l, len(seen))
		}
	}
}

// A grid of features over all channels reaches every code, Π L_i of them.
func TestAGridOfFeaturesReachesEveryCode(t *testing.T) {
	for _, levels := range [][]int{{8, 6, 5}, {8, 5, 5, 5}, {4, 3, 7}} {
		f := Finite{Levels: levels}
		_, values, d := f.Size()
		// The bound is steepest at its middle: steps of a tenth of a level, from where both ends are reached.
		var steps []float64
		for z := -6.; z <= 6; z += .1 {
			steps = append(steps, z)
		}
		grid := [][]float64{nil}
		for i := range d {
			// Of each channel the first place of each value, by a sweep of its own.
			one := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{Finite{Levels: levels[i : i+1]}.Apply(s, in[0]).Index}
			}, tk.Matrix(steps, len(steps), 1))[0]
			var firsts []float64
			for j, v := range one {
				if j == 0 || v != one[j-1] {
					firsts = append(firsts, steps[j])
				}
			}
			var next [][]float64
			for _, row := range grid {
				for _, z := range firsts {
					next = append(next, append(append([]float64(nil), row...), z))
				}
			}
			grid = next
		}
		var flat []float64
		for _, row := range grid {
			flat = append(flat, row...)
		}
		index := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{f.Apply(s, in[0]).Index}
		}, tk.Matrix(flat, len(grid), d))[0]
		reached := map[float64]bool{}
		for _, v := range index {
			reached[v] = true
		}
		if len(grid) != values || len(reached) != values {
			t.Errorf("%v: got %d codes from %d places, want %d", levels, len(reached), len(grid), values)
		}
	}
}

// The gradient of the code is that of the bounding function over ⌊L/2⌋, held to differences of it.
func TestTheGradientOfFiniteScalarsIsThatOfTheBound(t *testing.T) {
	levels := []int{3, 4, 5, 8, 11}
	f := Finite{Levels: levels, Refine: 2}
	z := normals(1, 40*5)
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		e := g.Const(s.Graph(), 1e-6)
		slope := g.DivScalar(g.Sub(f.Bound(g.Add(in[0], e)), f.Bound(g.Sub(in[0], e))), 2e-6)
		return []*g.Node{g.Gradient(g.ReduceAllSum(f.Apply(s, in[0]).Codes), in[0])[0], g.Div(slope, f.row(slope, half)), f.Bound(in[0])}
	}, tk.Matrix(z, 40, 5))
	same(t, "gradient", out[0], out[1], 1e-6)
	for i, b := range out[2] {
		l := levels[i%5]
		want := math.Tanh(z[i]+math.Atanh(o(l)/h(l)))*float64(l-1)*1.001/2 - .5*float64((l+1)%2)
		tk.Close(t, "bound", b, want, 1e-12)
	}
}

// With r numbers a feature the code is that of the bounded feature to within half a cell of L^r, every
// number of each level occurs, and the numbers lead to the code.
func TestRefinementsCutCellsAgain(t *testing.T) {
	const n = 4001
	for _, l := range []int{3, 4, 5, 8} {
		for r := 1; r <= 3; r++ {
			f := Finite{Levels: []int{l}, Refine: r}
			x := make([]float64, n)
			for i := range x {
				x[i] = 8*float64(i)/(n-1) - 4
			}
			out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
				o := f.Apply(s, in[0])
				return []*g.Node{o.Codes, o.Index, f.Lookup(s, o.Index), f.Bound(in[0])}
			}, tk.Matrix(x, n, 1))
			cell := math.Pow(float64(l), -float64(r-1)) / half(l)
			seen := make([]map[float64]bool, r)
			for i := range n {
				// The bound reaches ε(L−1)/2 beyond the last cell's middle, which stays in its cell.
				if d := math.Abs(out[0][i] - out[3][i]/half(l)); d > .5*cell+1e-9 {
					t.Fatalf("L = %d, %d numbers: feature %v is %v off, want half of %v", l, r, x[i], d, cell)
				}
				for j := range r {
					if seen[j] == nil {
						seen[j] = map[float64]bool{}
					}
					seen[j][out[1][i*r+j]] = true
				}
			}
			for j := range r {
				if len(seen[j]) != l {
					t.Errorf("L = %d: level %d: got %d numbers", l, j, len(seen[j]))
				}
			}
			same(t, "codes of the numbers", out[2], out[0], 1e-12)
		}
	}
	if count, values, d := (Finite{Levels: []int{8, 5}, Refine: 3}).Size(); count != 3 || values != 40 || d != 2 {
		t.Errorf("size: got %d, %d, %d", count, values, d)
	}
}
