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

// discreteRow is a line of testdata/discrete.json, which discrete.py wrote with 60 digits.
type discreteRow struct {
	Dist    string    `json:"dist"`
	Params  []float64 `json:"params"`
	X       float64   `json:"x"`
	LogProb float64   `json:"logp"`
	Slopes  []float64 `json:"slopes"` // by the last parameters
}

// tabled makes the distributions of the table.
var tabled = map[string]func(p []*g.Node) dist.Distribution{
	"Poisson":                      func(p []*g.Node) dist.Distribution { return dist.Poisson{LogRate: p[0]} },
	"Binomial":                     func(p []*g.Node) dist.Distribution { return dist.Binomial{Trials: p[0], Logits: p[1]} },
	"NegativeBinomial":             negativeBinomialFamily.make,
	"ZeroInflatedNegativeBinomial": zinbFamily.make,
	"BetaBinomial":                 func(p []*g.Node) dist.Distribution { return dist.BetaBinomial{Trials: p[0], Alpha: p[1], Beta: p[2]} },
}

func discreteTable(t *testing.T) map[string][]discreteRow {
	t.Helper()
	data, err := os.ReadFile("testdata/discrete.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []discreteRow
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	out := map[string][]discreteRow{}
	for _, r := range rows {
		out[r.Dist] = append(out[r.Dist], r)
	}
	return out
}

// TestCountsFollowTheTable: rates and shapes from 1e-8 to 1e8, trials up to 1e8, log-odds of
// ±700. Values keep 1e-12 where |ln P| is below 50 and 1e-9 in the tails. The derivatives are
// differences such as x − λ with λ = e^η rounded, to 4 units of which they hold beside 1e-9.
func TestCountsFollowTheTable(t *testing.T) {
	for name, rows := range discreteTable(t) {
		if tabled[name] == nil || len(rows) < 20 {
			t.Fatalf("%s: got %d rows, want 20 or more of a distribution of this package", name, len(rows))
		}
		xs, params := make([]float64, len(rows)), make([][]float64, len(rows))
		for i, r := range rows {
			xs[i], params[i] = r.X, r.Params
		}
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			y := tabled[name](in[1:]).LogProb(in[0])
			return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in[1:]...)...)
		}, append([]*tensors.Tensor{tk.Vector(xs...)}, columns(params)...)...)
		worst, worstSlope := 0., 0.
		for i, r := range rows {
			where, tol := fmt.Sprint(name, r.Params, " ln P(", r.X, ")"), 1e-12
			if math.Abs(r.LogProb) > 50 {
				tol = 1e-9
			}
			tk.Close(t, where, out[0][i], r.LogProb, tol)
			if math.Abs(r.LogProb) <= 50 {
				worst = math.Max(worst, math.Abs(out[0][i]-r.LogProb)/math.Max(1, math.Abs(r.LogProb)))
			}
			first := 1 + len(r.Params) - len(r.Slopes)
			for j, want := range r.Slopes {
				off := math.Abs(out[first+j][i] - want)
				rounding := 4 * 0x1p-53 * math.Max(r.X, math.Exp(math.Min(50, r.Params[0])))
				if name == "Binomial" || name == "BetaBinomial" {
					rounding = 4 * 0x1p-53 * r.Params[0]
				}
				if !(off <= 1e-9*math.Max(1, math.Abs(want))+rounding) {
					t.Errorf("%s: derivative %d: got %v, want %v", where, j, out[first+j][i], want)
				}
				worstSlope = math.Max(worstSlope, off/math.Max(1, math.Abs(want)))
			}
		}
		t.Logf("%s: %d rows, worst central error %.1e, worst derivative %.1e", name, len(rows), worst, worstSlope)
	}
}
