package hmm

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// posteriors makes one emission with a posterior of each kind for k states of width two or,
// where rows are whole numbers, of one value below three.
func posteriors(t testing.TB, k int) map[string]Emission {
	return map[string]Emission{
		"dirichlet-symbols": must(NewDirichletSymbols(k, 3, .4))(t),
		"gamma-rate":        must(NewGammaRate(k, 1.5, .7))(t),
		"normal-gamma":      must(NewNormalGamma(k, []float64{1, -1}, .3, 1.2, []float64{.8, 1.1}))(t),
		"normal-wishart":    must(NewNormalWishart(k, []float64{1, -1}, .3, 3, []float64{1.2, .1, .1, .9}))(t),
	}
}

// rowsFor draws a sequence that an emission takes.
func rowsFor(e Emission, key rng.Key, n int) []float64 {
	r, x := key.Named("rows").Rand(), make([]float64, n*e.Dim())
	for i := range x {
		if x[i] = 2 * r.NormFloat64(); e.Dim() == 1 {
			x[i] = float64(r.IntN(3))
		}
	}
	return x
}

// again stores and reads a value.
func again[T any](t testing.TB, v *T) *T {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out := new(T)
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func TestStoredModelsKeepEveryBit(t *testing.T) {
	r := rng.New(201).Named("stored").Rand()
	for i := range 20 {
		k := 1 + r.IntN(4)
		for name, e := range zoo(t, r, k) {
			penalise(e)
			m := must(Uniform(e, .7))(t)
			m.Pseudo = r.Float64()
			randomChain(r, m)
			read := again(t, m)
			if !reflect.DeepEqual(m, read) {
				t.Fatalf("%s: got %+v, want %+v", name, read, m)
			}
			x, _, err := m.Simulate(rng.New(uint64(i)), 30)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := must(m.LogLik(x))(t), must(read.LogLik(x))(t); a != b {
				t.Errorf("%s: log-likelihood: got %.17g, want %.17g", name, b, a)
			}
		}
		for name, e := range posteriors(t, k) {
			x := rowsFor(e, rng.New(202), 20)
			if err := SeedSoft(e, rng.New(uint64(i)), [][]float64{x}); err != nil {
				t.Fatal(err)
			}
			b := must(NewBayes(e, .3, .6))(t)
			b.update(positives(r, k), positives(r, k*k))
			read := again(t, b)
			if !reflect.DeepEqual(b, read) {
				t.Fatalf("%s: got %+v, want %+v", name, read, b)
			}
			if a, c := must(b.Smooth(x))(t), must(read.Smooth(x))(t); !slices.Equal(a.Smoothed, c.Smoothed) {
				t.Errorf("%s: marginals differ", name)
			}
		}
	}
}

// A fit stopped after any sweep, stored, read and continued ends with the bits of one that
// was not stopped.
func TestAStoppedFitGoesOnToTheSameBits(t *testing.T) {
	r := rng.New(203).Named("stopped").Rand()
	ctx := context.Background()
	all := zoo(t, r, 3)
	maps.Copy(all, posteriors(t, 3))
	for name, e := range all {
		penalise(e)
		seqs := [][]float64{rowsFor(e, rng.New(1), 60), rowsFor(e, rng.New(2), 35)}
		if _, ok := e.(*Mixture); !ok {
			if err := SeedSoft(e, rng.New(3), seqs); err != nil {
				t.Fatal(err)
			}
		}
		c := Config{Sweeps: 40, Tol: 1e-4}
		type fitter interface {
			Fit(ctx context.Context, seqs [][]float64, c Config) (Result, error)
		}
		build := func() fitter {
			if _, bayes := posteriors(t, 1)[name]; bayes {
				return again(t, must(NewBayes(e, .4, .4))(t))
			}
			return again(t, must(Uniform(e, .7))(t))
		}
		whole := build()
		want := must(whole.Fit(ctx, seqs, c))(t)
		for stop := range want.Sweep + 1 { // also after the last
			m, part := build(), c
			part.Sweeps = stop + 1
			res := must(m.Fit(ctx, seqs, part))(t)
			switch f := m.(type) {
			case *Model:
				m = again(t, f)
			case *Bayes:
				m = again(t, f)
			}
			rest := c
			rest.After = &res.Record
			got := must(m.Fit(ctx, seqs, rest))(t)
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(m, whole) {
				t.Fatalf("%s: stopped after sweep %d: got %+v, want %+v", name, stop, got, want)
			}
		}
	}
}

func TestProgressSeesTheParametersThatStand(t *testing.T) {
	u, x := umbrella(t)
	var first []float64
	c := Default()
	c.Sweeps, c.Progress = 3, func(rec Record) {
		if rec.Sweep == 0 {
			first = slices.Clone(u.Trans)
		}
	}
	must(u.Fit(t.Context(), [][]float64{x, {1, 1, 1}}, c))(t)
	v, _ := umbrella(t)
	must(v.Fit(t.Context(), [][]float64{x, {1, 1, 1}}, Config{Sweeps: 1}))(t)
	if !slices.Equal(first, v.Trans) {
		t.Errorf("after sweep 0: got %v, want %v", first, v.Trans)
	}
}

func TestHostileModelsAreErrors(t *testing.T) {
	wide := `"kind":"autoregressive","emission":{"Width":4294967296,"Lags":1,"Coef":[1],"Cov":[1]}}`
	head := `{"format":"hmm","version":1,"start":[1],"trans":[1],`
	for what, text := range map[string]string{
		"empty":        ``,
		"no object":    `[]`,
		"format":       `{"format":"mixture","version":1}`,
		"version":      `{"format":"hmm","version":2}`,
		"kind":         head + `"kind":"laplace","emission":{}}`,
		"no emission":  head + `"kind":"poisson"}`,
		"null":         head + `"kind":"gaussian","emission":null}`,
		"type":         head + `"kind":"poisson","emission":{"Rate":"much"}}`,
		"rate":         head + `"kind":"poisson","emission":{"Rate":[-1]}}`,
		"too large":    head + `"kind":"poisson","emission":{"Rate":[1e999]}}`,
		"symbols":      head + `"kind":"discrete","emission":{"Probs":[1],"Symbols":0}}`,
		"sum":          head + `"kind":"discrete","emission":{"Probs":[0.5,0.6],"Symbols":2}}`,
		"width":        head + wide,
		"parts":        head + `"kind":"mixture","emission":{"Weight":[1],"Each":1}}`,
		"part":         head + `"kind":"mixture","emission":{"Parts":{},"Weight":[1],"Each":1}}`,
		"each":         head + `"kind":"mixture","emission":{"Parts":{"Kind":"diagonal","Width":1,"Mean":[0],"Cov":[1]},"Weight":[1],"Each":0}}`,
		"covariance":   head + `"kind":"gaussian","emission":{"Kind":"full","Width":2,"Mean":[0,0],"Cov":[1,2,2,1]}}`,
		"states":       head + `"kind":"poisson","emission":{"Rate":[1,2]}}`,
		"probability":  `{"format":"hmm","version":1,"start":[2],"trans":[1],"kind":"poisson","emission":{"Rate":[1]}}`,
		"pseudo":       `{"format":"hmm","version":1,"start":[1],"trans":[1],"pseudo":-1,"kind":"poisson","emission":{"Rate":[1]}}`,
		"prior":        head + `"kind":"gaussian","emission":{"Kind":"tied","Width":1,"Mean":[0],"Cov":[1],"Count":-1}}`,
		"rates' prior": head + `"kind":"poisson","emission":{"Rate":[1],"Shape":-1}}`,
	} {
		m, _ := umbrella(t)
		if err := m.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s: got no error", what)
		}
		if was, _ := umbrella(t); !reflect.DeepEqual(m, was) {
			t.Errorf("%s: the model has changed", what)
		}
	}
	bayes := `{"format":"hmm-bayes","version":1,"start":[1],"trans":[1],"startPrior":1,"transPrior":1,`
	for what, text := range map[string]string{
		"format":    head + `"kind":"gamma-rate","emission":{}}`,
		"rate":      bayes + `"kind":"gamma-rate","emission":{"A":[1],"B":[0],"A0":1,"B0":1}}`,
		"lengths":   bayes + `"kind":"gamma-rate","emission":{"A":[1],"B":[1,1],"A0":1,"B0":1}}`,
		"symbols":   bayes + `"kind":"dirichlet-symbols","emission":{"Conc":[1,1,1],"Symbols":2,"Prior":1}}`,
		"gamma":     bayes + `"kind":"normal-gamma","emission":{"M":[0],"B":[1],"A":[1],"Beta":[1,1],"M0":[0],"B0":[1],"A0":1,"Beta0":1}}`,
		"nu":        bayes + `"kind":"normal-wishart","emission":{"M":[0],"V":[1],"Nu":[-1],"Beta":[1],"M0":[0],"V0":[1],"Nu0":1,"Beta0":1}}`,
		"sizes":     bayes + `"kind":"normal-wishart","emission":{"M":[0],"V":[1,1],"Nu":[1],"Beta":[1],"M0":[0],"V0":[1],"Nu0":1,"Beta0":1}}`,
		"collapsed": bayes + `"kind":"normal-wishart","emission":{"M":[0],"V":[0],"Nu":[1],"Beta":[1],"M0":[0],"V0":[1],"Nu0":1,"Beta0":1}}`,
		"negative":  `{"format":"hmm-bayes","version":1,"start":[-1],"trans":[1],"startPrior":1,"transPrior":1,"kind":"gamma-rate","emission":{"A":[1],"B":[1],"A0":1,"B0":1}}`,
		"states":    `{"format":"hmm-bayes","version":1,"start":[1,1],"trans":[1],"startPrior":1,"transPrior":1,"kind":"gamma-rate","emission":{"A":[1],"B":[1],"A0":1,"B0":1}}`,
	} {
		if err := new(Bayes).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("posterior: %s: got no error", what)
		}
	}
}

// Ten thousand changes of one or two bytes: an error, or a model that works.
func TestDamagedModelsDoNotPanic(t *testing.T) {
	r := rng.New(204).Named("damaged").Rand()
	var texts [][]byte
	for name, e := range zoo(t, r, 2) {
		text, err := json.Marshal(must(Uniform(e, .8))(t))
		if err != nil {
			t.Fatal(name, err)
		}
		texts = append(texts, text)
	}
	slices.SortFunc(texts, slices.Compare)
	const alphabet = `0123456789-+.eE,:[]{}"nul`
	read := 0
	for range 10_000 {
		text := slices.Clone(texts[r.IntN(len(texts))])
		for range 1 + r.IntN(2) {
			text[r.IntN(len(text))] = alphabet[r.IntN(len(alphabet))]
		}
		var m Model
		if m.UnmarshalJSON(text) != nil {
			continue
		}
		read++
		x := make([]float64, 3*m.Emit.Dim())
		if v, err := m.LogLik(x); err == nil && (math.IsNaN(v) || math.IsInf(v, 1)) {
			t.Fatalf("%s: log-likelihood: got %g", text, v)
		}
	}
	if read == 0 || read == 10_000 {
		t.Errorf("models that were read: got %d of 10000, want some", read)
	}
}

func TestWhatCannotBeStoredIsAnError(t *testing.T) {
	u, x := umbrella(t)
	strange := &Model{Start: u.Start, Trans: u.Trans, Emit: falling{u.Emit, new(float64)}}
	if _, err := strange.MarshalJSON(); err == nil || !strings.Contains(err.Error(), "falling") {
		t.Errorf("an emission from elsewhere: got %v, want an error that names it", err)
	}
	u.Emit.(*Discrete).Pseudo = math.NaN()
	if _, err := u.MarshalJSON(); err == nil {
		t.Error("not a number: got no error")
	}
	for name, m := range map[string]Emission{
		"gaussian": &Gaussian{Kind: Full, Width: 1, Mean: []float64{0}, Cov: []float64{1}},
		"ar":       &Autoregressive{Width: 1, Lags: 1, Coef: []float64{0, 0}, Cov: []float64{1}},
		"wishart":  &NormalWishart{Nu: []float64{1}, M0: []float64{0}},
		"gamma":    &NormalGamma{A: []float64{1}, M0: []float64{0}},
	} {
		if err := m.Check(x); err == nil {
			t.Errorf("%s that New did not make: got no error", name)
		}
		if errors.Is(m.Check(x), ErrImpossible) {
			t.Errorf("%s: got the wrong error", name)
		}
	}
}
