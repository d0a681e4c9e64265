package bench

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// uniforms repeats the generator of bench/peers/numpyro_advi.py: x ← 6364136223846793005 x +
// 1442695040888963407 mod 2⁶⁴, the upper 53 bits.
func uniforms(n int, seed uint64) []float64 {
	out := make([]float64, n)
	for i := range out {
		seed = seed*6364136223846793005 + 1442695040888963407
		out[i] = float64(seed>>11) / (1 << 53)
	}
	return out
}

// logistic is a logistic regression of 10,000 rows on 50 inputs.
func logistic() *prob.Model {
	const n, d = 10000, 50
	u := uniforms(n*d+d+n, 12345)
	x, y := u[:n*d], make([]float64, n)
	for i := range x {
		x[i] = (x[i] - .5) * math.Sqrt(12)
	}
	for i := range y {
		l := 0.
		for j := range d {
			l += x[i*d+j] * (u[n*d+j] - .5) * 2
		}
		if u[n*d+d+i] < 1/(1+math.Exp(-l)) {
			y[i] = 1
		}
	}
	return prob.New(func(p *prob.Trace) {
		beta := p.Sample("beta", dist.NewNormal(p.Const(0, d), p.Const(1)))
		p.Plate("data", n, func(p *prob.Trace) {
			p.Observe("y", dist.Bernoulli{Logits: g.Dot(p.Data("x", n, d), beta).Product()}, p.Data("y"))
		})
	}, prob.Data{"x": x, "y": y})
}

// kidiq is the regression of children's test scores on their mothers'.
func kidiq(t testing.TB) *prob.Model {
	raw, err := os.ReadFile(filepath.Join(tk.DataDir(t), "posteriordb", "kidiq-kidscore_momiq.json"))
	if err != nil {
		t.Skipf("no data: %v", err)
	}
	var doc struct {
		Data struct {
			X []float64 `json:"mom_iq"`
			Y []float64 `json:"kid_score"`
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return prob.New(func(p *prob.Trace) {
		beta := p.Flat("beta", dist.Support{Set: dist.Real}, 2)
		sigma := p.Sample("sigma", dist.HalfCauchy{Scale: p.Const(2.5)})
		b := func(i int) *g.Node { return g.Slice(beta, g.AxisElem(i)) }
		p.Plate("data", len(doc.Data.X), func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(g.Add(b(0), g.Mul(b(1), p.Data("x"))), sigma), p.Data("y"))
		})
	}, prob.Data{"x": doc.Data.X, "y": doc.Data.Y})
}

// BenchmarkADVI times whole fits, compilation included and the final draws left out, and reports
// the bound that they reach: the figures beside those of bench/peers/numpyro_advi.py.
func BenchmarkADVI(b *testing.B) {
	for _, c := range []struct {
		name  string
		model func() *prob.Model
	}{{"kidiq", func() *prob.Model { return kidiq(b) }}, {"logistic", logistic}} {
		for name, family := range map[string]guide.Family{"full": guide.FullRank, "mean": guide.MeanField} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				var seconds, bound, steps float64
				models := make([]*prob.Model, b.N) // each checks itself anew
				for i := range models {
					models[i] = c.model()
				}
				b.ResetTimer()
				for i, m := range models {
					fit, err := prob.ADVI(context.Background(), m, prob.Options{Guide: family, Seed: uint64(i), Check: 2000})
					if err != nil {
						b.Fatal(err)
					}
					n := float64(b.N)
					seconds, bound, steps = seconds+fit.Elapsed.Seconds()/n, bound+fit.ELBO/n, steps+float64(fit.Steps)/n
				}
				b.ReportMetric(seconds, "fit-s")
				b.ReportMetric(bound, "nats")
				b.ReportMetric(steps, "steps")
			})
		}
	}
}

// The two generators agree: the first numbers, worked out by hand.
func TestUniformsAreThoseOfThePeer(t *testing.T) {
	got := uniforms(2, 12345)
	first := uint64(12345)
	first = first*6364136223846793005 + 1442695040888963407
	tk.Close(t, "first", got[0], float64(first>>11)/math.Pow(2, 53), 0)
	for _, u := range uniforms(1000, 1) {
		if u < 0 || u >= 1 {
			t.Fatalf("got %v, want a number in [0, 1)", u)
		}
	}
}
