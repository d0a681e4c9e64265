package paper

import (
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
)

// A VAE of digits finds blank images likelier than digits: −ELBO ranks them the wrong way round, for a simple
// image costs few nats (Serrà et al. 2020). They are found by the score typicality, of which being too
// likely is a fault as well (Nalisnick et al. 2019b), and the correction by the length under a general
// compressor raises their rank. Blank images are of one grey level each, up to a twentieth of white;
// images of all levels are shown beside them.
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
		if area["elbo"] > .1 || area["typicality"] < .95 || area["complexity"] < area["elbo"]+.2 {
			t.Errorf("−ELBO %.3f, typicality %.3f, complexity %.3f: want the first to mislead, at most .1, the second at least .95 and the third to help by .2",
				area["elbo"], area["typicality"], area["complexity"])
		}
	}
}
