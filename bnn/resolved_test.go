package bnn

import "testing"

func TestAResolvedConfigurationFitsTheSameNet(t *testing.T) {
	x, y := linearTable(20, 2, .1, 1)
	c := Config{Epochs: 3, Draws: 2, Seed: 4}
	full := c.Resolved(len(x), len(x[0]))
	if full.Method != "vi" || full.Axes != "principal" || full.Batch != 20 || full.LR == 0 || full.Epochs != 3 {
		t.Errorf("got %+v", full)
	}
	a, b := predict(t, fit(t, x, y, c), x[:1])[0], predict(t, fit(t, x, y, full), x[:1])[0]
	if a.Mean != b.Mean || a.SD != b.SD {
		t.Errorf("got %v ± %v and %v ± %v, want the same", a.Mean, a.SD, b.Mean, b.SD)
	}
}
