package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestFlagsThatARunMakesNoUseOfAreNamed(t *testing.T) {
	for _, c := range []struct{ args, note string }{
		{"vae --alpha .3", "--alpha is not used: the bound is elbo"},
		{"vae --groups 3 --bound iwae --samples 2", "--groups is not used: the bound is iwae"},
		{"vae --groups 3 --bound piwae --samples 2", ""},
		{"vae --bound-share .3", "--bound-share is not used: the bound is elbo"},
		{"vae --sigma .3", "--sigma is not used: the likelihood is bernoulli"},
		{"vae --sigma .3 --likelihood laplace", ""},
		{"vae --flow-steps 3", "--flow-steps is not used: the posterior is normal, no flow"},
		{"vae --channels 4", "--channels is not used: the net is mlp"},
		{"vae --components 3", "--components is not used: the prior is normal"},
		{"vae --components 3 --prior mixture", ""},
		{"vae --pseudo noise --prior mixture", "--pseudo is not used: the prior is mixture"},
		{"vae --beta-cycles 2", "--beta-cycles is not used: the schedule of β is constant"},
		{"vae --capacity-weight 2", "--capacity-weight is not used: --capacity is 0"},
		{"linear-vae --hidden 3", "--hidden is not used: model linear-vae has no layers of hidden widths"},
		{"linear-vae --hidden none", ""},
		{"vae --alpha .3 --quiet", ""},
		{"linear-vae --channels 3", "--channels is not used: model linear-vae has no net of images"},
		{"nvae --latent 3 --layers 2,1", "--latent is not used: settings of model nvae decide the size of its code"},
		{"realnvp --data noisy-cubic --latent 3", "--latent is not used: a code of model realnvp has as many values as a row"},
		{"aae --beta 3 --critic 4", "--beta is not used: model aae has no KL term"},
		{"aae --free-bits .3 --critic 4", "--free-bits is not used: model aae has no KL term"},
	} {
		args := append([]string{"train"}, strings.Fields(c.args+" --max-rows 20 --epochs 1 --no-report")...)
		if !strings.Contains(c.args, "--hidden") && !strings.Contains(c.args, "linear") {
			args = append(args, "--hidden", "4")
		}
		o := call(t.Context(), append(args, "--out", filepath.Join(t.TempDir(), "run"))...)
		want := ""
		if c.note != "" {
			want = "note: " + c.note + "\n"
		}
		if o.code != 0 || o.err != want {
			t.Errorf("train %s: got exit %d and %q on stderr, want %q", c.args, o.code, o.err, want)
		}
	}
}

func TestTheFlagsThatAreSometimesUnreadAreFlags(t *testing.T) {
	flags := newTrain(streams{}).Flags()
	var known []string
	flags.VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	for _, s := range sometimes {
		if !slices.Contains(known, s.flag) {
			t.Errorf("got a reason for --%s, which is no flag of `elbo train`", s.flag)
		}
	}
}

func TestASweepNamesFlagsThatNoneOfItsRunsReads(t *testing.T) {
	o := call(t.Context(), "sweep", "vae", "--bound", "elbo,renyi", "--alpha", ".3", "--groups", "2,3", "--samples", "2",
		"--hidden", "4", "--max-rows", "20", "--epochs", "1", "--no-report", "--out", filepath.Join(t.TempDir(), "sweep"))
	if want := "note: --groups is not used by any run\n"; o.code != 0 || o.err != want {
		t.Errorf("got exit %d and %q on stderr, want %q", o.code, o.err, want)
	}
}

func TestAModelWithoutHiddenLayersIsNotSaidToHaveSome(t *testing.T) {
	o := must(t, "train", "linear-vae", "--max-rows", "20", "--epochs", "1", "--no-report", "--out", filepath.Join(t.TempDir(), "run"))
	if strings.Contains(o.out, "hidden") {
		t.Errorf("got %q, want no hidden layers", o.out)
	}
}
