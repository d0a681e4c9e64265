package dist_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestDistributionFunctionsOfCountsSumProbabilities over all values of a family, between them
// and before the first.
func TestDistributionFunctionsOfCountsSumProbabilities(t *testing.T) {
	tested := 0
	for _, f := range families {
		if f.values == nil || !has[dist.Cumulative](t, f) || f.name == "LogisticMixture" || f.typeName() == "DiscretizedLogistic" {
			continue
		}
		tested++
		for _, p := range f.smooth {
			xs, want, sum := []float64{-1, -.25}, []float64{0, 0}, 0.
			for _, x := range f.values(p) {
				sum += math.Exp(f.logProb(x, p))
				xs, want = append(xs, x, x+.75), append(want, sum, sum)
				if len(xs) > 400 {
					break
				}
			}
			rows := make([][]float64, len(xs))
			for i := range rows {
				rows[i] = p
			}
			for i, got := range f.evaluate(t, xs, rows, cdfOf) {
				tk.Close(t, fmt.Sprint(f.name, p, " P(X ≤ ", xs[i], ")"), got, want[i], 1e-12)
			}
		}
	}
	if tested < 7 {
		t.Errorf("got %d families of counts with a distribution function, want at least 7", tested)
	}
}

// TestDistributionFunctionsOfCountsFollowTheTable, which sums probabilities with 60 digits: rates,
// means and shapes from 1e-8 to 1e8, down to 1e-280. The rounding of a parameter such as ln λ
// moves a probability by |d ln P/d ln λ|·u, up to √λ·z·u = 1e-11 in the tails of the table.
func TestDistributionFunctionsOfCountsFollowTheTable(t *testing.T) {
	raw, err := os.ReadFile("testdata/counting_cdf.json")
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Dist   string
		Params []float64
		X, CDF float64
	}
	var all []row
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]row{}
	for _, r := range all {
		rows[r.Dist] = append(rows[r.Dist], r)
	}
	for _, name := range []string{"Poisson", "Binomial", "NegativeBinomial"} {
		if len(rows[name]) < 20 {
			t.Fatalf("%s: got %d rows, want at least 20", name, len(rows[name]))
		}
		var xs []float64
		var params [][]float64
		for _, r := range rows[name] {
			xs, params = append(xs, r.X), append(params, r.Params)
		}
		got := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{tabled[name](in[1:]).(dist.Cumulative).CDF(in[0])}
		}, append([]*tensors.Tensor{tk.Vector(xs...)}, columns(params)...)...)[0]
		worst := 0.
		for i, r := range rows[name] {
			e := math.Abs(got[i]-r.CDF) / r.CDF
			if worst = math.Max(worst, e); !(e <= 1e-9) {
				t.Errorf("%s%v: P(X ≤ %v): got %v, want %v (relative error %.1e)", name, r.Params, r.X, got[i], r.CDF, e)
			}
		}
		t.Logf("%s: %d rows, worst relative error %.1e", name, len(rows[name]), worst)
	}
}
