package dist_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// vector is a distribution of vectors or matrices with formulas of its own in plain Go.
type vector struct {
	name    string
	typ     string // type, where it is not the name
	params  []param
	event   []int         // shape of a value
	cases   [][][]float64 // parameters of every case
	make    func(p []*g.Node) dist.Distribution
	logProb func(x []float64, p [][]float64) float64
	points  func(p [][]float64) [][]float64 // data with tails, as many for every case
	entropy func(p [][]float64) float64     // nil without a closed form
	mean    func(p [][]float64) []float64   // nil where it is NaN
	cov     func(p [][]float64, i, j int) float64
	stats   []statistic
	noPath  bool // draws are not differentiable
	accept  bool // noise is accepted or refused: differences of draws say nothing
	sym     bool // values are symmetric matrices
}

// param is a parameter's name and its shape in one case.
type param struct {
	name string
	dims []int
}

// statistic is a function of a draw with a known distribution function.
type statistic struct {
	name string
	of   func(x []float64, p [][]float64) float64
	cdf  func(v float64, p [][]float64) float64
}

// vectors is filled by the inits of the files that hold the formulas.
var vectors []vector

// addVectors adds lines to the table, and their types to those that have a table.
func addVectors(lines ...vector) {
	for _, v := range lines {
		vectors, elsewhere = append(vectors, v), append(elsewhere, v.typeName())
	}
}

// typeName is the name of the exported type.
func (v vector) typeName() string {
	if v.typ != "" {
		return v.typ
	}
	return v.name
}

// size is the number of elements of a shape.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// law is the distribution for the laws of the test kit.
func (v vector) law() tk.Vectors {
	out := tk.Vectors{
		Name: v.name, Event: v.event, Cases: v.cases, Make: func(p []*g.Node) tk.Distribution { return v.make(p) },
		Points: v.points, LogProb: v.logProb, Entropy: v.entropy, Mean: v.mean, Cov: v.cov, NoPath: v.noPath, Accept: v.accept,
	}
	for _, p := range v.params {
		out.Params = append(out.Params, tk.Array{Name: p.name, Dims: p.dims})
	}
	for _, st := range v.stats {
		out.Stats = append(out.Stats, tk.Statistic{Name: st.name, Of: st.of, CDF: st.cdf})
	}
	if v.sym {
		out.Inside = func(x *g.Node) *g.Node { return g.MulScalar(g.Add(x, g.Transpose(x, -2, -1)), .5) }
	}
	return out
}

// nodes makes graph constants of all cases: the parameters, cases first.
func (v vector) nodes(s *model.Scope, cases [][][]float64) []*g.Node { return v.law().Nodes(s, cases) }

// trainable makes model parameters of all cases.
func (v vector) trainable(s *model.Scope) []*g.Node { return v.law().Trainable(s) }

// data lists the points of all cases, P×C×event.
func (v vector) data() (flat []float64, p int) { return v.law().Data() }

// values evaluates a function of the distribution of all cases.
func (v vector) values(t *testing.T, seed uint64, fn func(s *model.Scope, d dist.Distribution) *g.Node) []float64 {
	t.Helper()
	return v.law().Values(t, seed, func(s *model.Scope, d tk.Distribution) *g.Node { return fn(s, d) })
}

// draws samples m values of every case: by case, then by draw.
func (v vector) draws(t *testing.T, m int, seed uint64) [][][]float64 {
	t.Helper()
	return v.law().Draws(t, m, seed)
}

func TestVectorLogProbFollowsTheFormula(t *testing.T) {
	worst := 0.
	for _, v := range vectors {
		worst = math.Max(worst, v.law().FollowsFormula(t))
	}
	t.Logf("worst relative difference of central points %.1e", worst)
}

func TestVectorGradientsMatchDifferences(t *testing.T) {
	worst := 0.
	for _, v := range vectors {
		worst = math.Max(worst, v.law().GradientLaw(t))
		if t.Failed() {
			t.Fatal(v.name)
		}
	}
	t.Logf("worst scaled difference %.1e", worst)
}

// TestVectorDrawsFollowTheDistribution fails on a right sampler with probability 1e-5 a statistic,
// and 6e-7 a case of those over all reals.
func TestVectorDrawsFollowTheDistribution(t *testing.T) {
	for _, v := range vectors {
		law := v.law()
		law.StatisticsLaw(t)
		tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			support := v.make(v.nodes(s, v.cases)).(dist.Declared).Support()
			bent := v.typeName() == "Transformed"
			law.Free = !bent && (support.Set == dist.Vector || support.Set == dist.Matrix)
			return []*g.Node{g.Const(s.Graph(), 1.)}
		})
		law.MassLaw(t)
		if len(v.stats) == 0 {
			t.Errorf("%s has no statistic of known distribution", v.name)
		}
	}
}

// TestVectorMoments fails on right draws with probability 6e-7 a moment.
func TestVectorMoments(t *testing.T) {
	for _, v := range vectors {
		v.law().MomentsLaw(t)
	}
}

// TestVectorEntropy compares with a formula and with draws, where a right one fails with
// probability 6e-5 a case.
func TestVectorEntropy(t *testing.T) {
	for _, v := range vectors {
		entropic := false
		tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			_, entropic = v.make(v.nodes(s, v.cases)).(dist.Entropic)
			return []*g.Node{g.Const(s.Graph(), 1.)}
		})
		if entropic != (v.entropy != nil) {
			t.Errorf("%s: entropy: got %v, want %v", v.name, entropic, v.entropy != nil)
		}
		v.law().EntropyLaw(t)
	}
}

// TestVectorPathwiseGradient holds the derivatives of E[Σ aᵢxᵢ + bᵢxᵢ²], which are those of the
// moments, to the mean of those of single draws; a right sampler fails with probability 6e-7 a
// derivative.
func TestVectorPathwiseGradient(t *testing.T) {
	for _, v := range vectors {
		v.law().PathwiseLaw(t)
	}
}
