package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
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

// kidiq is the regression of children's test scores on their mothers', of the data in a folder.
func kidiq(dir string) (*prob.Model, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "posteriordb", "kidiq-kidscore_momiq.json"))
	if err != nil {
		return nil, fmt.Errorf("numpyro: data: %w", err)
	}
	var doc struct {
		Data struct {
			X []float64 `json:"mom_iq"`
			Y []float64 `json:"kid_score"`
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("numpyro: data: %w", err)
	}
	return prob.New(func(p *prob.Trace) {
		beta := p.Flat("beta", dist.Support{Set: dist.Real}, 2)
		sigma := p.Sample("sigma", dist.HalfCauchy{Scale: p.Const(2.5)})
		b := func(i int) *g.Node { return g.Slice(beta, g.AxisElem(i)) }
		p.Plate("data", len(doc.Data.X), func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(g.Add(b(0), g.Mul(b(1), p.Data("x"))), sigma), p.Data("y"))
		})
	}, prob.Data{"x": doc.Data.X, "y": doc.Data.Y}), nil
}
