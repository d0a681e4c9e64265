package house

import (
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers is the table: a package imports only from rows above its own. "x/..." is x and
// every package below it.
var layers = [][]string{
	{"internal/...", "cpu/...", "backend"},
	{"special", "model"},
	{"nn", "dist", "bij", "optim"},
	{"vi/...", "expfam", "judge"},
	{"vae/...", "bnn", "prob", "pgm/...", "hmm/...", "crf/...", "mixture", "topic/...", "regress", "factor", "conjugate"},
	{"data", "ckpt", "eval/...", "plot/...", "rank"},
	{"train/...", "codec", "report/..."},
	{"."},
	{"serve/...", "cluster/...", "bench/..."},
	{"cmd/elbo/...", "paper"},
}

const program = "cmd/elbo"

var (
	// testOnly packages may import anything, and only tests import them.
	testOnly = []string{"internal/house", "internal/testkit/..."}

	// bottom is the order inside layer 0: the choice of a backend has to know the backends.
	bottom = []string{"internal/...", "cpu/...", "backend"}

	// rooms hold families of models: vae does not know them, and they do not know each other.
	rooms = []string{"vae/adversarial", "vae/codes", "vae/curved", "vae/expost", "vae/hierarchy", "vae/labels", "vae/regularised"}

	// hostile packages parse bytes that a stranger may have written: of the module they
	// import only hostileFrom, and from elsewhere only the standard library and formats.
	hostile     = []string{"data", "ckpt"}
	hostileFrom = []string{"internal/rng", "internal/atomicfile", "internal/text"}
	formats     = []string{"github.com/sbinet/npyio/...", "golang.org/x/image/...", "golang.org/x/sys/..."}

	// engines work in float64 without a graph library.
	engines = []string{"pgm/...", "hmm/...", "crf/...", "mixture", "topic/...", "regress", "factor", "conjugate", "rank"}
	graphs  = []string{"github.com/gomlx/..."}
)

// matches reports whether a package path is named by one of the patterns.
func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		base, deep := strings.CutSuffix(p, "/...")
		return path == base || deep && strings.HasPrefix(path, base+"/")
	})
}

// step is the place of a package in the order inside layer 0.
func step(path string) int {
	return slices.IndexFunc(bottom, func(p string) bool { return matches([]string{p}, path) })
}

// layerOf is the layer of a package path, or -1.
func layerOf(path string) int {
	return slices.IndexFunc(layers, func(row []string) bool { return matches(row, path) })
}

// inModule turns an import path of this module into a package path.
func inModule(imp string) (path string, ok bool) {
	if imp == module {
		return ".", true
	}
	return strings.CutPrefix(imp, module+"/")
}

// graph maps a package path to the import paths of its files.
type graph map[string][]string

// checkLayers lists what the imports outside tests break.
func checkLayers(g graph) (bad []string) {
	for _, from := range slices.Sorted(maps.Keys(g)) {
		if layerOf(from) < 0 {
			bad = append(bad, fmt.Sprintf("%s: not in the table of layers", from))
			continue
		}
		for _, imp := range g[from] {
			if why := edge(from, imp); why != "" {
				bad = append(bad, fmt.Sprintf("%s imports %s: %s", from, imp, why))
			}
		}
	}
	return bad
}

// edge says what is wrong with one import, or nothing.
func edge(from, imp string) string {
	to, ours := inModule(imp)
	if !ours {
		return outside(from, imp)
	}
	family := func(path string) string { first, _, _ := strings.Cut(path, "/"); return first }
	switch low, high := layerOf(to), layerOf(from); {
	case to == program:
		return "nothing imports the program"
	case matches(testOnly, from):
		return ""
	case matches(testOnly, to):
		return "only tests import it"
	case matches(hostile, from) && !matches(hostileFrom, to):
		return "a package that parses hostile bytes imports only " + strings.Join(hostileFrom, ", ")
	case matches(rooms, to) && from != "vae/all" && family(from) == family(to):
		return "only vae/all imports the rooms of models"
	case low < 0 || low < high || family(from) == family(to):
		return ""
	case low == 0 && high == 0 && step(to) < step(from):
		return ""
	case low == high:
		return fmt.Sprintf("both are in layer %d", low)
	default:
		return fmt.Sprintf("layer %d imports layer %d, want strictly down", high, low)
	}
}

// outside says what is wrong with an import from outside the module, or nothing.
func outside(from, imp string) string {
	host, _, _ := strings.Cut(imp, "/")
	standard := !strings.Contains(host, ".")
	switch {
	case matches(hostile, from) && !standard && !matches(formats, imp):
		return "a package that parses hostile bytes imports only the standard library and format libraries"
	case matches(engines, from) && matches(graphs, imp):
		return "an engine imports no graph library"
	}
	return ""
}

// checkTestImports lists what the imports of tests break: they may point up, but not at the
// program.
func checkTestImports(g graph) (bad []string) {
	for _, from := range slices.Sorted(maps.Keys(g)) {
		if from != program && slices.Contains(g[from], module+"/"+program) {
			bad = append(bad, fmt.Sprintf("%s imports the program", from))
		}
	}
	return bad
}

// importsOf collects what the chosen files of each package import, whatever their build tags.
func importsOf(t *testing.T, tree []*pkg, test bool) graph {
	t.Helper()
	g := graph{}
	for _, p := range tree {
		set := map[string]bool{}
		for _, s := range p.sources {
			if s.test != test {
				continue
			}
			for _, spec := range s.file.Imports {
				imp, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				set[imp] = true
			}
		}
		g[p.path] = slices.Sorted(maps.Keys(set))
	}
	return g
}

func TestImportsPointDown(t *testing.T) {
	tree := theTree(t)
	g, edges := importsOf(t, tree, false), 0
	for _, imports := range g {
		for _, imp := range imports {
			if _, ours := inModule(imp); ours {
				edges++
			}
		}
	}
	bad := append(checkLayers(g), checkTestImports(importsOf(t, tree, true))...)
	report(t, bad, "packages %d, edges between them %d, violations %d", len(g), edges, len(bad))
}

func TestTheTreeHoldsEveryPackageGoLists(t *testing.T) {
	g := importsOf(t, theTree(t), false)
	listed := golist(t, "./...")
	for _, imp := range listed {
		if path, ours := inModule(imp); !ours || !hasKey(g, path) {
			t.Errorf("%s: listed by the go command, not found in the tree", imp)
		}
	}
	t.Logf("packages listed by the go command %d, found in the tree %d", len(listed), len(g))
}

func TestHostileParsersReachNoGraphLibrary(t *testing.T) {
	g := importsOf(t, theTree(t), false)
	for _, path := range hostile {
		if !hasKey(g, path) {
			t.Logf("%s: not in the tree", path)
			continue
		}
		deps := golist(t, "-deps", "./"+path)
		for _, dep := range deps {
			if matches(graphs, dep) {
				t.Errorf("%s reaches %s, want no graph library behind a parser", path, dep)
			}
		}
		t.Logf("%s: packages reached %d", path, len(deps))
	}
}

func hasKey(g graph, path string) bool { _, ok := g[path]; return ok }

// golist runs go list in the module root and returns its lines.
func golist(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = theRoot(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Fields(string(out))
}

func TestLayerViolationsAreNoticed(t *testing.T) {
	const m = module + "/"
	for _, c := range []struct{ from, imp, want string }{
		{"vae", m + "nn", ""},
		{"vae", m + "vae/nets", ""},
		{"vae/all", m + "vae/codes", ""},
		{"vae/codes", m + "vae", ""},
		{"vae/codes", m + "vae/labels", "only vae/all imports the rooms"},
		{"vae", m + "vae/curved", "only vae/all imports the rooms"},
		{"cpu", m + "internal/rng", ""},
		{"cpu", m + "cpu/kernel", ""},
		{"backend", m + "cpu", ""},
		{"cmd/elbo", module, ""},
		{"data", m + "internal/rng", ""},
		{"data", "github.com/sbinet/npyio", ""},
		{"internal/testkit", m + "vae", ""},
		{"special", m + "nn", "layer 1 imports layer 2"},
		{"internal/rng", m + "data", "layer 0 imports layer 5"},
		{"train", module, "layer 6 imports layer 7"},
		{"train", m + "report", "both are in layer 6"},
		{"internal/rng", m + "cpu", "both are in layer 0"},
		{"cpu", m + "backend", "both are in layer 0"},
		{"nn", m + "dist", "both are in layer 2"},
		{"bij", m + "optim", "both are in layer 2"},
		{"eval", m + "plot", "both are in layer 5"},
		{"serve", m + "cluster/job", "both are in layer 8"},
		{"cluster/job", m + "serve", "both are in layer 8"},
		{"hmm", m + "crf", "both are in layer 4"},
		{"data", m + "ckpt", "parses hostile bytes"},
		{"data", m + "special", "parses hostile bytes"},
		{"ckpt", m + "internal/other", "parses hostile bytes"},
		{"ckpt", "github.com/gomlx/gomlx/core/graph", "parses hostile bytes"},
		{"data", "gonum.org/v1/gonum/mat", "parses hostile bytes"},
		{"hmm", "github.com/gomlx/gomlx/core/graph", "no graph library"},
		{"train", m + "internal/testkit", "only tests import it"},
		{"serve", m + "cmd/elbo", "nothing imports the program"},
		{"internal/testkit", m + "cmd/elbo", "nothing imports the program"},
		{"gadget", "fmt", "gadget: not in the table"},
		{"nn/extra", "fmt", "nn/extra: not in the table"},
	} {
		t.Run(c.from+" imports "+c.imp, func(t *testing.T) {
			wantReport(t, checkLayers(graph{c.from: {c.imp}}), c.want)
		})
	}
	wantReport(t, checkTestImports(graph{"serve": {m + "cmd/elbo"}}), "serve imports the program")
	wantReport(t, checkTestImports(graph{"data": {m + "train"}}), "")
}
