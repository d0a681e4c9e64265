package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/internal/option"
)

func TestAnEngineIsInTheCatalogue(t *testing.T) {
	e, ok := catalog.Lookup(catalog.Conjugate, "test-root")
	if !ok || e.Command != "elbo train test-root" || e.Paper != "Heron" {
		t.Errorf("got %+v, %v", e, ok)
	}
	if s, ok := Lookup("test-root"); !ok || s.Summary != newton.Summary {
		t.Errorf("got %+v", s)
	}
	if _, ok := Lookup("vae"); ok {
		t.Error("found an engine that there is not")
	}
	if !slices.IsSorted(Names()) || !slices.Contains(Names(), "test-root") {
		t.Errorf("got %v", Names())
	}
}

func TestMistakesOfTheProgramPanic(t *testing.T) {
	other := newton
	other.Name = "test-other"
	for want, edit := range map[string]func(*Spec){
		"registered twice": func(s *Spec) { s.Name = "test-root" },
		"want Open":        func(s *Spec) { s.Open = nil },
		"want Open, Load":  func(s *Spec) { s.Sweep = "" },
		"test-other: default: a: got \"x\"": func(s *Spec) {
			s.Options = option.Set{{Name: "a", Default: "x", Kind: option.Number}}
		},
	} {
		s := other
		edit(&s)
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}()
			Register(s)
		}()
	}
	c := newton.Default()
	for _, read := range []func(){func() { c.Text("colour") }, func() { c.Whole("colour") }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("read what is not declared")
				}
			}()
			read()
		}()
	}
}

func TestAConfigHasTheSettingsOfItsEngine(t *testing.T) {
	c := Config{Model: "test-root", Data: "two", Options: map[string]string{"steps": "9", "note": "a, b,,a"}}.Resolved()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Whole("steps") != 9 || c.Whole("starts") != 2 || !c.On("on") || c.Number("scale") != 1.5 || c.Text("side") != "" {
		t.Errorf("got %v", c.Options)
	}
	if got := c.List("note"); !slices.Equal(got, []string{"a", "b"}) || c.List("side") != nil {
		t.Errorf("got %q", got)
	}
}

func TestWrongConfigsAreErrors(t *testing.T) {
	for want, edit := range map[string]func(*Config){
		`model: got "vae", want one of`:           func(c *Config) { c.Model = "vae" },
		"data: got none":                          func(c *Config) { c.Data = "" },
		"threads: got -1":                         func(c *Config) { c.Threads = -1 },
		"save-every: got NaN":                     func(c *Config) { c.SaveEvery = math.NaN() },
		`test-root: steps: got "0", want a whole`: func(c *Config) { c.Options["steps"] = "0" },
		"got the setting colour, want one of":     func(c *Config) { c.Options["colour"] = "red" },
		`on: got "", want true or false`:          func(c *Config) { c.Options["on"] = "" },
	} {
		c := newton.Default()
		edit(&c)
		says(t, c.Validate(), want)
		if _, err := Open(t.Context(), c); err == nil {
			t.Errorf("%s: opened", want)
		}
	}
}

func TestNumbersOfFiguresAreShort(t *testing.T) {
	for v, want := range map[float64]string{
		-443.29791: "−443.2979", 1188.098: "1188.10", -123456.78: "−123456.8", 2: "2", -12345: "−12,345", 1e12: "1e+12", .00012345: "0.00012345", .5: "0.5000",
	} {
		if got := (Figure{Value: v}).Number(); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
	if got := (Figure{Value: 2.5, Unit: "nats", Text: "of one"}).String(); got != "2.5000 nats; of one" {
		t.Errorf("got %q", got)
	}
	if got := (Figure{Value: 2}).String(); got != "2" {
		t.Errorf("got %q", got)
	}
}
