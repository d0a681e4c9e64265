package bij_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// declared returns the package's exported types with the methods of a bijector, and its
// exported functions that are called New….
func declared(t *testing.T) (types, makers []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]int{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, f := range functions(t, name) {
			if f.Recv == nil {
				if strings.HasPrefix(f.Name.Name, "New") {
					makers = append(makers, f.Name.Name)
				}
				continue
			}
			recv := f.Recv.List[0].Type
			if star, ok := recv.(*ast.StarExpr); ok {
				recv = star.X
			}
			if slices.Contains([]string{"Forward", "Inverse", "Event"}, f.Name.Name) {
				methods[recv.(*ast.Ident).Name]++
			}
		}
	}
	for name, n := range methods {
		if n == 3 && ast.IsExported(name) {
			types = append(types, name)
		}
	}
	return types, makers
}

// functions returns the functions that a file declares.
func functions(t *testing.T, name string) (out []*ast.FuncDecl) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			out = append(out, f)
		}
	}
	return out
}

// collect notes the types of a map and of its parts.
func collect(seen map[string]bool, f bij.Bijector) {
	seen[strings.TrimPrefix(reflect.Indirect(reflect.ValueOf(f)).Type().String(), "bij.")] = true
	switch f := f.(type) {
	case bij.Invert:
		collect(seen, f.Of)
	case bij.Independent:
		collect(seen, f.Of)
	case bij.Chain:
		for _, p := range f {
			collect(seen, p)
		}
	}
}

func TestEveryBijectorIsInTheTable(t *testing.T) {
	types, makers := declared(t)
	seen := map[string]bool{}
	for _, e := range table {
		e.run(t, tk.Params(t, dtypes.Float64), nil, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
			collect(seen, f)
			return []*g.Node{x}
		})
	}
	for _, name := range types {
		if !seen[name] {
			t.Errorf("%s is in no row of the table", name)
		}
		delete(seen, name)
	}
	if len(seen) > 0 {
		t.Errorf("types that the source does not show: %v", slices.Collect(maps.Keys(seen)))
	}
	used := called(t, "table_test.go", "flows_table_test.go", "made_test.go", "flow_test.go")
	for _, name := range makers {
		if !used[name] {
			t.Errorf("%s makes no row of the table", name)
		}
	}
	if len(types) < 12 || len(makers) == 0 {
		t.Errorf("got %d types and %d makers: the source is not read", len(types), len(makers))
	}
	t.Logf("%d types, %d makers, %d rows", len(types), len(makers), len(table))
}

// called returns the names of bij's functions that files mention.
func called(t *testing.T, files ...string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := s.X.(*ast.Ident); ok && id.Name == "bij" {
					out[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	return out
}
