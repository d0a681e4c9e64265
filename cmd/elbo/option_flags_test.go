package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
)

func TestSettingsOfModelsAreFlags(t *testing.T) {
	table := optionFlags([]vae.Spec{
		{Name: "a", Options: []vae.Option{{Name: "gamma", Usage: "weight", Default: "10"}}},
		{Name: "b", Options: []vae.Option{
			{Name: "codes", Usage: "entries", Default: "8"},
			{Name: "gamma", Usage: "rate", Default: ".5", Kind: vae.Choice, Choices: []string{".5", "1"}},
		}},
	})
	var c train.Config
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	for _, flag := range table {
		flag.add(f, &c, flag.name)
	}
	if err := f.Parse([]string{"--gamma", "1"}); err != nil {
		t.Fatal(err)
	}
	if len(table) != 2 || len(c.Options) != 1 || c.Options["gamma"] != "1" || table[1].get(&c) != "1" || table[0].get(&c) != "" {
		t.Errorf("got %d flags and options %v", len(table), c.Options)
	}
	want := "of a: weight (default 10); of b: rate: .5, 1 (default .5)"
	if got := f.Lookup("gamma").Usage; got != want {
		t.Errorf("usage: got %q, want %q", got, want)
	}
	if strings.Contains(f.FlagUsages(), "<nil>") {
		t.Errorf("usages:\n%s", f.FlagUsages())
	}
}

// A setting of a model's own must not take the name of one that all share.
func TestSettingsOfModelsHaveNamesOfTheirOwn(t *testing.T) {
	shared := map[string]bool{"model": true, "out": true, "resume": true, "no-report": true, "quiet": true, "json": true}
	for _, f := range sharedFlags {
		shared[f.name] = true
	}
	for _, s := range vae.Specs() {
		for _, o := range s.Options {
			if shared[o.Name] {
				t.Errorf("%s: option %s: its name is that of a flag of all models", s.Name, o.Name)
			}
		}
	}
}

func TestHelpShowsTheSettingsOfTheNamedModelAlone(t *testing.T) {
	for line, want := range map[string][2]bool{"vq-vae": {true, false}, "factor-vae": {false, true}, "": {false, false}} {
		args := append([]string{"train"}, strings.Fields(line)...)
		text := must(t, append(args, "--help")...).out
		if got := [2]bool{strings.Contains(text, "--code-dim "), strings.Contains(text, "--critic ")}; got != want {
			t.Errorf("help of train %s: got settings of VQ-VAE and FactorVAE %v, want %v", line, got, want)
		}
		if !strings.Contains(text, "--epochs ") {
			t.Errorf("help of train %s: got no flags that all models share", line)
		}
	}
}

func TestASwitchNeedsNoValue(t *testing.T) {
	var c train.Config
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	for _, flag := range optionFlags([]vae.Spec{{Name: "a", Options: []vae.Option{{Name: "deep", Default: "false", Kind: vae.Switch}}}}) {
		flag.add(f, &c, flag.name)
	}
	if err := f.Parse([]string{"--deep", "x"}); err != nil || c.Options["deep"] != "true" || f.NArg() != 1 {
		t.Errorf("got options %v and error %v, want the switch on and one argument", c.Options, err)
	}
}
