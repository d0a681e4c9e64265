package train

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// TestEveryBoundTrainsAndResumesExactly: each bound lowers its own loss, its record names it,
// and a run that is interrupted within an epoch ends with the bits of one that is not.
func TestEveryBoundTrainsAndResumesExactly(t *testing.T) {
	for _, name := range vi.BoundNames() {
		t.Run(name, func(t *testing.T) {
			c, s := tiny()
			c.Bound, c.Samples, c.Groups, c.BetaSchedule, c.LR = name, 3, 2, "constant", 1e-2
			want, got := trace{}, trace{}
			run, whole := start(t, c, s, want.observer())
			dir := filepath.Join(t.TempDir(), "run")
			if err := runUntil(c, dir, true, got, []int{13}); !errors.Is(err, ErrInterrupted) {
				t.Fatalf("got %v, want an interrupted run", err)
			}
			if err := runUntil(c, dir, false, got, nil); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) || digest(t, whole) != digest(t, dir) {
				t.Error("the resumed run differs from the whole one")
			}
			sameHistory(t, whole, dir)
			first, last := run.History[0].Valid, run.History[len(run.History)-1].Valid
			if !(last.Maximized() > first.Maximized()) || last.Objective != c.Maximized() || last.Kind != vi.KindELBO {
				t.Errorf("got %v %v after %v, objective %q", last.Kind, last.Maximized(), first.Maximized(), last.Objective)
			}
			best := run.Outcome.Best
			for _, e := range run.History {
				if e.Valid.Maximized() > best.Bound || e.Train.Objective != c.Maximized() {
					t.Errorf("epoch %d: bound %v of %q, best %v", e.Epoch, e.Valid.Maximized(), e.Train.Objective, best.Bound)
				}
			}
			if name == "iwae" && !(last.ObjectiveBound > last.Bound) {
				t.Errorf("IWAE-3: got %v, want above the ELBO %v", last.ObjectiveBound, last.Bound)
			}
		})
	}
}

// TestFlowPosteriorsTrainAndResumeExactly, by the ELBO and by a bound of several draws, in whole
// runs with their evaluation.
func TestFlowPosteriorsTrainAndResumeExactly(t *testing.T) {
	for _, posterior := range vae.PosteriorNames()[1:] {
		for _, bound := range []string{"elbo", "piwae"} {
			c, s := tiny()
			c.Posterior, c.FlowSteps, c.Bound, c.Samples, c.BetaSchedule, c.LR = posterior, 2, bound, 2, "constant", 1e-2
			want, got := trace{}, trace{}
			run, whole := start(t, c, s, want.observer())
			dir := filepath.Join(t.TempDir(), "run")
			if err := runUntil(c, dir, true, got, []int{7}); !errors.Is(err, ErrInterrupted) {
				t.Fatalf("got %v, want an interrupted run", err)
			}
			if err := runUntil(c, dir, false, got, nil); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) || digest(t, whole) != digest(t, dir) {
				t.Errorf("%s, %s: the resumed run differs from the whole one", posterior, bound)
			}
			first, last := run.History[0].Valid, run.History[len(run.History)-1].Valid
			if !(last.Maximized() > first.Maximized()) || len(last.KLPerDim) != 1 {
				t.Errorf("%s, %s: got %v after %v with %d KL terms, want a rise and one", posterior, bound, last.Maximized(), first.Maximized(), len(last.KLPerDim))
			}
			loaded, err := Load(dir, "best", "")
			if err != nil || loaded.Net.ClosedKL() {
				t.Errorf("%s: loaded with a closed KL divergence, or not: %v", posterior, err)
			}
		}
	}
}

// TestPriorsTrainAndResumeExactly: a run that is interrupted within an epoch ends with the bits of
// one that is not, its bound rises, and it loads with its prior.
func TestPriorsTrainAndResumeExactly(t *testing.T) {
	for _, prior := range vae.PriorNames()[1:] {
		c, s := tiny()
		c.Prior, c.BetaSchedule, c.LR = prior, "constant", 1e-2
		want, got := trace{}, trace{}
		run, whole := start(t, c, s, want.observer())
		dir := filepath.Join(t.TempDir(), "run")
		if err := runUntil(c, dir, true, got, []int{7}); !errors.Is(err, ErrInterrupted) {
			t.Fatalf("got %v, want an interrupted run", err)
		}
		if err := runUntil(c, dir, false, got, nil); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) || digest(t, whole) != digest(t, dir) {
			t.Errorf("%s: the resumed run differs from the whole one", prior)
		}
		if first, last := run.History[0].Valid, run.History[len(run.History)-1].Valid; !(last.Bound > first.Bound) {
			t.Errorf("%s: got %v after %v, want a rise", prior, last.Bound, first.Bound)
		}
		loaded, err := Load(dir, "best", "")
		if err != nil {
			t.Fatal(err)
		}
		z, err := loaded.Net.Prior(t.Context(), 3, rng.New(1))
		again, err2 := run.Net.Prior(t.Context(), 3, rng.New(1))
		if err != nil || err2 != nil || loaded.Net.Config.Prior != prior || !reflect.DeepEqual(z, again) {
			t.Errorf("%s: got codes %v of the loaded run, %v of the trained one: %v, %v", prior, z, again, err, err2)
		}
	}
}

// TestBoundsThatDoNotFitAreErrors: unknown names, free bits without a KL term, too many draws,
// and models whose objective is their own.
func TestBoundsThatDoNotFitAreErrors(t *testing.T) {
	for want, edit := range map[string]func(*Config){
		"elvis":       func(c *Config) { c.Bound = "elvis" },
		"free-bits":   func(c *Config) { c.Bound, c.FreeBits = "iwae", .1 },
		"groups":      func(c *Config) { c.Bound, c.Groups = "miwae", 0 },
		"20000":       func(c *Config) { c.Bound, c.Samples, c.Groups = "piwae", 10_000, 2 },
		"share":       func(c *Config) { c.Bound, c.BoundShare = "ciwae", 2 },
		"want elbo":   func(c *Config) { c.Model, c.Bound = "ae", "iwae" },
		"flow: got 0": func(c *Config) { c.Posterior, c.FlowSteps = "iaf", 0 },
		"alpha: got ": func(c *Config) { c.Bound, c.Alpha = "renyi", 1e300 },
	} {
		c, s := tiny()
		edit(&c)
		_, err := Start(context.Background(), c, s, filepath.Join(t.TempDir(), "run"), "test", Observer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}
