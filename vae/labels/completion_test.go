package labels

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// completing builds the model of rows of four bits, of which the first two are seen, with parameters
// that are spread out.
func completing(t *testing.T, options map[string]string) *vae.Network {
	t.Helper()
	n := zoo.Network(t, "completion", vae.Config{Dim: 4, Hidden: []int{5}, Latent: 1, Likelihood: "bernoulli", Sigma: 1, Options: options}, dtypes.Float64)
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), make([]float32, 4), rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	spreadOut(t, n)
	return n
}

func TestPartsThatAreSeen(t *testing.T) {
	image := vae.Config{Dim: 64, Shape: []int{8, 8}}
	odd := vae.Config{Dim: 9 * 10 * 3, Shape: []int{9, 10, 3}}
	row := vae.Config{Dim: 7}
	count := func(v []float64) (n int) {
		for _, x := range v {
			n += int(x)
		}
		return n
	}
	for _, c := range []struct {
		config vae.Config
		part   string
		want   int
	}{{image, "left", 32}, {image, "top", 32}, {image, "quarter", 16}, {odd, "left", 9 * 5 * 3}, {odd, "top", 5 * 10 * 3}, {odd, "quarter", 5 * 5 * 3}, {row, "left", 4}, {row, "top", 4}, {row, "quarter", 2}} {
		if got := count(observed(c.config, c.part)); got != c.want {
			t.Errorf("%s of %v: got %d values, want %d", c.part, c.config.Shape, got, c.want)
		}
	}
	left, quarter := observed(image, "left"), observed(image, "quarter")
	if left[3] != 1 || left[4] != 0 || observed(image, "top")[31] != 1 || observed(image, "top")[32] != 0 || quarter[4*8] != 1 || quarter[3*8] != 0 {
		t.Error("the parts are not where they are said to be")
	}
}

func TestRowsOfWhichNothingIsOpenAreRefused(t *testing.T) {
	for _, part := range parts {
		c := vae.Config{Dim: 1, Shape: []int{1}, Hidden: []int{5}, Latent: 1, Likelihood: "gaussian", Sigma: 1, Options: map[string]string{"observe": part}}
		if _, err := vae.New("completion", c); err == nil || !strings.Contains(err.Error(), "to complete beside the part "+part) {
			t.Errorf("%s of one column: got %v, want it refused", part, err)
		}
		c.Dim, c.Shape = 2, []int{2}
		if _, err := vae.New("completion", c); err != nil {
			t.Errorf("%s of two columns: %v", part, err)
		}
		c.Dim, c.Shape = 1, nil
		if err := vae.Check("completion", c); err != nil {
			t.Errorf("%s of rows that are not known yet: %v", part, err)
		}
	}
}

// p(r|o) is a quadrature over the code for rows of bits; its values sum to one over r. The
// importance-sampled figure finds it within 5 standard errors (a false alarm of 16 rows in 100,000), and
// the bound is below.
func TestTheEvidenceOfTheRest(t *testing.T) {
	n := completing(t, nil)
	var rows []float32
	for i := range 16 {
		for j := range 4 {
			rows = append(rows, float32(i>>j&1))
		}
	}
	eps, w := tk.NormalNodes(60)
	prog := model.NewProgram(n.Params, "rest", func(s *model.Scope, in []*g.Node) []*g.Node {
		m := n.Model.(completion)
		l := m.Latent(s, n.Batch(in[0], nil))
		z := make([]*g.Node, len(eps)) // of all rows, node by node
		for k, e := range eps {
			z[k] = g.Add(l.P.Mean(), g.MulScalar(g.Sqrt(l.P.Variance()), e))
		}
		x := vae.Copies(in[0], len(eps))
		return []*g.Node{g.ReduceSum(l.Decode(g.Concatenate(z, 0)).LogProb(x), -1)}
	})
	logLik := tk.Values(t, prog, rng.Key{}, model.Tensor(dtypes.Float64, rows, 16, 4))[0]
	exact, total := make([]float64, 16), map[int]float64{}
	for i := range exact {
		for k := range eps {
			exact[i] += w[k] * math.Exp(logLik[16*k+i])
		}
		total[i&3] += exact[i]
	}
	for o, p := range total {
		tk.Close(t, fmt.Sprint("sum over the rest, given ", o), p, 1, 1e-9)
	}
	sums, err := n.LogEvidence(t.Context(), rows, 3000, rng.New(2))
	if err != nil {
		t.Fatal(err)
	}
	rec, kl, err := n.Evaluator(vi.Estimator{Samples: 1000}).PerDatum(t.Context(), rows, rng.New(3))
	if err != nil {
		t.Fatal(err)
	}
	for i := range exact {
		want := math.Log(exact[i])
		if off := math.Abs(sums[i].LogEvidence() - want); off > 5*sums[i].StdErr()+1e-6 {
			t.Errorf("row %d: got %v ± %v, want %v", i, sums[i].LogEvidence(), sums[i].StdErr(), want)
		}
		if rec[i]-kl[i] > want+.02 {
			t.Errorf("row %d: got the bound %v, want at most %v", i, rec[i]-kl[i], want)
		}
	}
}

// The hybrid loss is α times that of the bound and 1 − α times −ln p(r|z, o) at z ~ p(z|o) (Sohn et al.
// 2015, eq. 7), here with equal noise in both.
func TestTheHybridLossIsAMixture(t *testing.T) {
	n := completing(t, map[string]string{"gsnn": "0.3"})
	m := n.Model.(completion)
	prog := model.NewProgram(n.Params, "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.Batch(in[0], nil)
		terms := m.Terms(s, b, vi.Estimator{})
		one := g.Scalar(s.Graph(), s.DType(), 1.)
		l := m.Latent(s, b)
		z := g.Add(l.P.Mean(), g.MulScalar(g.Sqrt(l.P.Variance()), noise))
		direct := g.Neg(g.ReduceAllMean(g.ReduceSum(l.Decode(z).LogProb(b.X), -1)))
		hybrid := terms.Loss(one, 0)
		terms.Penalty = nil
		return []*g.Node{hybrid, terms.Loss(one, 0), direct}
	}).WithNoise(equalNoise)
	out := tk.Values(t, prog, rng.Key{}, tk.Matrix([]float64{1, 0, 1, 1, 0, 1, 0, 1}, 2, 4))
	tk.Close(t, "hybrid loss", out[0][0], .7*out[1][0]+.3*out[2][0], 1e-12)
}

// What is seen stays as it is and decides the rest; with a code draws differ, without one they do not.
func TestCompletionsKeepWhatIsSeen(t *testing.T) {
	rows := []float32{1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1}
	for _, code := range []string{"latent", "none"} {
		n := completing(t, map[string]string{"code": code})
		var draws [2][]float32
		for k := range draws {
			x, err := n.Complete(t.Context(), rows, rng.New(uint64(k)))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(x); i += 4 {
				if !slices.Equal(x[i:i+2], rows[i:i+2]) {
					t.Errorf("%s: row %d: got %v, want it to begin with %v", code, i/4, x[i:i+4], rows[i:i+2])
				}
			}
			if code == "none" && !slices.Equal(x[2:4], x[6:8]) {
				t.Errorf("rows of which the same is seen: got %v and %v", x[2:4], x[6:8])
			}
			draws[k] = x
		}
		if same := slices.Equal(draws[0], draws[1]); same != (code == "none") {
			t.Errorf("%s: two draws are the same: %v", code, same)
		}
		if can := n.Can(); can["bound"] != (code == "latent") || !can["complete"] || can["decode"] {
			t.Errorf("%s: got abilities %v", code, can)
		}
	}
}

// Codes are in units of p(z|o): their divergence from N(0, I) is that of the guide from p(z|o).
func TestCodesAreInUnitsOfTheirPrior(t *testing.T) {
	n := completing(t, nil)
	rows := []float32{1, 0, 1, 1, 0, 1, 0, 0}
	mean, variance, err := n.Encode(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	_, kl, err := n.Evaluator(vi.Estimator{}).PerDatum(t.Context(), rows, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range kl {
		m, v := float64(mean[i]), float64(variance[i])
		tk.Close(t, "KL", kl[i], .5*(m*m+v-1-math.Log(v)), 1e-5) // codes are float32
	}
}

func TestGradientsOfTheNetworkWithoutACode(t *testing.T) {
	n := completing(t, map[string]string{"code": "none"})
	loss := func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{}).Loss(in[1], 0)}
	}
	x := []float64{1, 0, 1, 1, 0, 1, 0, 1}
	if d := tk.GradientWithin(t, 1e-5, n.Params, loss, tk.Matrix(x, 2, 4), tk.Matrix([]float64{.7})); d.Count != n.Params.Count() {
		t.Errorf("got %d derivatives, want %d", d.Count, n.Params.Count())
	}
}
