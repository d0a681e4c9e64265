package train

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// remedial is the small run with everything that acts on the KL term or the guide: turns, normed means
// with running moments, a minimum rate, a skipping decoder and a capacity that rises.
func remedial() Config {
	c, _ := tiny()
	c.Epochs, c.BetaSchedule = 6, "constant"
	c.Aggressive, c.MeanScale, c.MinRate, c.Skip, c.Capacity = true, .5, .05, true, 2
	return c
}

// A run with all remedies that is stopped at ten steps, some between the turns of guide and others, and
// resumed makes every step with the bits of the uninterrupted run; opened for use it has the running
// moments.
func TestRunsWithRemediesResumeToTheBit(t *testing.T) {
	c := remedial()
	_, s := tiny()
	want, got := trace{}, trace{}
	_, whole := start(t, c, s, want.observer())
	stops := rng.New(5).Perm(59)[:10]
	dir := filepath.Join(t.TempDir(), "run")
	for i := 0; ; i++ {
		err := runUntil(c, dir, i == 0, got, stops)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) || digest(t, whole) != digest(t, dir) {
		t.Error("the resumed run differs from the whole one")
	}
	sameHistory(t, whole, dir)
	m, err := Load(dir, "last", "")
	if err != nil {
		t.Fatal(err)
	}
	if a := m.State.Aggressive; a == nil || a.Guide <= a.Others || a.Guide+a.Others < 60 {
		t.Errorf("turns: got %+v of 60 steps, want more of the guide's", a)
	}
	x := s.Test.X[:16]
	a, _, err := m.Net.Encode(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.Index(m.Net.Params.Names(), "encoder/norm/mean"); i < 0 || len(a) != c.Latent {
		t.Errorf("got %v, want running moments among them", m.Net.Params.Names())
	}
}

// While the guide learns ahead the decoder makes few steps; the parts that do not move keep their
// values and moments.
func TestTheDecoderRestsWhileTheGuideLearnsAhead(t *testing.T) {
	c, s := tiny()
	c.Epochs, c.BetaSchedule, c.Aggressive = 1, "constant", true
	_, dir := start(t, c, s, Observer{})
	run, err := Load(dir, "last", "")
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := c.Resolve(s.Train).NewNetwork(FactsOf(s.Train))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Reconstruct(t.Context(), s.Test.X); err != nil {
		t.Fatal(err)
	}
	before := map[string][]float64{}
	arrays, err := fresh.Params.Export()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range arrays {
		before[a.Name] = a.Data
	}
	if arrays, err = run.Net.Params.Export(); err != nil {
		t.Fatal(err)
	}
	for _, a := range arrays { // ten steps, all of which are the guide's
		if old, ok := before[a.Name]; ok && slices.Equal(old, a.Data) != strings.HasPrefix(a.Name, "decoder/") {
			t.Errorf("%s: unchanged is %v after ten steps of the guide", a.Name, slices.Equal(old, a.Data))
		}
	}
	if a := run.State.Aggressive; a.Guide != 10 || a.Others != 0 {
		t.Errorf("got %+v, want ten steps of the guide", a)
	}
}

func TestModelsHaveTheirUsualSettings(t *testing.T) {
	if c := DefaultFor("beta-vae"); c.Beta != 4 || c.Capacity != 0 || c.Model != "beta-vae" {
		t.Errorf("beta-vae: got β %v, capacity %v", c.Beta, c.Capacity)
	}
	spec, _ := vae.Lookup("disentangled-beta-vae")
	if c := DefaultFor(spec.Name); c.Beta != 1 || c.Capacity != 25 {
		t.Errorf("%s: got %+v", spec.Name, c)
	}
	if c := DefaultFor("poincare-vae"); c.Latent != 5 || c.Epochs != Default().Epochs {
		t.Errorf("poincare-vae: got %d dimensions and %d epochs, want 5 and the usual ones", c.Latent, c.Epochs)
	}
	if c := DefaultFor("vae"); !reflect.DeepEqual(c, Default()) {
		t.Errorf("vae: got %+v, want the default", c)
	}
}

func TestRemediesThatDoNotFitAreErrors(t *testing.T) {
	for want, edit := range map[string]func(c *Config){
		"the capacity takes its place":       func(c *Config) { c.Capacity, c.Beta = 5, 4 },
		"cyclical, want a constant β":        func(c *Config) { c.Capacity, c.BetaSchedule = 5, "cyclical" },
		"want one of the two":                func(c *Config) { c.Capacity, c.FreeBits = 5, .1 },
		"only the ELBO has a KL term":        func(c *Config) { c.Capacity, c.Bound = 5, "iwae" },
		"trains in one stage":                func(c *Config) { c.Aggressive, c.Model = true, "rae-l2" },
		"capacity: got -1":                   func(c *Config) { c.Capacity = -1 },
		"capacity-warmup: got 2":             func(c *Config) { c.CapacityWarmup = 2 },
		"minimum rate: got 99":               func(c *Config) { c.MinRate = 99 },
		"free-bits-group: got -1":            func(c *Config) { c.FreeBitsGroup = -1 },
		"capacity-weight: got -1, want 0 to": func(c *Config) { c.CapacityWeight = -1 },
	} {
		c := Default()
		edit(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	c, s := tinyFor("ae")
	c.Aggressive = true
	if _, err := Start(t.Context(), c, s, filepath.Join(t.TempDir(), "run"), "test", Observer{}); err == nil || !strings.Contains(err.Error(), "want one with a guide") {
		t.Errorf("got %v, want a refusal", err)
	}
	if err := (Config{Model: "vae", Epochs: 5, Capacity: 3, CapacityWarmup: .5, BetaSchedule: "constant"}).MoreEpochs(6); err == nil || !strings.Contains(err.Error(), "its capacity stretches") {
		t.Errorf("got %v, want a refusal of more epochs", err)
	}
}

// The KL term follows a capacity, and epochs before it is reached do not compete.
func TestACapacityHoldsTheKLTerm(t *testing.T) {
	c, s := tiny()
	c.Epochs, c.BetaSchedule, c.LR, c.Capacity, c.CapacityWeight, c.CapacityWarmup = 40, "constant", .01, 1.2, 20, .25
	var best []int
	run, _ := start(t, c, s, Observer{Epoch: func(e vi.Epoch, b bool) {
		if b {
			best = append(best, e.Epoch)
		}
	}})
	if kl := run.History[len(run.History)-1].Train.KL; kl < 1.1 || kl > 1.3 {
		t.Errorf("KL at the end: got %v, want 1.2", kl)
	}
	if early := run.History[3].Train.KL; early > .8 {
		t.Errorf("KL of epoch 4: got %v, want it to rise with the capacity, .42 there", early)
	}
	if len(best) == 0 || best[0] < 10 {
		t.Errorf("best epochs: got %v, want none before the tenth", best)
	}
}
