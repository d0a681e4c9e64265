package special

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// row is a function of this package at trainable arguments inside its domain, on both sides of
// the switches between its branches.
type row struct {
	name string
	of   func(s *model.Scope) *g.Node
}

func rowArgument(s *model.Scope) *g.Node    { return spread(s, "row", .3, 2.1, 1, 5) }
func columnArgument(s *model.Scope) *g.Node { return spread(s, "column", .7, 2.6, 3, 1) }

// unitArgument lies in (.1, .9).
func unitArgument(s *model.Scope, name string, dims ...int) *g.Node {
	return g.AddScalar(g.MulScalar(g.Logistic(spread(s, name, .01, 2.3, dims...)), .8), .1)
}

// signedArgument goes from −2.4 to 2.6.
func signedArgument(s *model.Scope) *g.Node {
	return g.AddScalar(g.MulScalar(g.Log(rowArgument(s)), 1.7), -.4)
}

// ofRow and ofSigned make rows of functions of one argument.
func ofRow(f func(x *g.Node) *g.Node) func(s *model.Scope) *g.Node {
	return func(s *model.Scope) *g.Node { return f(rowArgument(s)) }
}
func ofSigned(f func(x *g.Node) *g.Node) func(s *model.Scope) *g.Node {
	return func(s *model.Scope) *g.Node { return f(signedArgument(s)) }
}

// ofBoth makes rows of functions of two positive arguments.
func ofBoth(f func(x, y *g.Node) *g.Node) func(s *model.Scope) *g.Node {
	return func(s *model.Scope) *g.Node { return f(rowArgument(s), columnArgument(s)) }
}

// ofMatrices makes rows of functions of a triangular matrix and right-hand sides.
func ofMatrices(f func(l, b *g.Node) *g.Node) func(s *model.Scope) *g.Node {
	return func(s *model.Scope) *g.Node {
		return f(lower(s), s.Param("b", func(rng.Key, []int) []float64 { return normals(7, 24) }, 2, 4, 3))
	}
}

var registry = []row{
	{"Lgamma", ofRow(Lgamma)},
	{"Digamma", ofRow(Digamma)},
	{"Trigamma", ofRow(Trigamma)},
	{"Tetragamma", ofRow(Tetragamma)},
	{"LogBeta", ofBoth(LogBeta)},
	{"LogMultiGamma", ofRow(func(x *g.Node) *g.Node { return LogMultiGamma(g.AddScalar(x, 1), 3) })},
	{"MultiDigamma", ofRow(func(x *g.Node) *g.Node { return MultiDigamma(g.AddScalar(x, 1), 3) })},
	{"digammaStep", ofBoth(digammaStep)},
	{"GammaP", ofBoth(GammaP)},
	{"GammaQ", ofBoth(func(x, y *g.Node) *g.Node { return GammaQ(y, x) })},
	{"BetaInc", func(s *model.Scope) *g.Node {
		return BetaInc(rowArgument(s), columnArgument(s), unitArgument(s, "x", 3, 5))
	}},
	{"BetaIncLogit", func(s *model.Scope) *g.Node {
		return BetaIncLogit(rowArgument(s), columnArgument(s), s.Param("l", func(rng.Key, []int) []float64 { return normals(11, 15) }, 3, 5))
	}},
	{"Ndtr", ofSigned(Ndtr)},
	{"LogNdtr", ofSigned(LogNdtr)},
	{"Ndtri", func(s *model.Scope) *g.Node { return Ndtri(unitArgument(s, "p", 6)) }},
	{"Erfinv", func(s *model.Scope) *g.Node {
		return Erfinv(g.AddScalar(g.MulScalar(unitArgument(s, "p", 6), 2), -1))
	}},
	{"LogBesselI0", ofRow(LogBesselI0)},
	{"LogBesselI", ofRow(func(x *g.Node) *g.Node { return LogBesselI(2.5, x) })},
	{"BesselRatio", ofRow(func(x *g.Node) *g.Node { return BesselRatio(1, x) })},
	{"BesselRatio of order 3.5", ofRow(func(x *g.Node) *g.Node { return BesselRatio(3.5, x) })},
	{"Softplus", ofSigned(Softplus)},
	{"LogSigmoid", ofSigned(LogSigmoid)},
	{"Expm1", ofSigned(Expm1)},
	{"Log1mExp", ofRow(Log1mExp)},
	{"LogExprel", ofSigned(LogExprel)},
	{"LogExprel near 0", ofSigned(func(x *g.Node) *g.Node { return LogExprel(g.MulScalar(x, .1)) })},
	{"LogSumExp", func(s *model.Scope) *g.Node { return LogSumExp(signedArgument(s), -1) }},
	{"SumDims", func(s *model.Scope) *g.Node { return SumDims(g.Square(signedArgument(s))) }},
	{"Rsqrt", ofRow(Rsqrt)},
	{"Clamp", ofSigned(func(x *g.Node) *g.Node { return g.Mul(x, Clamp(x, -.7, .8)) })},
	{"Atan2", func(s *model.Scope) *g.Node { return Atan2(signedArgument(s), columnArgument(s)) }},
	{"Product", func(s *model.Scope) *g.Node { return Product(signedArgument(s), -1) }},
	{"Cholesky", func(s *model.Scope) *g.Node { return Cholesky(positive(s, 2, 5)) }},
	{"LogDetTri", func(s *model.Scope) *g.Node { return LogDetTri(Cholesky(positive(s, 2, 3))) }},
	{"TriSolve", ofMatrices(func(l, b *g.Node) *g.Node { return TriSolve(l, b, false) })},
	{"TriSolve of the transpose", ofMatrices(func(l, b *g.Node) *g.Node { return TriSolve(l, b, true) })},
}

// weighed is a scalar in which all elements of y count differently.
func weighed(y *g.Node, seed uint64) *g.Node {
	w := g.ConstAsDType(y.Graph(), y.DType(), normals(seed, y.Shape().Size()))
	return g.ReduceAllSum(g.Mul(g.Reshape(y, -1), w))
}

// TestEveryFunctionHasARow: an exported function that is in no row would go untested.
func TestEveryFunctionHasARow(t *testing.T) {
	rows := map[string]bool{
		"ScalarLike":    true, // a constant
		"ImplicitGamma": true, // a draw, whose value is not moved: see implicit_test.go
	}
	for _, r := range registry {
		rows[strings.Fields(r.name)[0]] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
				if found++; !rows[f.Name.Name] {
					t.Errorf("%s: %s has no row in the registry", name, f.Name.Name)
				}
			}
		}
	}
	if found < 25 {
		t.Errorf("got %d exported functions, want the 25 or more of this package", found)
	}
}
