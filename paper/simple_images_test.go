package paper

import (
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
)

// A VAE of digits does not find blank images strange: a simple image costs few nats, so that their −ELBO lies in
// the middle of that of digits, with an AUROC of .64 (seed 1). Less the length under a general compressor it
// finds every one (Serrà et al. 2020). Typicality, of which being too likely is a fault as well
// (Nalisnick et al. 2019b), does better than −ELBO, .79, but one row has no typical set of its own: it was
// expected to find them and does not. Blank images are of one grey level each, up to a twentieth of
// white; images of all levels, most of which −ELBO finds, are shown beside them.
func TestPaperAnomalySimpleImages(t *testing.T) {
	long(t)
	s, whole := opened(t)
	epochs, full := budget(t, 10)
	m := fit(t, "mnist-simple", elbo.Config{Data: "mnist", Binarize: "none", Epochs: epochs, Seed: 1}, s)
	const n = 1000
	for _, most := range []float32{.05, 1} {
		blank := &data.Set{Shape: []int{28, 28}, X: make([]float32, n*784)}
		for i := range blank.X {
			blank.X[i] = most * float32(i/784) / (n - 1)
		}
		rows := append(s.Test.Rows()[:n:n], blank.Rows()...)
		strange := make([]bool, 2*n)
		for i := range n {
			strange[n+i] = true
		}
		area := map[string]float64{}
		for _, name := range []string{"elbo", "reconstruction", "typicality", "complexity", "mahalanobis"} {
			d := detectBy(t, m, name, rows, strange)
			area[name] = d.AUROC.Value
			t.Logf("one grey level up to %v: %s: AUROC %s", most, name, shown(d.AUROC))
		}
		if most == 1 || !whole || !full {
			continue
		}
		if area["elbo"] > .8 || area["typicality"] <= area["elbo"] || area["complexity"] < .95 {
			t.Errorf("−ELBO %.3f, typicality %.3f, complexity %.3f: want the first to fail, at most .8, the second above it and the third at least .95",
				area["elbo"], area["typicality"], area["complexity"])
		}
	}
}
