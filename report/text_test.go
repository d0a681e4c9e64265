package report

import (
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vi"
)

// measured is a scene with plain figures.
func measured(t *testing.T, model string, edit func(*scene)) *scene {
	s := sceneOf(t, model, 3, nil)
	s.Record = vi.Record{Kind: s.Record.Kind, Bound: -108.74, Reconstruction: -83.5, KL: 25.24, KLPerDim: []float64{20, 5, .24}, N: 2000, Samples: 2, DataStdErr: .61, StdErr: .05}
	s.Telemetry = vi.Telemetry{ActiveUnits: 2, Latent: 3, MutualInfo: 6, MutualInfoCap: 6.2, ShuffledGap: 300, State: vi.PartlyCollapsed}
	if edit != nil {
		edit(s)
	}
	return s
}

func TestVerdictSaysWhatTheFigureIs(t *testing.T) {
	for _, c := range []struct {
		name, model, want string
		edit              func(*scene)
	}{
		{"bound", "vae", "−ELBO 108.7 nats on 2,000 test images, 2 of 3 latent dimensions in use.", nil},
		{"table", "vae", "−ELBO 108.7 nats on 2,000 test rows, 2 of 3 latent dimensions in use.", func(s *scene) { s.show.Shape = []int{64} }},
		{"evidence", "vae", "−ELBO 108.7 nats on 2,000 test images, −ln p(x) about 105.2 from 5,000 importance weights a row, 2 of 3 latent dimensions in use.",
			func(s *scene) { s.NLL = &vi.ImportanceRecord{NLL: 105.23, K: 5000, N: 100} }},
		{"collapse", "vae", "−ELBO 108.7 nats on 2,000 test images, 0 of 3 latent dimensions in use. The posterior has collapsed: the decoder hardly uses the code.",
			func(s *scene) { s.Telemetry.ActiveUnits, s.Telemetry.State = 0, vi.Collapsed }},
		{"grey", "vae", "−ELBO 108.7 nats on 2,000 test images, 2 of 3 latent dimensions in use. The data have grey values, so the figure is a cross-entropy and not a log-likelihood: do not compare it with published ones.",
			func(s *scene) { s.TestX = append([]float32{.5}, s.TestX[1:]...) }},
		{"no prior", "ae", "−ln p(x|z) 108.7 nats on 2,000 test images. This model has no prior, so the figure is a reconstruction error and no bound on ln p(x).", nil},
		{"nothing", "vae", "Not evaluated on test data.", func(s *scene) { s.Record = vi.Record{} }},
	} {
		if got := measured(t, c.model, c.edit).verdict(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// figureOf finds a key figure by name.
func figureOf(s *scene, name string) plot.KeyFigure {
	for _, f := range s.keyFigures() {
		if f.Name == name {
			return f
		}
	}
	return plot.KeyFigure{}
}

func TestKeyFiguresCarryTheirConventions(t *testing.T) {
	s := measured(t, "vae", func(s *scene) {
		s.Binarization = "dynamic"
		s.NLL = &vi.ImportanceRecord{NLL: 105.23, K: 500, N: 100, ESS: 40, MinESS: 1.5, StdErr: .02, DataStdErr: .9}
		s.History[2].Valid.Bound = -1 // the best
		s.History[3].Beta = .5
	})
	for _, c := range []struct{ name, value, unit, note string }{
		{"−ELBO, test", "108.74", "nats", "sum over 64 dimensions, mean over 2,000 test images; standard error 0.61 over data, 0.05 Monte Carlo; 2 draws of z a row; at β = 1"},
		{"−Reconstruction", "83.50", "nats", "−E ln p(x|z)"},
		{"KL", "25.24", "nats", "sum over 3 latent dimensions"},
		{"−ln p(x), test", "105.23", "nats", "exactly 500 weights on 100 test images"},
		{"Latent dimensions in use", "2", "of 3", "partly collapsed"},
		{"Mutual information of x and z", "6.00", "nats", "cannot exceed 6.20"},
		{"Codes of other data cost", "300.00", "nats", "another row"},
		{"Binarisation", "dynamic", "", "cannot be compared"},
		{"β at the end", "0.5", "", "every figure here is at β = 1"},
		{"Best epoch", "3", "of 4", "by the bound on the validation data at β = 1, there −1.00 nats"},
		{"Training speed", "1,002", "examples/s", "median"},
	} {
		f := figureOf(s, c.name)
		if f.Value != c.value || f.Unit != c.unit || !strings.Contains(f.Note, c.note) {
			t.Errorf("%s: got %+v, want %+v", c.name, f, c)
		}
	}
	s = measured(t, "ae", nil)
	for _, f := range s.keyFigures() {
		if strings.Contains(f.Name, "KL") || strings.Contains(f.Name, "β") || strings.Contains(f.Name, "ELBO") {
			t.Errorf("a model without a prior has the figure %+v", f)
		}
	}
}

func TestBitsPerDimensionOfLevels(t *testing.T) {
	s := measured(t, "vae", func(s *scene) {
		s.Record.Bound = -64 * 3 * math.Ln2
		s.Net.Config.Likelihood = "discretized-logistic"
	})
	if f := figureOf(s, "The same per value"); f.Value != "3.000" || f.Unit != "bits per dimension" {
		t.Errorf("got %+v, want 3 bits per dimension", f)
	}
}

func TestBestEpochIgnoresWhatIsMissing(t *testing.T) {
	h := epochs(4, 2)
	h[1].Valid.Bound = nan
	h[3].Valid = vi.Record{} // a bound of 0 over no data
	if got := bestEpoch(h); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
	if got := bestEpoch(nil); got != -1 {
		t.Errorf("no history: got %d, want −1", got)
	}
}

func TestSteepEpochsAreLeftOutOfLongHistoriesOnly(t *testing.T) {
	if got := len(settled(epochs(9, 2))); got != 9 {
		t.Errorf("nine epochs: got %d drawn, want 9", got)
	}
	h := epochs(30, 2)
	got := settled(h)
	if len(got) >= 30 || len(got) < 15 || got[len(got)-1].Epoch != 30 {
		t.Errorf("thirty epochs: got %d drawn, want the flat end of at least half", len(got))
	}
	for i := range h {
		h[i].Train.Bound = float64(i)
	}
	if got := len(settled(h)); got != 30 {
		t.Errorf("a straight line: got %d drawn, want all 30", got)
	}
	for i := range h {
		h[i].Train.Bound = nan
	}
	if got := len(settled(h)); got < 15 {
		t.Errorf("no finite value: got %d drawn, want at least half", got)
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for got, want := range map[string]string{
		count(1, "epoch"): "1 epoch", count(2000, "row"): "2,000 rows", number(-3.14159, 2): "−3.14",
		signed(-2.4000000001): "−2.4", signed(0): "0", signed4(.00012345678): "0.0001235",
		fraction(0, 8): "0", fraction(2, 8): "1/4", fraction(8, 8): "1",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAnotherObjectiveIsNamedAndChoosesTheBestEpoch(t *testing.T) {
	s := measured(t, "vae", func(s *scene) {
		for i := range s.History {
			s.History[i].Valid.Objective, s.History[i].Valid.ObjectiveBound = "IWAE-5", -50
		}
		s.History[1].Valid.ObjectiveBound = -40
	})
	if note := figureOf(s, "−ELBO, test").Note; !strings.HasSuffix(note, "; training maximised IWAE-5") {
		t.Errorf("got %q", note)
	}
	if f := figureOf(s, "Best epoch"); f.Value != "2" || !strings.Contains(f.Note, "−40.00") {
		t.Errorf("best epoch: got %+v, want 2 with −40", f)
	}
}
