package main

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm/query"
)

// sprinkler is the network of Russell & Norvig (2010), figure 14.12: given wet grass, the sprinkler was on
// with probability .4298 and it rained with .7079 (Murphy 1998).
const sprinkler = `network sprinkler { }
variable cloudy { type discrete [ 2 ] { yes, no }; }
variable sprinkler { type discrete [ 2 ] { on, off }; }
variable rain { type discrete [ 2 ] { yes, no }; }
variable grass { type discrete [ 2 ] { wet, dry }; }
probability ( cloudy ) { table .5, .5; }
probability ( sprinkler | cloudy ) { (yes) .1, .9; (no) .5, .5; }
probability ( rain | cloudy ) { (yes) .8, .2; (no) .2, .8; }
probability ( grass | sprinkler, rain ) { (on, yes) .99, .01; (on, no) .9, .1; (off, yes) .9, .1; (off, no) 0, 1; }
`

// grassy is a folder with the network in sprinkler.bif.
func grassy(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	writeText(t, "sprinkler.bif", sprinkler)
}

// answered is the JSON of a query.
type answered struct {
	Method    string
	Evidence  map[string]string
	Cost      *struct{ Cells, Bytes float64 }
	Seconds   float64
	LogZ      float64 `json:"log_z"`
	Worth     string  `json:"log_z_is"`
	Marginals []struct {
		Variable string
		P        map[string]float64
		StdErr   map[string]float64 `json:"std_err"`
	}
	LogValue  float64 `json:"log_value"`
	States    map[string]string
	Variables []string
	Joint     []struct {
		States []string
		P      float64
	}
}

// asked runs a query with --json.
func asked(t *testing.T, line string) (a answered) {
	t.Helper()
	if err := json.Unmarshal([]byte(must(t, append(strings.Fields(line), "--json")...).out), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheSprinklerHasItsKnownProbabilities(t *testing.T) {
	grassy(t)
	for _, method := range []string{"jt", "ve", "enumerate"} {
		a := asked(t, "query sprinkler.bif --evidence grass=wet --targets sprinkler,rain --method "+method)
		if len(a.Marginals) != 2 || a.Marginals[0].Variable != "sprinkler" || a.Method != method || a.Worth != "exact" {
			t.Fatalf("got %+v", a)
		}
		tk.Close(t, method+": sprinkler", a.Marginals[0].P["on"], .2781/.6471, 1e-12)
		tk.Close(t, method+": rain", a.Marginals[1].P["yes"], .4581/.6471, 1e-12)
		tk.Close(t, method+": P(wet)", math.Exp(a.LogZ), .6471, 1e-14)
	}
	out := must(t, "query", "sprinkler.bif", "-e", "grass=wet", "-t", "rain").out
	for _, want := range []string{"ln P(evidence)", "(P = 0.6471)", "rain      yes    0.7079277    ██████████████\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %s, want %q in it", out, want)
		}
	}
}

func TestAsiaIsAnsweredFromItsPackedFile(t *testing.T) {
	path := tk.DataPath(t, "bif", "asia.bif.gz")
	a := asked(t, "query "+path+" --evidence xray=yes,dysp=yes --targets lung,tub")
	tk.Close(t, "P(lung)", a.Marginals[0].P["yes"], .6212528, 5e-8)
	tk.Close(t, "P(tub)", a.Marginals[1].P["yes"], .1139333, 5e-8)
	tk.Close(t, "P(evidence)", math.Exp(a.LogZ), .0706701044, 5e-11)
	if a.Cost == nil || a.Cost.Bytes < 100 || !(a.Seconds > 0) {
		t.Errorf("got cost %+v and %g s, want those of a tree", a.Cost, a.Seconds)
	}
}

// The joint of two variables has their marginals, and its largest entry is the most probable pair.
func TestJointTablesAndBestStatesAgreeWithMarginals(t *testing.T) {
	grassy(t)
	const given = "query sprinkler.bif --evidence grass=wet --targets sprinkler,rain"
	joint, best := asked(t, given+" --joint"), asked(t, given+" --mpe")
	sum, top := map[string]float64{}, 0
	for i, row := range joint.Joint {
		sum[row.States[0]] += row.P
		sum[row.States[1]] += row.P
		if row.P > joint.Joint[top].P {
			top = i
		}
	}
	tk.Close(t, "sprinkler", sum["on"], .2781/.6471, 1e-12)
	tk.Close(t, "rain", sum["yes"], .4581/.6471, 1e-12)
	first := joint.Joint[top]
	if best.States["sprinkler"] != first.States[0] || best.States["rain"] != first.States[1] || len(best.States) != 2 {
		t.Errorf("got %v, want %v", best.States, first)
	}
	tk.Close(t, "its probability", math.Exp(best.LogValue-best.LogZ), first.P, 1e-12)
	for _, kind := range []string{"--joint", "--mpe"} {
		if out := must(t, append(strings.Fields(given), kind)...).out; !strings.Contains(out, "off") || !strings.Contains(out, "0.6471") {
			t.Errorf("%s: got %s", kind, out)
		}
	}
}

// Seeing the sprinkler on makes clouds less probable; turning it on leaves them as they were, and the
// rain with them (Pearl 2009).
func TestSettingAVariableIsNotSeeingIt(t *testing.T) {
	grassy(t)
	seen := asked(t, "query sprinkler.bif --evidence sprinkler=on --targets cloudy")
	set := asked(t, "query sprinkler.bif --do sprinkler=on --targets cloudy,grass")
	tk.Close(t, "seen", seen.Marginals[0].P["yes"], .05/.3, 1e-12)
	tk.Close(t, "set", set.Marginals[0].P["yes"], .5, 1e-12)
	tk.Close(t, "grass", set.Marginals[1].P["wet"], .5*.99+.5*.9, 1e-12)
	tk.Close(t, "ln P of no evidence", set.LogZ, 0, 1e-14)
	if out := must(t, "query", "sprinkler.bif", "--do", "sprinkler=on").out; !strings.Contains(out, "set             sprinkler=on") {
		t.Errorf("got %s", out)
	}
}

func TestANetworkIsDrawnWithItsProbabilities(t *testing.T) {
	grassy(t)
	must(t, "query", "sprinkler.bif", "--evidence", "grass=wet", "--do", "sprinkler=on", "--draw", "net.svg")
	b, err := os.ReadFile("net.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", ">cloudy<", "given do(sprinkler = on), grass = wet", ">100.0 %<", "</svg>"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("got %s, want %q in it", b, want)
		}
	}
	if got := strings.Count(string(b), "marker-end"); got != 3 { // the sprinkler has lost its parent
		t.Errorf("got %d edges, want 3", got)
	}
	wrong{"query sprinkler.bif --draw net.png", 2, []string{`--draw: got extension ".png", want .svg`}}.check(t, ".")
	wrong{"query sprinkler.bif --mpe --draw new.svg", 2, []string{"--draw: got --mpe or --joint too"}}.check(t, ".")
}

func TestAModelMayComeFromStandardInput(t *testing.T) {
	var out, errs strings.Builder
	code := run(t.Context(), []string{"query", "-", "--targets", "rain"}, streams{strings.NewReader(sprinkler), &out, &errs})
	if code != exitOK || !strings.Contains(out.String(), "0.5000000") {
		t.Errorf("exit %d: %s%s", code, out.String(), errs.String())
	}
}

func TestMistakesOfQueriesAreNamedWithWhatIsRight(t *testing.T) {
	grassy(t)
	writeText(t, "cycle.bif", "variable a { type discrete [ 1 ] { s }; } variable b { type discrete [ 1 ] { s }; } probability ( a | b ) { table 1; } probability ( b | a ) { table 1; }")
	writeText(t, "off.bif", strings.Replace(sprinkler, "table .5, .5", "table .5, .6", 1))
	writeText(t, "cut.bif", sprinkler[:200])
	writeText(t, "huge.bif", "variable a { type discrete [ 2147483648 ] { s }; }")
	writeText(t, "bad.bif.gz", "\x1f\x8b not gzip")
	writeText(t, "pair.uai", "MARKOV 2 2 2 1 2 0 1 4 1 2 3 4")
	for _, w := range []wrong{
		{"query", 2, []string{"want MODEL"}},
		{"query missing.bif", 1, []string{"missing.bif"}},
		{"query net.xml", 2, []string{`got extension ".xml"`, ".bif or .uai"}},
		{"query sprinkler.bif --evidence rian=yes", 2, []string{`--evidence: variable: got "rian"`, "cloudy, sprinkler, rain, grass", "did you mean rain?"}},
		{"query sprinkler.bif --evidence grass=wte", 2, []string{`state of grass: got "wte", want one of wet, dry`, "did you mean wet?"}},
		{"query sprinkler.bif --evidence grass", 2, []string{`got "grass", want VARIABLE=STATE`}},
		{"query sprinkler.bif --evidence grass=wet,grass=dry", 2, []string{"grass: got wet and dry, want one state"}},
		{"query sprinkler.bif --evidence grass=wet --do grass=dry", 2, []string{"--do: got grass, which --evidence has too"}},
		{"query sprinkler.bif --targets cluody", 2, []string{`--targets: variable: got "cluody"`, "did you mean cloudy?"}},
		{"query sprinkler.bif --evidence grass=wet --targets grass", 2, []string{"--targets: got grass, which is known to be wet"}},
		{"query sprinkler.bif --evidence sprinkler=off,rain=no,grass=wet", 1, []string{"sprinkler.bif", "evidence: got probability 0"}},
		{"query sprinkler.bif --method tj", 2, []string{`--method: got "tj", want one of enumerate, jt, ve`}},
		{"query sprinkler.bif --method bp --mpe", 2, []string{"--method: got bp, which has no most probable states, want one of jt, ve"}},
		{"query sprinkler.bif --method bp --joint", 2, []string{"which has no joint tables"}},
		{"query sprinkler.bif --joint", 2, []string{"--joint: got no --targets"}},
		{"query sprinkler.bif --joint --mpe", 2, []string{"at most one of them"}},
		{"query sprinkler.bif --memory 100B", 1, []string{"memory: got an estimate of", "want at most 100"}},
		{"query sprinkler.bif --memory much", 2, []string{"--memory", `got "much", want a size such as 512MiB or 4GiB`}},
		{"query sprinkler.bif --damping 1", 2, []string{"--damping: got 1"}},
		{"query sprinkler.bif --sweeps -1", 2, []string{"want them from 0"}},
		{"query pair.uai --do 0=1", 2, []string{"want a Bayesian network (.bif)"}},
		{"query cycle.bif", 1, []string{"cycle.bif", "cycle at or above a"}},
		{"query off.bif", 1, []string{"off.bif", "table of cloudy, row 0: got sum 1.1"}},
		{"query cut.bif", 1, []string{"cut.bif", "line "}},
		{"query huge.bif", 1, []string{"huge.bif", "2147483648"}},
		{"query bad.bif.gz", 1, []string{"bad.bif.gz"}},
	} {
		w.check(t, ".")
	}
}

func TestSizesOfMemory(t *testing.T) {
	for text, want := range map[string]float64{"4GiB": 1 << 32, "512MiB": 1 << 29, "1.5 gib": 1.5 * (1 << 30), "2GB": 2e9, "100B": 100, "100": 100, "1tib": 1 << 40, "3kB": 3000, "7MB": 7e6, "1KiB": 1024} {
		var m memorySize
		if err := m.Set(text); err != nil || float64(m) != want {
			t.Errorf("%s: got %g, %v, want %g", text, float64(m), err, want)
		}
		var again memorySize
		if err := again.Set(m.String()); err != nil || math.Abs(float64(again-m)) > 1e-3*want {
			t.Errorf("%s: printed as %s: %v", text, m.String(), err)
		}
	}
	for _, text := range []string{"", "GiB", "-1GiB", "0", "NaN", "inf", "4 GiB of it", "1e400", "4XiB"} {
		var m memorySize
		if err := m.Set(text); err == nil {
			t.Errorf("%q: got %g, want an error", text, float64(m))
		}
	}
}

// Every method answers about the sprinkler, samplers with errors that hold the truth within five of them.
func TestEveryMethodAnswersAboutTheSprinkler(t *testing.T) {
	t.Chdir(t.TempDir())
	writeText(t, "net.bif", strings.ReplaceAll(sprinkler, "(off, no) 0, 1", "(off, no) .01, .99")) // mean field wants no zeros
	exactly := asked(t, "query net.bif --evidence grass=wet --targets rain")
	truth := exactly.Marginals[0].P["yes"]
	for _, name := range query.Names(findsMarginals) {
		line := "query net.bif --evidence grass=wet --targets rain --samples 2000 --sweeps 500 --method " + name
		m, err := query.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		a := asked(t, line)
		p, within := a.Marginals[0].P["yes"], .1 // of messages on a loop
		if string(m.Worth) == "lower bound" {    // whose probabilities may be far off
			if within = 1; a.LogZ > exactly.LogZ {
				t.Errorf("%s: got ln P %g, want at most %g", name, a.LogZ, exactly.LogZ)
			}
		}
		if m.Random {
			within = 5 * a.Marginals[0].StdErr["yes"]
		}
		if m.Worth == query.Exact {
			within = 1e-12
		}
		if !(math.Abs(p-truth) <= within) || a.Worth != string(m.Worth) {
			t.Errorf("%s: got %g (%s), want %g within %g", name, p, a.Worth, truth, within)
		}
		out := must(t, strings.Fields(line)...).out
		if strings.Contains(out, "SE") != m.Random || strings.Contains(out, "ln P(evidence)") != (m.Worth != query.None) {
			t.Errorf("%s: got %s", name, out)
		}
	}
	best := asked(t, "query net.bif --evidence grass=wet --mpe --method max-product")
	want := asked(t, "query net.bif --evidence grass=wet --mpe")
	tk.Close(t, "ln max", best.LogValue, want.LogValue, 1e-12)
	wrong{"query net.bif --mpe --targets rain --method max-product", 1, []string{"want all that are not known"}}.check(t, ".")
	wrong{"query net.bif --method bp --schedule fast", 2, []string{`--schedule: got "fast", want one of serial, flooding, residual`}}.check(t, ".")
}
