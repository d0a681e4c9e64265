package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the path that every import of this module starts with.
const module = "github.com/elbo-go/elbo"

// source is one parsed Go file.
type source struct {
	path      string // relative to the module root, with slashes
	file      *ast.File
	fset      *token.FileSet
	lines     int // all lines
	solid     int // lines that are not blank, comments included
	test      bool
	generated bool
}

// pkg is the Go files of one directory, whatever their build constraints.
type pkg struct {
	path    string // relative to the module root; "." is the root package
	sources []*source
}

// main reports whether the directory holds a program.
func (p *pkg) main() bool {
	return slices.ContainsFunc(p.sources, func(s *source) bool { return !s.test && s.file.Name.Name == "main" })
}

// code lists the hand-written files that are not tests.
func (p *pkg) code() []*source {
	return slices.DeleteFunc(slices.Clone(p.sources), func(s *source) bool { return s.test || s.generated })
}

// tests lists the test files.
func (p *pkg) tests() []*source {
	return slices.DeleteFunc(slices.Clone(p.sources), func(s *source) bool { return !s.test })
}

// parseSource parses text as the file at path.
func parseSource(path string, text []byte) (*source, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	s := &source{path: path, file: f, fset: fset, test: strings.HasSuffix(path, "_test.go"), generated: ast.IsGenerated(f)}
	for line := range bytes.Lines(text) {
		s.lines++
		if len(bytes.TrimSpace(line)) > 0 {
			s.solid++
		}
	}
	return s, nil
}

// walkFiles calls visit for each file of the module at root: nested modules, trained runs,
// hidden folders other than .ci, and folders that Go ignores are left out.
func walkFiles(root string, visit func(rel string) error) error {
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if !d.IsDir() {
			return visit(rel)
		}
		if rel == "." {
			return nil
		}
		if rel == "runs" {
			return fs.SkipDir
		}
		if name := d.Name(); name != ".ci" && (name[0] == '.' || name[0] == '_') {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(file, "go.mod")); err == nil {
			return fs.SkipDir
		}
		return nil
	})
}

// loadTree parses every Go file of the module at root, in order of path.
func loadTree(root string) ([]*pkg, error) {
	byDir := map[string]*pkg{}
	var order []*pkg
	err := walkFiles(root, func(rel string) error {
		if path.Ext(rel) != ".go" || slices.Contains(strings.Split(rel, "/"), "testdata") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, rel))
		if err != nil {
			return err
		}
		s, err := parseSource(rel, text)
		if err != nil {
			return err
		}
		dir := path.Dir(rel)
		if byDir[dir] == nil {
			byDir[dir] = &pkg{path: dir}
			order = append(order, byDir[dir])
		}
		byDir[dir].sources = append(byDir[dir].sources, s)
		return nil
	})
	return order, err
}

// moduleRoot is the nearest folder upwards that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			err = fmt.Errorf("house: got no go.mod above the test, want the module root")
		}
		dir = up
	}
	return "", err
}

var rootOnce, treeOnce = sync.OnceValues(moduleRoot), sync.OnceValues(func() ([]*pkg, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	return loadTree(root)
})

// theRoot is the module root of the tree under test.
func theRoot(t *testing.T) string {
	t.Helper()
	root, err := rootOnce()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// theTree is the parsed tree under test.
func theTree(t *testing.T) []*pkg {
	t.Helper()
	tree, err := treeOnce()
	if err != nil {
		t.Fatal(err)
	}
	if len(tree) < 3 {
		t.Fatalf("got %d packages, want the whole module", len(tree))
	}
	return tree
}

// fake parses made-up files into a package; names ending in _test.go are tests.
func fake(t *testing.T, dir string, files map[string]string) *pkg {
	t.Helper()
	p := &pkg{path: dir}
	for name, text := range files {
		s, err := parseSource(path.Join(dir, name), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		p.sources = append(p.sources, s)
	}
	return p
}

// report fails the test with each violation, and prints the gate's figure either way.
func report(t *testing.T, violations []string, figure string, args ...any) {
	t.Helper()
	t.Logf(figure, args...)
	for _, v := range violations {
		t.Error(v)
	}
}

// wantReport fails unless exactly one violation is reported and it holds the words in want;
// with want empty nothing may be reported.
func wantReport(t *testing.T, got []string, want string) {
	t.Helper()
	if want == "" && len(got) > 0 {
		t.Errorf("got %q, want no violation", got)
	}
	if want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
		t.Errorf("got %q, want one violation that says %q", got, want)
	}
}
