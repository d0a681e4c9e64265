package vi_test

import (
	"strings"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

// A guide that is wide in all dimensions, whose means vary: every unit is active, and nothing is read.
func TestACollapseOfActiveUnitsSaysWhatIsWrong(t *testing.T) {
	p := vi.Posterior{N: 2, L: 2, Mean: []float64{-1, 1, 1, -1}, Variance: []float64{1, 1, 1, 1}}
	c := vi.Observe(vi.Record{KL: 3, ShuffledGap: .1}, p, make([]float64, 4))
	if want := "collapsed (decoder-ignores-latent, encoder-at-prior)"; c.ActiveUnits != 2 || c.Judgement() != want {
		t.Errorf("%d units active: got %q, want %q", c.ActiveUnits, c.Judgement(), want)
	}
	p.Variance = []float64{.1, .1, .1, .1}
	if c = vi.Observe(vi.Record{KL: 3, ShuffledGap: 2}, p, make([]float64, 4)); c.Judgement() != vi.Healthy {
		t.Errorf("got %q, want %q", c.Judgement(), vi.Healthy)
	}
}

func TestNegativeInformationIsSaidToBeNoise(t *testing.T) {
	for value, want := range map[float64]string{.456: "0.46 nats", 0: "0.00 nats", -.09: "about 0 nats (estimate -0.09, which is noise)"} {
		if got := (vi.Telemetry{MutualInfo: value}).Information(2); got != want {
			t.Errorf("%v: got %q, want %q", value, got, want)
		}
	}
}

func TestARecordWithoutAKLTermPrintsNone(t *testing.T) {
	got := vi.Record{Kind: vi.KindLogProb, Bound: -3, Reconstruction: -3, N: 5, DataStdErr: .25}.String()
	if want := "−log-likelihood 3.00 (nats, sum over dimensions, mean over 5 data, ± 0.25 over data; no KL term)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (vi.Record{Kind: vi.KindELBO}).String(); !strings.Contains(got, "KL 0.00") {
		t.Errorf("got %q, want a KL term", got)
	}
}
