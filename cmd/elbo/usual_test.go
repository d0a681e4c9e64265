package main

import (
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train"
)

// β is 4 of beta-vae unless told otherwise; its flag says so.
func TestModelsHaveTheirUsualSettingsUnlessToldOtherwise(t *testing.T) {
	t.Chdir(t.TempDir())
	run := func(model string, more ...string) (train.Config, string) {
		args := append(small("--out", "r-"+model+strings.Join(more, "")), more...)
		args[1] = model
		out := must(t, args...).out
		c, _, err := train.ReadConfig("r-" + model + strings.Join(more, ""))
		if err != nil {
			t.Fatal(err)
		}
		return c, out
	}
	if c, out := run("beta-vae"); c.Beta != 4 || !strings.Contains(out, "4 throughout") {
		t.Errorf("beta-vae: got β %v: %s", c.Beta, out)
	}
	if c, _ := run("beta-vae", "--beta", "2"); c.Beta != 2 {
		t.Errorf("beta-vae --beta 2: got β %v", c.Beta)
	}
	if c, _ := run("vae"); c.Beta != 1 || c.Capacity != 0 {
		t.Errorf("vae: got β %v, capacity %v", c.Beta, c.Capacity)
	}
	if c, _ := run("poincare-vae", "--latent", "3"); c.Latent != 3 {
		t.Errorf("poincare-vae --latent 3: got %d dimensions", c.Latent)
	}
	if c, out := run("disentangled-beta-vae", "--capacity", "3"); c.Beta != 1 || c.Capacity != 3 || !strings.Contains(out, "a capacity of 3 nats") {
		t.Errorf("disentangled-beta-vae: got β %v, capacity %v: %s", c.Beta, c.Capacity, out)
	}
	if help := must(t, "train", "--help").out; !strings.Contains(help, "weight β of the KL term; 4 of beta-vae (default 1)") {
		t.Error("the help does not tell the usual β")
	}
}

// What is done against collapse is said by flags, and what does not fit is a mistake of the user.
func TestRemediesAreFlagsOfTraining(t *testing.T) {
	t.Chdir(t.TempDir())
	o := must(t, small("--out", "r", "--mean-scale", "0.5", "--min-rate", "0.02", "--skip", "--aggressive", "--free-bits", "0.1", "--free-bits-group", "2")...)
	if want := "collapse   0.1 nats free in every 2 latent dimensions; at least 0.02 nats in every latent dimension; means of a deviation of 0.5; the code in every layer"; !strings.Contains(o.out, want) {
		t.Errorf("got %s, want %q in it", o.out, want)
	}
	must(t, "eval", "r", "--k", "10", "--rows", "20")
	must(t, "sample", "r", "--out", "s.png")
	for want, flags := range map[string][]string{
		"the capacity takes its place": {"--capacity", "3", "--beta", "2"},
		"got the posterior iaf":        {"--min-rate", "0.1", "--posterior", "iaf"},
	} {
		if o := call(t.Context(), small(append([]string{"--out", "q"}, flags...)...)...); o.code != exitUsage || !strings.Contains(o.err, want) {
			t.Errorf("%v: got exit %d: %s", flags, o.code, o.err)
		}
	}
}
