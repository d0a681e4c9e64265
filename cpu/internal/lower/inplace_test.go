package lower_test

import (
	"testing"

	"github.com/gomlx/compute"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

// inPlace lists the parameters that the results of a graph take over.
func inPlace(t testing.TB, g *ir.Graph, o lower.Options) []int {
	var out []int
	for _, r := range lowered(t, g, o).Results {
		out = append(out, r.InPlace)
	}
	return out
}

// training is a step of gradient descent on x·w·v: the updates stand before reads of what they
// update.
func training() *ir.Graph {
	return graph(func(g *ir.Graph) []*ir.Value {
		w, v, x := parameter(g, f32, 6, 5), parameter(g, f32, 5, 4), parameter(g, f32, 3, 6)
		h := product(g, f32, x, w, matrix(x, 0))
		y := product(g, f32, h, v, matrix(h, 0))
		dv := product(g, f32, h, y, ir.Dot{LhsContract: []int{0}, RhsContract: []int{0}})
		newV := node(g, compute.OpTypeSub, nil, f32, []int{5, 4}, v, dv)
		dh := product(g, f32, y, v, ir.Dot{LhsContract: []int{1}, RhsContract: []int{1}})
		dw := product(g, f32, x, dh, ir.Dot{LhsContract: []int{0}, RhsContract: []int{0}})
		newW := node(g, compute.OpTypeSub, nil, f32, []int{6, 5}, w, dw)
		return []*ir.Value{newW, newV, y}
	})
}

func TestUpdatedParametersAreTakenOverAfterTheirLastReader(t *testing.T) {
	g := training()
	got := inPlace(t, g, lower.Options{})
	if got[0] != 0 || got[1] != 1 || got[2] != -1 {
		t.Errorf("got %v, want 0, 1 and none", got)
	}
	check(t, g)
}

func TestAParameterThatIsReadAfterwardsIsNotTakenOver(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 3, 3)
		y := like(g, compute.OpTypeExp, x)
		return []*ir.Value{y, like(g, compute.OpTypeAdd, x, y)}
	})
	// The sum reads x and what the first result becomes: only the sum may take x over.
	if got := inPlace(t, g, lower.Options{}); got[0] != -1 || got[1] != 0 {
		t.Errorf("got %v, want none and 0", got)
	}
	check(t, g)
}

func TestATransposedParameterIsNotOverwritten(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 3, 3)
		return []*ir.Value{like(g, compute.OpTypeAdd, x, transposed(g, x, 1, 0)), transposed(g, x, 1, 0)}
	})
	if got := inPlace(t, g, lower.Options{}); got[0] != -1 || got[1] != -1 {
		t.Errorf("got %v, want none", got)
	}
	check(t, g)
}

func TestEachParameterIsTakenOverOnce(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x, y := parameter(g, f32, 3, 3), parameter(g, f32, 3, 3)
		s := like(g, compute.OpTypeAdd, x, y)
		return []*ir.Value{like(g, compute.OpTypeNeg, s), like(g, compute.OpTypeExp, s), like(g, compute.OpTypeAbs, s)}
	})
	if got := inPlace(t, g, lower.Options{}); got[0] != 0 || got[1] != 1 || got[2] != -1 {
		t.Errorf("got %v, want 0, 1 and none", got)
	}
	check(t, g)
}

func TestAnUnchangedParameterKeepsItsMemory(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 3)
		return []*ir.Value{x, like(g, compute.OpTypeNeg, x)}
	})
	if got := inPlace(t, g, lower.Options{}); got[0] != 0 || got[1] != -1 {
		t.Errorf("got %v, want 0 and none", got)
	}
	check(t, g)
}

func TestAChainOfElementwiseStepsUsesOneBuffer(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 1000)
		for range 6 {
			x = like(g, compute.OpTypeTanh, x)
		}
		return []*ir.Value{x}
	})
	if p := lowered(t, g, lower.Options{}); p.Arena != 4032 {
		t.Errorf("arena: got %d bytes, want 4032:\n%v", p.Arena, p)
	}
	check(t, g)
}

// Graphs of a few square matrices: every operation reads earlier values, some transposed, and
// any value may be a result, so that all claims on memory meet each other.
func TestRandomGraphsAgreeWithTheStockEngine(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := &ir.Graph{Name: "random"}
		var values []*ir.Value
		for range rapid.IntRange(1, 4).Draw(r, "parameters") {
			values = append(values, parameter(g, f32, 4, 4))
		}
		pick := func() *ir.Value { return values[rapid.IntRange(0, len(values)-1).Draw(r, "value")] }
		for range rapid.IntRange(0, 12).Draw(r, "nodes") {
			x := pick()
			switch rapid.IntRange(0, 7).Draw(r, "op") {
			case 0:
				x = transposed(g, x, 1, 0)
			case 1:
				x = like(g, compute.OpTypeTanh, x)
			case 2:
				x = like(g, compute.OpTypeTanh, product(g, f32, x, pick(), matrix(x, 0)))
			case 3:
				x = reshaped(g, reshaped(g, x, 2, 8), 4, 4)
			case 4:
				x = node(g, compute.OpTypeReverse, ir.Axes{0}, f32, []int{4, 4}, x)
			default:
				x = like(g, compute.OpTypeSub, x, pick())
			}
			values = append(values, x)
		}
		for range rapid.IntRange(1, 4).Draw(r, "results") {
			g.Results = append(g.Results, pick())
		}
		check(t, g)
	})
}
