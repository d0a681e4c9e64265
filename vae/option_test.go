package vae_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
)

func init() {
	vae.Register(vae.Spec{Name: "test-options", Summary: "options of every kind, for tests", Options: []vae.Option{
		{Name: "gamma", Usage: "a number", Default: "1.5", Kind: vae.Number, Min: 0, Max: 10},
		{Name: "codes", Usage: "a whole number", Default: "8", Kind: vae.Whole, Min: 2, Max: 64},
		{Name: "levels", Usage: "a list", Default: "8,5,5", Kind: vae.List, Min: 2, Max: 99},
		{Name: "distance", Usage: "a choice", Default: "euclid", Kind: vae.Choice, Choices: []string{"euclid", "cosine"}},
		{Name: "reset", Usage: "a switch", Default: "true", Kind: vae.Switch},
	}, New: func(c vae.Config) vae.Model { return &optioned{tied{c}} }})
}

// optioned shows what it was built from.
type optioned struct{ tied }

// good is a configuration of test-options.
func good(options map[string]string) vae.Config {
	return vae.Config{Dim: 6, Latent: 2, Likelihood: "gaussian", Sigma: .5, Options: options}
}

func TestOptionsReachTheModelWithTheirDefaults(t *testing.T) {
	given := map[string]string{"gamma": "3e-1", "levels": "4, 3", "distance": "cosine", "reset": "false"}
	before := maps.Clone(given)
	m := zoo.New(t, "test-options", good(given)).(*optioned)
	if m.Number("gamma") != .3 || m.Whole("codes") != 8 || !slices.Equal(m.List("levels"), []int{4, 3}) || m.Choice("distance") != "cosine" || m.On("reset") {
		t.Errorf("got %v", m.Options)
	}
	if !maps.Equal(given, before) {
		t.Errorf("the options given have become %v", given)
	}
	if c := good(nil).Resolved("test-options"); c.Options["codes"] != "8" || c.Number("gamma") != 1.5 || !c.On("reset") {
		t.Errorf("defaults: got %v", c.Options)
	}
	if c := good(nil).Resolved("ae"); c.Options != nil {
		t.Errorf("a model without options: got %v", c.Options)
	}
}

func TestWrongOptionsAreErrors(t *testing.T) {
	for _, c := range []struct{ model, name, value, want string }{
		{"test-options", "gama", "1", "test-options: got the setting gama, want one of gamma, codes, levels, distance, reset"},
		{"ae", "gamma", "1", "ae: got the setting gamma, want none of its own"},
		{"test-options", "gamma", "ten", `gamma: got "ten", want a number from 0 to 10`},
		{"test-options", "gamma", "NaN", `gamma: got "NaN", want a number from 0 to 10`},
		{"test-options", "gamma", "10.5", "want a number from 0 to 10"},
		{"test-options", "codes", "2.5", `codes: got "2.5", want a whole number from 2 to 64`},
		{"test-options", "codes", "", "want a whole number"},
		{"test-options", "levels", "8,,5", "want whole numbers from 2 to 99, parted by commas"},
		{"test-options", "levels", "8,1", "want whole numbers from 2 to 99, parted by commas"},
		{"test-options", "distance", "manhattan", `distance: got "manhattan", want one of euclid, cosine`},
		{"test-options", "reset", "yes", `reset: got "yes", want true or false`},
	} {
		_, err := vae.New(c.model, good(map[string]string{c.name: c.value}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: got %v, want %q", c.name, c.value, err, c.want)
		}
	}
}

func TestAnUndeclaredOptionIsAMistakeOfTheProgram(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("read without a panic")
		}
	}()
	good(nil).Resolved("test-options").Number("delta")
}

// What a model declares has to be in order: a default that is refused would make every run fail.
func TestDeclaredOptionsHaveValidDefaults(t *testing.T) {
	for _, s := range vae.Specs() {
		seen := map[string]bool{}
		for _, o := range s.Options {
			if err := o.Check(o.Default); err != nil {
				t.Errorf("%s: default: %v", s.Name, err)
			}
			if err := o.Check(s.WithOptions(s.Small())[o.Name]); err != nil {
				t.Errorf("%s: small: %v", s.Name, err)
			}
			if seen[o.Name] || o.Name == "" || o.Usage == "" {
				t.Errorf("%s: option %q: named twice or without usage", s.Name, o.Name)
			}
			seen[o.Name] = true
		}
	}
}
