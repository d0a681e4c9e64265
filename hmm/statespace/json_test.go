package statespace

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

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
	r := rng.New(51).Named("stored").Rand()
	for range 20 {
		l, d := 1+r.IntN(4), 1+r.IntN(4)
		m := randomModel(r, l, d)
		read := again(t, m)
		y, _, err := m.Simulate(rng.New(r.Uint64()), 10)
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		b, err := read.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		if a.LogLik != b.LogLik || !reflect.DeepEqual(a.Smoothed, b.Smoothed) {
			t.Errorf("log-likelihood: got %.17g, want %.17g", b.LogLik, a.LogLik)
		}
	}
}

// A fit of a posterior that is stopped, stored, read and continued has the bits of one that was
// not stopped.
func TestAStoredPosteriorGoesOnToTheSameBits(t *testing.T) {
	y, _, err := LocalLevel(.5, 1, 0, 1).Simulate(rng.New(52), 50)
	if err != nil {
		t.Fatal(err)
	}
	seqs := [][]float64{y}
	whole, part := begun(t, 53, 2, 1), begun(t, 53, 2, 1)
	want, err := whole.Fit(t.Context(), seqs, Config{Sweeps: 12, Tol: 1e-15})
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	for range 3 {
		trace, err := part.Fit(t.Context(), seqs, Config{Sweeps: 4, Tol: 1e-15})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, trace...)
		part = again(t, part)
	}
	if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(values(part.Trans), values(whole.Trans)) || !reflect.DeepEqual(part.Gamma, whole.Gamma) {
		t.Errorf("bounds: got %v, want %v", got, want)
	}
}

func TestHostileModelsAreErrors(t *testing.T) {
	text, err := json.Marshal(LocalLevel(1, 2, 3, 4))
	if err != nil {
		t.Fatal(err)
	}
	posterior, err := json.Marshal(begun(t, 54, 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"format": {`"statespace`, `"space`}, "version": {`"version":1`, `"version":2`}, "none": {`"hidden":`, `"hidden":-`},
		"many": {`"hidden":`, `"hidden":4294967296`}, "mean": {`"mean":[`, `"mean":[1,`}, "cov": {`"cov":[`, `"cov":[1,`},
		"trans": {`"trans":[`, `"trans":[1,`}, "trans cov": {`"transCov":[`, `"transCov":[1,`}, "emit cov": {`"emitCov":[`, `"emitCov":[1,`},
		"type": {`"mean":[`, `"mean":["x",`}, "end": {`}`, ``},
	} {
		var m Model
		if err := m.UnmarshalJSON([]byte(strings.Replace(string(text), change[0], change[1], 1))); err == nil || m.Mean != nil {
			t.Errorf("model: %s: got %v and %v", what, err, m)
		}
		var b Bayes
		if err := b.UnmarshalJSON([]byte(strings.Replace(string(posterior), change[0], change[1], 1))); err == nil || b.Mean != nil {
			t.Errorf("posterior: %s: got %v", what, err)
		}
	}
	for what, change := range map[string][2]string{
		"shape": {`"shape":[`, `"shape":[0,`}, "rate": {`"rate":[`, `"rate":[-`}, "alpha": {`"alpha":[1`, `"alpha":[0`}, "a0": {`"a0":1`, `"a0":-1`},
	} {
		if err := new(Bayes).UnmarshalJSON([]byte(strings.Replace(string(posterior), change[0], change[1], 1))); err == nil {
			t.Errorf("posterior: %s: got no error", what)
		}
	}
	bad := LocalLevel(1, 2, math.NaN(), 4)
	if _, err := bad.MarshalJSON(); err == nil {
		t.Error("not a number: got no error")
	}
}
