package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// coverage counts exported identifiers and lists those without a comment.
type coverage struct {
	exported int
	missing  []string
}

// note counts one identifier.
func (c *coverage) note(s *source, id *ast.Ident, name string, documented bool) {
	c.exported++
	if !documented {
		c.missing = append(c.missing, fmt.Sprintf("%s:%d: %s has no comment", s.path, s.fset.Position(id.Pos()).Line, name))
	}
}

// says reports whether one of the comments holds words, directives aside.
func says(groups ...*ast.CommentGroup) bool {
	for _, g := range groups {
		if strings.TrimSpace(g.Text()) != "" {
			return true
		}
	}
	return false
}

// checkDocs measures the comments of a package's exported identifiers: functions, types,
// methods of exported types, constants and variables (alone or as a group), the fields of
// exported structs and the methods of exported interfaces.
func checkDocs(p *pkg) (c coverage) {
	if p.main() {
		return c
	}
	for _, s := range p.code() {
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if name, ok := exportedFunc(d); ok {
					c.note(s, d.Name, name, says(d.Doc))
				}
			case *ast.GenDecl:
				c.group(s, d)
			}
		}
	}
	return c
}

// exportedFunc names a function that can be called from outside.
func exportedFunc(d *ast.FuncDecl) (string, bool) {
	if !d.Name.IsExported() {
		return "", false
	}
	if d.Recv == nil {
		return d.Name.Name, true
	}
	recv := d.Recv.List[0].Type
	for {
		switch r := recv.(type) {
		case *ast.StarExpr:
			recv = r.X
		case *ast.IndexExpr:
			recv = r.X
		case *ast.IndexListExpr:
			recv = r.X
		case *ast.Ident:
			return r.Name + "." + d.Name.Name, r.IsExported()
		default:
			return "", false
		}
	}
}

// group measures one declaration of types, constants or variables.
func (c *coverage) group(s *source, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, id := range spec.Names {
				if id.IsExported() {
					c.note(s, id, id.Name, says(d.Doc, spec.Doc, spec.Comment))
				}
			}
		case *ast.TypeSpec:
			if !spec.Name.IsExported() {
				continue
			}
			alone := d.Doc
			if d.Lparen != token.NoPos {
				alone = nil // a group's comment does not describe each of its types
			}
			c.note(s, spec.Name, spec.Name.Name, says(alone, spec.Doc, spec.Comment))
			c.members(s, spec, alone.Text()+spec.Doc.Text())
		}
	}
}

// members measures the fields or methods inside a type. A comment above covers the lines
// that follow it without a gap; a method of an interface may be named in the type's comment.
func (c *coverage) members(s *source, spec *ast.TypeSpec, above string) {
	var list *ast.FieldList
	named := func(string) bool { return false }
	switch typ := spec.Type.(type) {
	case *ast.StructType:
		list = typ.Fields
	case *ast.InterfaceType:
		list = typ.Methods
		named = func(id string) bool { return regexp.MustCompile(`\b` + id + `\b`).MatchString(above) }
	default:
		return
	}
	covered, last := false, -1
	for _, f := range list.List {
		covered = says(f.Doc) || covered && s.fset.Position(f.Pos()).Line == last+1
		for _, id := range f.Names {
			if id.IsExported() {
				c.note(s, id, spec.Name.Name+"."+id.Name, covered || says(f.Comment) || named(id.Name))
			}
		}
		last = s.fset.Position(f.End()).Line
	}
}

// checkPackageComment lists the package when no file says what it is for.
func checkPackageComment(p *pkg) []string {
	for _, s := range p.sources {
		if says(s.file.Doc) && (!s.test || len(p.code()) == 0) {
			return nil
		}
	}
	return []string{p.path + ": no package comment"}
}

func TestExportedIdentifiersAreDocumented(t *testing.T) {
	var all coverage
	for _, p := range theTree(t) {
		c := checkDocs(p)
		all.exported += c.exported
		all.missing = append(all.missing, c.missing...)
	}
	report(t, all.missing, "exported identifiers %d, documented %d", all.exported, all.exported-len(all.missing))
}

func TestPackagesAreDocumented(t *testing.T) {
	var bad []string
	tree := theTree(t)
	for _, p := range tree {
		bad = append(bad, checkPackageComment(p)...)
	}
	report(t, bad, "packages %d, documented %d", len(tree), len(tree)-len(bad))
}

func TestUndocumentedIdentifiersAreNoticed(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"func F() {}", "F has no comment"},
		{"// F is f.\nfunc F() {}", ""},
		{"//go:noinline\nfunc F() {}", "F has no comment"},
		{"func f() {}", ""},
		{"// T is t.\ntype T int\nfunc (T) M() {}", "T.M has no comment"},
		{"// T is t.\ntype T[K any] struct{}\nfunc (*T[K]) M() {}", "T.M has no comment"},
		{"type t int\nfunc (t) M() {}", ""},
		{"type T int", "T has no comment"},
		{"// Things.\ntype (\n\tT int\n)", "T has no comment"},
		{"const C = 1", "C has no comment"},
		{"const C = 1 // unit", ""},
		{"// Limits of x.\nconst (\n\tC = 1\n\tD = 2\n)", ""},
		{"var (\n\tx = 1\n\tV = 2\n)", "V has no comment"},
		{"// T is t.\ntype T struct {\n\tA int\n\tb int\n}", "T.A has no comment"},
		{"// T is t.\ntype T struct {\n\tA int // of one\n}", ""},
		{"// T is t.\ntype T struct {\n\t// A and B are ends.\n\tA int\n\tB int\n}", ""},
		{"// T is t.\ntype T struct {\n\t// A is one end.\n\tA int\n\n\tB int\n}", "T.B has no comment"},
		{"// T is t.\ntype T interface{ M() }", "T.M has no comment"},
		{"// T can M.\ntype T interface{ M() }", ""},
	} {
		got := checkDocs(fake(t, "p", map[string]string{"p.go": "package p\n\n" + c.code + "\n"}))
		wantReport(t, got.missing, c.want)
	}
	if got := checkDocs(fake(t, "p", map[string]string{"p.go": "package main\n\nfunc F() {}\n"})); got.exported != 0 {
		t.Errorf("got %d identifiers in a program, want them left out", got.exported)
	}
	gen := "// Code generated by x. DO NOT EDIT.\n\npackage p\n\nfunc F() {}\n"
	if got := checkDocs(fake(t, "p", map[string]string{"p.go": gen})); got.exported != 0 {
		t.Errorf("got %d identifiers in a generated file, want them left out", got.exported)
	}
}

func TestMissingPackageCommentIsNoticed(t *testing.T) {
	bare := map[string]string{"p.go": "package p\n", "p_test.go": "// Package p is tested.\npackage p\n"}
	wantReport(t, checkPackageComment(fake(t, "p", bare)), "p: no package comment")
	with := map[string]string{"p.go": "package p\n", "doc.go": "// Package p is p.\npackage p\n"}
	wantReport(t, checkPackageComment(fake(t, "p", with)), "")
}
