package mixture

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// clouds draws n rows of two columns about three places.
func clouds(n int) Data {
	x := Data{X: make([]float64, 2*n), D: 2}
	rng.New(5).NormalFloat64(x.X)
	for i := range n {
		x.X[2*i] += 4 * float64(i%3)
		x.X[2*i+1] -= 3 * float64(i%3%2)
	}
	return x
}

// through writes a snapshot as JSON and reads it back, as a file would.
func through(t *testing.T, s Snapshot) (out Snapshot) {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// finished makes the sweeps that are left.
func finished(t *testing.T, f *Fitter) *Model {
	t.Helper()
	for !f.Done() {
		if _, err := f.Sweep(); err != nil {
			t.Fatal(err)
		}
	}
	m, err := f.Model()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same fails unless two models agree in every bit.
func same(t *testing.T, what string, got, want *Model) {
	t.Helper()
	a, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("%s: the model differs from that of an uninterrupted fit", what)
	}
}

func TestAFitGoesOnFromEverySweepToTheSameBits(t *testing.T) {
	x := clouds(300)
	for _, cov := range []Covariance{Full, Tied, Diagonal, Spherical} {
		for _, w := range []Weights{Dirichlet, Sticks} {
			c := Default()
			c.Components, c.Covariance, c.Weights, c.Restarts, c.Sweeps = 4, cov, w, 3, 7
			want, err := Fit(t.Context(), x, c)
			if err != nil {
				t.Fatal(err)
			}
			f, err := NewFitter(x, c)
			if err != nil {
				t.Fatal(err)
			}
			for {
				s, err := f.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				g, err := Restore(x, c, through(t, s))
				if err != nil {
					t.Fatalf("%s, %s: %v", cov, w, err)
				}
				same(t, string(cov)+" "+string(w), finished(t, g), want)
				if f.Done() {
					break
				}
				if _, err := f.Sweep(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// A snapshot is a copy: what the fit does next does not change it.
func TestASnapshotStaysAsItIs(t *testing.T) {
	f, err := NewFitter(clouds(100), Default())
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	before := through(t, s)
	finished(t, f)
	if !reflect.DeepEqual(through(t, s), before) {
		t.Error("the snapshot has changed")
	}
}

func TestSnapshotsThatDoNotFitAreRefused(t *testing.T) {
	x, c := clouds(100), Default()
	c.Components, c.Restarts = 2, 2
	f, err := NewFitter(x, c)
	if err != nil {
		t.Fatal(err)
	}
	for f.start == 0 {
		if _, err := f.Sweep(); err != nil {
			t.Fatal(err)
		}
	}
	good, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for what, edit := range map[string]func(*Snapshot){
		"snapshot: invalid":       func(s *Snapshot) { s.State = json.RawMessage("}") },
		"unexpected end":          func(s *Snapshot) { s.State = nil },
		"start -1 of 2":           func(s *Snapshot) { s.State = json.RawMessage(`{"start": -1}`) },
		"start 3 of 2":            func(s *Snapshot) { s.State = json.RawMessage(`{"start": 3}`) },
		"0 sweeps of the best":    func(s *Snapshot) { s.State = json.RawMessage(`{"start": 1}`) },
		"now.mean: got 0 values":  func(s *Snapshot) { delete(s.Arrays, "now.mean") },
		"best.nu: got 1 values":   func(s *Snapshot) { s.Arrays["best.nu"] = []float64{1} },
		"best.beta: got 2 values": func(s *Snapshot) { s.Arrays["best.beta"] = []float64{1, math.NaN()} },
		"not positive definite":   func(s *Snapshot) { s.Arrays["now.scale"] = make([]float64, 8) },
	} {
		s := Snapshot{slices.Clone(good.State), maps.Clone(good.Arrays)}
		edit(&s)
		if _, err := Restore(x, c, s); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got %v, want %q", err, what)
		}
	}
	if _, err := Restore(Data{}, c, good); err == nil {
		t.Error("restored without data")
	}
}

func TestOnlyAFitThatIsOverHasAModel(t *testing.T) {
	c := Default()
	c.Restarts = 1
	f, err := NewFitter(clouds(60), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Model(); err == nil || !strings.Contains(err.Error(), "after 0 of 1 starts") {
		t.Errorf("got %v", err)
	}
	finished(t, f)
	if _, err := f.Sweep(); err == nil || !strings.Contains(err.Error(), "are over") {
		t.Errorf("got %v", err)
	}
}
