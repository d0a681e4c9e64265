package house

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// required lists the modules that a go.mod requires, directly or not, and the longest first,
// so that the first that holds an import is the one it comes from.
func required(gomod string) (modules []string) {
	for line := range strings.Lines(gomod) {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(f) >= 2 && strings.Contains(f[0], ".") && strings.HasPrefix(f[1], "v") {
			modules = append(modules, f[0])
		}
	}
	slices.SortFunc(modules, func(a, b string) int { return len(b) - len(a) })
	return modules
}

// directDeps lists the modules that the packages import themselves, tests included.
func directDeps(modules []string, graphs ...graph) []string {
	used := map[string]bool{}
	for _, g := range graphs {
		for _, imports := range g {
			for _, imp := range imports {
				for _, m := range modules {
					if imp == m || strings.HasPrefix(imp, m+"/") {
						used[m] = true
						break
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// checkDepsExplained lists the modules that have no line of their own: "- `module`: what for".
func checkDepsExplained(deps []string, contributing string) (bad []string) {
	for _, dep := range deps {
		if !strings.Contains(contributing, "\n- `"+dep+"`: ") {
			bad = append(bad, fmt.Sprintf("CONTRIBUTING.md: got no line that says what %s is for", dep))
		}
	}
	return bad
}

func TestDependenciesAreExplained(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(theRoot(t), name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	tree := theTree(t)
	deps := directDeps(required(read("go.mod")), importsOf(t, tree, false), importsOf(t, tree, true))
	bad := checkDepsExplained(deps, read("CONTRIBUTING.md"))
	report(t, bad, "direct dependencies %d, explained %d", len(deps), len(deps)-len(bad))
}

func TestUnexplainedDependenciesAreNoticed(t *testing.T) {
	mods := required("module m\n\ngo 1.26\n\nrequire a.org/x v1.0.0\n\nrequire (\n\ta.org/x/y/v2 v2.0.0\n\tb.org/z v0.1.0 // indirect\n)\n")
	deps := directDeps(mods, graph{"p": {"fmt", "a.org/x/y/v2/sub"}}, graph{"p": {"a.org/x", "c.org/none"}})
	if want := []string{"a.org/x", "a.org/x/y/v2"}; !slices.Equal(deps, want) {
		t.Fatalf("got %v, want %v", deps, want)
	}
	wantReport(t, checkDepsExplained(deps, "deps\n- `a.org/x`: numbers\n"), "a.org/x/y/v2")
	wantReport(t, checkDepsExplained(deps, "deps\n- `a.org/x`: numbers\n- `a.org/x/y/v2`: more\n"), "")
}
