package house

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// Limits in lines.
const (
	maxFile   = 500
	shortFunc = 40 // nine functions in ten are at most this long
	maxFunc   = 100
)

// checkFileSize lists hand-written files over the limit; longest is the longest of all.
func checkFileSize(p *pkg) (longest int, bad []string) {
	for _, s := range p.code() {
		longest = max(longest, s.lines)
		if s.lines > maxFile {
			bad = append(bad, fmt.Sprintf("%s: got %d lines, want at most %d", s.path, s.lines, maxFile))
		}
	}
	return longest, bad
}

// lengths counts the functions of a package, and those that are not short.
type lengths struct{ funcs, long, longest int }

// checkFuncSize measures functions from their first line to their closing brace, outside tests.
func checkFuncSize(p *pkg) (n lengths, bad []string) {
	var longNames []string
	for _, s := range p.code() {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
			where := fmt.Sprintf("%s:%d: %s", s.path, s.fset.Position(f.Pos()).Line, f.Name.Name)
			n.funcs++
			n.longest = max(n.longest, lines)
			if lines > shortFunc {
				n.long++
				longNames = append(longNames, fmt.Sprintf("%s (%d)", where, lines))
			}
			if lines > maxFunc {
				bad = append(bad, fmt.Sprintf("%s: got %d lines, want at most %d", where, lines, maxFunc))
			}
		}
	}
	if 10*n.long > n.funcs {
		bad = append(bad, fmt.Sprintf("%s: got %d of %d functions over %d lines, want at most one in ten: %s",
			p.path, n.long, n.funcs, shortFunc, strings.Join(longNames, ", ")))
	}
	return n, bad
}

// checkTestSize compares the lines of tests with the lines they test, blank ones left out.
func checkTestSize(p *pkg) (code, tests int, bad []string) {
	if p.main() || matches([]string{"cmd/...", "internal/house"}, p.path) {
		return 0, 0, nil
	}
	for _, s := range p.code() {
		code += s.solid
	}
	for _, s := range p.tests() {
		tests += s.solid
	}
	if tests < code {
		bad = []string{fmt.Sprintf("%s: got %d lines of tests for %d lines of code, want at least as many", p.path, tests, code)}
	}
	return code, tests, bad
}

func TestFilesAreShort(t *testing.T) {
	files, longest, bad := 0, 0, []string(nil)
	for _, p := range theTree(t) {
		n, more := checkFileSize(p)
		files, longest, bad = files+len(p.code()), max(longest, n), append(bad, more...)
	}
	report(t, bad, "files %d, longest %d lines, over %d lines %d", files, longest, maxFile, len(bad))
}

func TestFunctionsAreShort(t *testing.T) {
	var all lengths
	var bad []string
	for _, p := range theTree(t) {
		n, more := checkFuncSize(p)
		all = lengths{all.funcs + n.funcs, all.long + n.long, max(all.longest, n.longest)}
		bad = append(bad, more...)
	}
	report(t, bad, "functions %d, at most %d lines %d, longest %d", all.funcs, shortFunc, all.funcs-all.long, all.longest)
}

func TestTestsAreAsLongAsTheCode(t *testing.T) {
	code, tests, bad := 0, 0, []string(nil)
	for _, p := range theTree(t) {
		c, n, more := checkTestSize(p)
		code, tests, bad = code+c, tests+n, append(bad, more...)
	}
	report(t, bad, "lines of code %d, lines of tests %d, packages short of tests %d", code, tests, len(bad))
}

// body is a function of the given length in lines.
func body(name string, lines int) string {
	return "func " + name + "() {\n" + strings.Repeat("\t_ = 0\n", lines-2) + "}\n"
}

func TestLongFilesAndFunctionsAreNoticed(t *testing.T) {
	file := func(text string) *pkg { return fake(t, "p", map[string]string{"p.go": "package p\n" + text}) }
	check := func(p *pkg, want string) {
		t.Helper()
		_, bad := checkFileSize(p)
		_, more := checkFuncSize(p)
		wantReport(t, slices.Concat(bad, more), want)
	}
	check(file(strings.Repeat("// x\n", maxFile-1)), "")
	check(file(strings.Repeat("// x\n", maxFile)), "p/p.go: got 501 lines")
	short := strings.Repeat(body("s", shortFunc), 9)
	check(file(short+body("l", maxFunc)), "")
	check(file(short+body("l", maxFunc+1)), "p/p.go:362: l: got 101 lines")
	check(file(short+body("l", shortFunc+1)), "")
	check(file(short[:len(short)*8/9]+body("l", shortFunc+1)), "1 of 9 functions")
	check(fake(t, "p", map[string]string{"p_test.go": "package p\n" + body("l", 600)}), "")
}

func TestThinTestsAreNoticed(t *testing.T) {
	check := func(dir string, code, tests int, want string) {
		t.Helper()
		_, _, bad := checkTestSize(fake(t, dir, map[string]string{
			"p.go":      "package p\n" + strings.Repeat("// x\n", code),
			"p_test.go": "package p\n\n\n" + strings.Repeat("// x\n", tests),
		}))
		wantReport(t, bad, want)
	}
	check("p", 9, 9, "")
	check("p", 9, 8, "p: got 9 lines of tests for 10")
	check("cmd/elbo", 9, 8, "")
}
