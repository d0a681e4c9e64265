package train

import (
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
)

// coded is a run of a VQ-VAE on small images.
func coded(options map[string]string) (Config, func(t *testing.T, obs Observer) *Run) {
	c, s := tinyFor("vq-vae")
	c.Epochs = 5
	c.Options["prior-share"] = "0.2"
	for k, v := range options {
		c.Options[k] = v
	}
	return c, func(t *testing.T, obs Observer) *Run {
		t.Helper()
		run, _ := start(t, c, s, obs)
		return run
	}
}

// While codes are learned the history holds how the validation rows use them, equal to what counting
// gives, and the KL term is not taken for one of a guide.
func TestTheHistoryHoldsTheUseOfCodes(t *testing.T) {
	c, train := coded(map[string]string{"codes": "6", "code-prior": "uniform"})
	var last vi.Epoch
	run := train(t, Observer{Epoch: func(e vi.Epoch, _ bool) { last = e }})
	book, err := Codebook(t.Context(), run.Net, run.Rows.ValidX)
	if err != nil {
		t.Fatal(err)
	}
	maps := run.Net.CodeMaps()
	if want := float64(maps[0].Count()) * math.Log(6); math.Abs(last.Valid.KL-want) > 1e-4 {
		t.Errorf("rate: got %v, want L ln K = %v", last.Valid.KL, want)
	}
	if last.Epoch != c.Epochs || last.Telemetry.Latent != 0 || last.Telemetry.State != "" {
		t.Errorf("telemetry: got %+v, want none of a guide", last.Telemetry)
	}
	for name, want := range map[string]float64{"validation: codes in use, %": 100 * book.Usage, "validation: perplexity of codes": book.Perplexity, "validation: bits a row, entropy-coded": book.EntropyBits} {
		if got, ok := last.Figures[name]; !ok || math.Abs(got-want) > 1e-9*math.Max(1, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if _, ok := last.Figures["codes in use, %"]; !ok {
		t.Errorf("figures: got %v, want those of the steps too", last.Figures)
	}
	if len(run.State.Warnings) > 0 {
		t.Errorf("got warnings %v", run.State.Warnings)
	}
}

// flat makes n images that are all alike: their maps have a few different places.
func flat(n int, _ rng.Key) *data.Set {
	return &data.Set{Name: "flat", Shape: []int{8, 8}, X: make([]float32, n*64)}
}

// A codebook of which next to nothing is used is a warning after three epochs, and no other alarm sounds.
func TestAScarcelyUsedCodebookIsAWarning(t *testing.T) {
	c, _ := coded(map[string]string{"codes": "300", "reset": "0", "code-prior": "uniform"})
	var names []string
	start(t, c, splitsOf(flat, 150, 40, 20), Observer{Warn: func(name, detail string) {
		names = append(names, name)
		if !strings.Contains(detail, "values of the code are in use") {
			t.Errorf("%s: got %q", name, detail)
		}
	}})
	if len(names) != 1 || names[0] != "codebook-collapse" {
		t.Errorf("got warnings %v, want that of the codebook", names)
	}
}

// In the stage of the prior the codes stay, and their use is not counted again.
func TestTheUseOfCodesIsOfTheirStage(t *testing.T) {
	_, train := coded(nil)
	var stages []string
	run := train(t, Observer{Epoch: func(e vi.Epoch, _ bool) {
		_, counted := e.Figures["validation: codes in use, %"]
		if counted != (e.Stage == "codes") {
			t.Errorf("stage %s: counted: %v", e.Stage, counted)
		}
		stages = append(stages, e.Stage)
	}})
	if got := strings.Join(stages, " "); got != "codes codes codes codes prior" {
		t.Errorf("got stages %s", got)
	}
	if _, err := run.Net.Sample(t.Context(), 2, rng.New(1)); err != nil {
		t.Error(err)
	}
}
