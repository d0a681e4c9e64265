package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// maxModel is the limit in lines of a file that registers a model.
const maxModel = 150

// zoo are the packages whose files register models by vae.Register(vae.Spec{Name: …}), or without the
// name of the package in its own room.
const zoo = "vae/..."

// registered lists the names of the models that a file registers.
func registered(s *source) (names []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		spec, lit := call.Args[0].(*ast.CompositeLit)
		if !lit || called(call.Fun) != "Register" {
			return true
		}
		for _, e := range spec.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Name" {
					names = append(names, literals(kv.Value)...)
				}
			}
		}
		return true
	})
	return names
}

// called is the name of a function, without that of its package.
func called(fun ast.Expr) string {
	switch fn := fun.(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		if p, ok := fn.X.(*ast.Ident); ok && p.Name == "vae" {
			return fn.Sel.Name
		}
	}
	return ""
}

// literals lists the strings among expressions.
func literals(exprs ...ast.Expr) (out []string) {
	for _, e := range exprs {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if v, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, v)
			}
		}
	}
	return out
}

// checkModels lists the files of models that are too long, and the places where code asks for a model
// by its name instead of by what it can do.
func checkModels(tree []*pkg) (models []string, bad []string) {
	for _, p := range tree {
		for _, s := range p.code() {
			if names := registered(s); matches([]string{zoo}, p.path) && len(names) > 0 {
				models = append(models, names...)
				if s.lines > maxModel {
					bad = append(bad, fmt.Sprintf("%s: got %d lines, want a model in at most %d", s.path, s.lines, maxModel))
				}
			}
		}
	}
	for _, p := range tree {
		for _, s := range p.code() {
			bad = append(bad, asked(s, models)...)
		}
	}
	return models, bad
}

// asked lists the comparisons with a model's name.
func asked(s *source, models []string) (bad []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		var names []string
		switch n := n.(type) {
		case *ast.CaseClause:
			names = literals(n.List...)
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				names = literals(n.X, n.Y)
			}
		}
		for _, name := range names {
			if slices.Contains(models, name) {
				bad = append(bad, fmt.Sprintf("%s:%d: compares with the name of the model %s, want a field of its Spec or an ability", s.path, s.fset.Position(n.Pos()).Line, name))
			}
		}
		return true
	})
	return bad
}

func TestModelsAreShortAndNobodyAsksTheirNames(t *testing.T) {
	models, bad := checkModels(theTree(t))
	report(t, bad, "models %d, files and comparisons to mend %d", len(models), len(bad))
	if len(models) < 30 {
		t.Errorf("got %d models, want those of the zoo", len(models))
	}
}

func TestLongModelsAndQuestionsForNamesAreNoticed(t *testing.T) {
	model := "package vae\nfunc init() {\n\tRegister(Spec{Name: \"x-vae\"})\n}\n"
	check := func(files map[string]string, want string) {
		t.Helper()
		_, bad := checkModels([]*pkg{fake(t, "vae", files)})
		wantReport(t, bad, want)
	}
	check(map[string]string{"x.go": model}, "")
	check(map[string]string{"x.go": model + body("l", maxModel)}, "x.go: got 154 lines")
	check(map[string]string{"x.go": model, "y.go": "package vae\nfunc f(s string) bool { return s == \"x-vae\" }\n"}, "y.go:2: compares")
	check(map[string]string{"x.go": model, "y.go": "package vae\nfunc f(s string) {\n\tswitch s {\n\tcase \"x-vae\":\n\t}\n}\n"}, "y.go:4: compares")
	check(map[string]string{"x.go": model, "y.go": "package vae\nfunc f(s string) bool { return s == \"other\" }\n"}, "")
	room := "package codes\nfunc init() {\n\tvae.Register(vae.Spec{Name: \"y-vae\"})\n}\nfunc f(s string) bool { return s == \"y-vae\" }\n"
	_, bad := checkModels([]*pkg{fake(t, "vae/codes", map[string]string{"y.go": room})})
	wantReport(t, bad, "y.go:5: compares")
}
