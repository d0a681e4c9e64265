package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// The decoder of a linear model is x̂ = Wz + b, whose sensitivity is the norm of each column of W: outputs of size
// 2 round by 1e-7 in float32, over steps of 2⁻⁵ of a code of scale 1, in five columns.
func TestSensitivityOfALinearDecoderIsTheNormOfItsColumns(t *testing.T) {
	c, s := tinyFor("linear-vae")
	run, dir := start(t, c, s, Observer{})
	got := run.Outcome.Telemetry.Sensitivity
	if len(got) != c.Latent {
		t.Fatalf("got %v, want %d values", got, c.Latent)
	}
	for j, w := range decoderRows(t, run) {
		norm := 0.
		for _, v := range w {
			norm = math.Hypot(norm, v)
		}
		if math.Abs(got[j]-norm) > 2e-5 {
			t.Errorf("dimension %d: got %v, want %v", j, got[j], norm)
		}
	}
	history, err := ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range history {
		if len(e.Telemetry.Sensitivity) != c.Latent || e.Telemetry.MMD == nil || e.Telemetry.MMD.Draws != 20 {
			t.Errorf("epoch %d: got %+v, want the sensitivity and the discrepancy of 20 rows", e.Epoch, e.Telemetry)
		}
	}
}

// Networks with an encoder and a decoder of real codes have the sensitivity alone where they have no
// prior, those of a code that is indices or the data in other coordinates have neither.
func TestTelemetryHoldsWhatAModelHas(t *testing.T) {
	for name, want := range map[string]struct{ sensitivity, mmd bool }{
		"vae": {true, true}, "cvae": {true, true}, "hvae": {true, true}, "s-vae": {true, true},
		"m2": {true, true}, "ae": {true, false}, "vq-vae": {false, false}, "realnvp": {false, false},
	} {
		if _, ok := vae.Lookup(name); !ok {
			t.Errorf("%s is no model", name)
			continue
		}
		c, s := tinyFor(name)
		c.Epochs = 2
		run, _ := start(t, c, s, Observer{})
		for _, tel := range []vi.Telemetry{run.Outcome.Telemetry, run.History[0].Telemetry} {
			if (tel.Sensitivity != nil) != want.sensitivity || (tel.MMD != nil) != want.mmd {
				t.Errorf("%s: got sensitivity %v and discrepancy %v, want %+v", name, tel.Sensitivity, tel.MMD, want)
			}
			if slices.ContainsFunc(tel.Sensitivity, func(v float64) bool { return !(v >= 0) }) {
				t.Errorf("%s: got %v, want none below 0", name, tel.Sensitivity)
			}
		}
	}
}

// A guide that is the prior, of an encoder whose weights are all 0, is not told from it, which it would be for about
// one seed in eighty; one with the means 1.5 is.
func TestDiscrepancyTellsAGuideFromThePrior(t *testing.T) {
	c, s := tiny()
	net, err := c.Resolve(s.Train).NewNetwork(FactsOf(s.Train))
	if err != nil {
		t.Fatal(err)
	}
	p := newProbe(net, 64)
	for _, mean := range []float64{math.NaN(), 0, 1.5} {
		if mean == mean { // the first observation makes the parameters
			setGuide(t, net, mean)
		}
		tel, err := p.observe(t.Context(), s.Train.X, vi.Record{}, rng.New(1))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("mean %v: %+v", mean, *tel.MMD)
		if mean == mean && tel.MMD.Distinct() != (mean > 0) {
			t.Errorf("mean %v: got %+v, want it told from the prior: %v", mean, *tel.MMD, mean > 0)
		}
	}
}

// setGuide makes q(z|x) = N(mean, I) for all x.
func setGuide(t *testing.T, net *vae.Network, mean float64) {
	t.Helper()
	arrays, err := net.Params.Export()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range arrays {
		if !strings.HasPrefix(a.Name, "encoder/") {
			continue
		}
		for i := range a.Data {
			a.Data[i] = 0
			if strings.HasSuffix(a.Name, "mean/bias") {
				a.Data[i] = mean
			}
		}
	}
	if err := net.Params.Import(arrays); err != nil {
		t.Fatal(err)
	}
}

// Runs that were written before these measures open and print as they did, and telemetry without them
// is written as it was.
func TestTelemetryWithoutTheNewMeasuresStaysAsItWas(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "run", "eval.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "sensitivity") {
		t.Fatal("the old run has the measures, want one without")
	}
	var o Outcome
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	if o.Telemetry.Sensitivity != nil || o.Telemetry.MMD != nil || o.Telemetry.Latent != 1 {
		t.Errorf("got %+v, want one latent dimension and no new measure", o.Telemetry)
	}
	out, err := json.Marshal(o.Telemetry)
	if err != nil || strings.Contains(string(out), "sensitivity") || strings.Contains(string(out), "mmd\"") {
		t.Errorf("got %s, %v", out, err)
	}
}
