package dist_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// distributions lists the exported types of the package's source that have a method LogProb.
func distributions(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if name, ok := receiver(decl); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// receiver is the exported type that a declaration gives a method LogProb.
func receiver(decl ast.Decl) (string, bool) {
	fn, ok := decl.(*ast.FuncDecl)
	if !ok || fn.Recv == nil || fn.Name.Name != "LogProb" {
		return "", false
	}
	typ := fn.Recv.List[0].Type
	if p, ok := typ.(*ast.StarExpr); ok {
		typ = p.X
	}
	id, ok := typ.(*ast.Ident)
	return id.Name, ok && id.IsExported()
}

// TestEveryDistributionIsInATable: a type with a log-density is in families or, as an entry of
// elsewhere says, in another table of this package.
func TestEveryDistributionIsInATable(t *testing.T) {
	tested := slices.Clone(elsewhere)
	for _, f := range families {
		tested = append(tested, f.typeName())
	}
	names := distributions(t)
	if len(names) < 5 {
		t.Fatalf("got %d distributions, want at least 5", len(names))
	}
	for _, name := range names {
		if !slices.Contains(tested, name) {
			t.Errorf("dist.%s is in no table: append it to families in an init, or to elsewhere from its own table", name)
		}
	}
}

// TestEveryKLIsInATable: a registered pair is in klCases or elsewhere.
func TestEveryKLIsInATable(t *testing.T) {
	tested := slices.Clone(elsewhere)
	for _, c := range klCases {
		tested = append(tested, named(c.q).typeName()+" ‖ "+named(c.p).typeName())
	}
	if len(dist.KLNames()) < 3 {
		t.Fatalf("got %d pairs, want at least 3", len(dist.KLNames()))
	}
	for _, pair := range dist.KLNames() {
		if pair = strings.ReplaceAll(pair, "dist.", ""); !slices.Contains(tested, pair) {
			t.Errorf("%s is in no table: append it to klCases in an init, or to elsewhere from its own table", pair)
		}
	}
}

// TestFamiliesDeclareTheirParameters: names, nodes and sets agree with the type's fields.
func TestFamiliesDeclareTheirParameters(t *testing.T) {
	for _, f := range families {
		tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			d := f.fixed(s, f.smooth[0], 2)
			typ := reflect.TypeOf(d)
			if typ.Name() != f.typeName() {
				t.Errorf("family %s makes a %s", f.name, typ.Name())
			}
			declared, ok := d.(dist.Declared)
			if !ok {
				t.Errorf("%s says neither its support nor its parameters", f.name)
				return []*g.Node{d.Mean()}
			}
			if discrete := declared.Support().Discrete(); dist.EventRank(d) != 0 || (discrete && f.values == nil) {
				t.Errorf("%s: rank %d, discrete %v: want numbers, with values where discrete", f.name, dist.EventRank(d), discrete)
			}
			if len(declared.Parameters()) == 0 {
				t.Errorf("%s has no parameters", f.name)
			}
			for _, p := range declared.Parameters() {
				field := reflect.ValueOf(d).FieldByName(p.Name)
				if !field.IsValid() || field.Interface() != any(p.Node) {
					t.Errorf("%s: parameter %s is not the field of that name", f.name, p.Name)
				}
			}
			return []*g.Node{g.ReduceAllSum(d.Variance())}
		})
	}
}

// TestParametersBroadcast: any parameter may be a scalar beside others that are not.
func TestParametersBroadcast(t *testing.T) {
	for _, f := range families {
		p := f.smooth[0]
		for scalar := range p {
			if len(p) == 1 {
				break
			}
			out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
				var all []*g.Node
				for _, some := range []bool{false, true} {
					nodes := make([]*g.Node, len(p))
					for j, v := range p {
						nodes[j] = g.Scalar(s.Graph(), s.DType(), v)
						if !some || j != scalar {
							nodes[j] = g.BroadcastToDims(nodes[j], 2, 3)
						}
					}
					d := f.make(nodes)
					x := g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), f.datum(p, 0)), 4, 2, 3)
					all = append(all, d.LogProb(x), d.Mean(), d.Variance(), d.Sample(s.In(fmt.Sprint(some)), "x", 4))
					if e, ok := d.(dist.Entropic); ok {
						all = append(all, e.Entropy())
					}
				}
				for i, x := range all {
					all[i] = g.Neg(g.Neg(x))
				}
				return all
			})
			half := len(out) / 2
			for i, full := range out[:half] {
				if want := []int{24, 6, 6, 24, 6}[i]; len(full) != want || len(out[half+i]) != want {
					t.Errorf("%s, parameter %d a scalar: output %d: got %d values, want %d", f.name, scalar, i, len(out[half+i]), want)
				} else if i != 3 && !math.IsNaN(full[5]) {
					tk.Close(t, fmt.Sprint(f.name, ", parameter ", scalar, " a scalar: output ", i), out[half+i][5], full[5], 1e-14)
				}
			}
		}
	}
}

// TestLogProbInFloat32 is never NaN, and at ordinary points that of float64 to 3e-5, which is
// the precision of a sum of a dozen terms of order 1 to 10.
func TestLogProbInFloat32(t *testing.T) {
	for _, f := range families {
		xs, params := f.points()
		for i, v := range f.single(t, xs, params) {
			if math.IsNaN(v) {
				t.Errorf("%s%v: ln p(%v) in float32 is NaN", f.name, params[i], xs[i])
			}
		}
		xs = nil
		for i, p := range f.smooth {
			xs = append(xs, f.datum(p, i))
		}
		want := f.evaluate(t, xs, f.smooth, logProbOf)
		for i, v := range f.single(t, xs, f.smooth) {
			tk.Close(t, fmt.Sprint(f.name, f.smooth[i], " in float32"), v, want[i], 3e-5)
		}
	}
}

// single computes log-densities in float32.
func (f family) single(t *testing.T, xs []float64, params [][]float64) []float64 {
	t.Helper()
	p := model.NewProgram(tk.Params(t, dtypes.Float32), "single", func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.Neg(g.Neg(f.make(in[1:]).LogProb(in[0])))}
	})
	narrow := func(column func(i int) float64) *tensors.Tensor {
		out := make([]float32, len(xs))
		for i := range out {
			out[i] = float32(column(i))
		}
		return model.Tensor(dtypes.Float32, out, len(xs))
	}
	in := []*tensors.Tensor{narrow(func(i int) float64 { return xs[i] })}
	for j := range params[0] {
		in = append(in, narrow(func(i int) float64 { return params[i][j] }))
	}
	return tk.Values(t, p, rng.New(1), in...)[0]
}
