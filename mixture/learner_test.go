package mixture

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// With all rows as the batch and ρ = 1 a step is a sweep, to the bit.
func TestAStepWithAllRowsIsASweep(t *testing.T) {
	x := drawn(500, 3, 4, 21)
	for _, cov := range []Covariance{Full, Tied, Diagonal, Spherical} {
		for _, weights := range []Weights{Dirichlet, Sticks} {
			c := Default()
			c.Components, c.Covariance, c.Weights, c.Restarts, c.Sweeps, c.Tolerance = 5, cov, weights, 1, 8, 0
			want, err := Fit(context.Background(), x, c)
			if err != nil {
				t.Fatal(err)
			}
			l, err := NewLearner(x, x.N(), c, Steps{})
			if err != nil {
				t.Fatal(err)
			}
			for range c.Sweeps - 1 { // the last sweep of a fit updates nothing
				if err := l.Learn(x); err != nil {
					t.Fatal(err)
				}
			}
			got, err := l.Model()
			if err != nil {
				t.Fatal(err)
			}
			order := func(m *Model) []Component {
				out := slices.Clone(m.Components)
				slices.SortFunc(out, func(a, b Component) int { return slices.Compare(a.Mean, b.Mean) })
				return out
			}
			for k, a := range order(want) {
				b := order(got)[k]
				if !slices.Equal(a.Mean, b.Mean) || !slices.Equal(a.Scale, b.Scale) || a.Nu != b.Nu || a.Beta != b.Beta || a.A != b.A || a.B != b.B {
					t.Fatalf("%s, %s: component %d differs: %+v and %+v", cov, weights, k, a, b)
				}
			}
		}
	}
}

// shuffled is the rows in another order.
func shuffled(x Data, seed uint64) Data {
	out := Data{nil, x.D}
	for _, n := range rand.New(rand.NewPCG(seed, 1)).Perm(x.N()) {
		out.X = append(out.X, x.Row(n)...)
	}
	return out
}

// learned makes some passes of batches over rows; n is what the learner is told of their number.
func learned(t *testing.T, x Data, n, size, passes int, c Config, steps Steps) *Model {
	t.Helper()
	x = shuffled(x, 1)
	l, err := NewLearner(Data{x.X[:min(len(x.X), 1000*x.D)], x.D}, n, c, steps)
	if err != nil {
		t.Fatal(err)
	}
	for range passes {
		for from := 0; from < x.N(); from += size {
			to := min(x.N(), from+size)
			if err := l.Learn(Data{x.X[from*x.D : to*x.D], x.D}); err != nil {
				t.Fatal(err)
			}
		}
	}
	m, err := l.Model()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A learner ends within one per cent of the bound of the fit to all rows: on clusters after three passes,
// or one pass of a stream whose length nobody knows. On Old Faithful, whose 272 rows are but five batches, the
// fit takes 66 to 90 sweeps to empty the components that are too many; steps that are as far in all take
// hundreds of passes, and longer ones (κ = .55): with κ = .7 as many passes as sweeps end 5 % below.
func TestBatchesComeWithinOnePerCentOfAllRows(t *testing.T) {
	geyser, _, _ := faithful(t)
	for _, v := range []struct {
		name            string
		x               Data
		n, size, passes int
	}{
		{"clusters", drawn(20_000, 4, 6, 31), 20_000, 250, 3},
		{"clusters, stream", drawn(20_000, 4, 6, 31), 0, 250, 1},
		{"Old Faithful", geyser, geyser.N(), 64, 0},
	} {
		for _, cov := range []Covariance{Full, Diagonal} {
			c := Default()
			c.Components, c.Covariance = 6, cov
			want, err := Fit(context.Background(), v.x, c)
			if err != nil {
				t.Fatal(err)
			}
			passes, steps := v.passes, DefaultSteps()
			if passes == 0 {
				passes, steps.Forget = 10*len(want.History), .55
			}
			m := learned(t, v.x, v.n, v.size, passes, c, steps)
			got, err := m.ELBO(v.x)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %s: %.2f after %d passes, all rows %.2f after %d sweeps (%.3f %%)", v.name, cov, got, passes, want.Bound,
				len(want.History), 100*(want.Bound-got)/math.Abs(want.Bound))
			if got < want.Bound-.01*math.Abs(want.Bound) {
				t.Errorf("%s, %s: got bound %v, all rows have %v", v.name, cov, got, want.Bound)
			}
		}
	}
}

func TestMovedStatisticsAreThoseAboutTheOtherCentres(t *testing.T) {
	const d = 3
	r := rand.New(rand.NewPCG(3, 5))
	from, to := []float64{1, 2, 3}, []float64{-2, .5, 7}
	got, want := newSums(1, d), newSums(1, d)
	for range 50 {
		w, x := r.Float64(), []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		for s, c := range map[*sums][]float64{got: from, want: to} {
			s.count[0] += w
			for i := range d {
				s.first[i] += w * (x[i] - c[i])
				for j := range i + 1 {
					s.second[i*d+j] += w * (x[i] - c[i]) * (x[j] - c[j])
				}
			}
		}
	}
	got.recentre(from, to, d)
	for i := range d {
		tk.Close(t, "first", got.first[i], want.first[i], 1e-12)
		for j := range i + 1 {
			tk.Close(t, "second", got.second[i*d+j], want.second[i*d+j], 1e-12)
		}
	}
}

// The scaled statistics of all batches of one size average to those of all rows.
func TestBatchesEstimateWithoutBias(t *testing.T) {
	x, c := drawn(12, 2, 2, 41), Default()
	c.Components = 2
	l, err := NewLearner(x, 12, c, DefaultSteps())
	if err != nil {
		t.Fatal(err)
	}
	all, mean := l.q.sweep(blocked(x), 1), newSums(2, 2)
	for i := range 4 {
		s := l.q.sweep(blocked(Data{x.X[i*6 : (i+1)*6], 2}), 1)
		s.scale(12. / 3 / 4)
		mean.add(s)
	}
	for k := range 2 {
		tk.Close(t, "count", mean.count[k], all.count[k], 1e-13)
	}
	for k := range all.second {
		tk.Close(t, "second", mean.second[k], all.second[k], 1e-12)
	}
}

func TestWrongStepsAreRefused(t *testing.T) {
	x, c := drawn(50, 2, 2, 51), Default()
	for want, s := range map[string]Steps{
		"forget: got 0.5": {1, .5}, "forget: got 1.5": {1, 1.5}, "forget: got NaN": {0, math.NaN()}, "delay: got -1": {-1, .7},
		"forget: got 0, ": {1, 0},
	} {
		if _, err := NewLearner(x, 50, c, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := NewLearner(x, -1, c, DefaultSteps()); err == nil {
		t.Error("got no error of -1 rows")
	}
	l, err := NewLearner(x, 50, c, DefaultSteps())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Model(); err == nil || !strings.Contains(err.Error(), "no batch") {
		t.Errorf("got %v", err)
	}
	for want, batch := range map[string]Data{"3 columns, want 2": {[]float64{1, 2, 3}, 3}, "got NaN": {[]float64{1, math.NaN()}, 2}, "got 0 values": {nil, 2}} {
		if err := l.Learn(batch); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	tk.Close(t, "rate", DefaultSteps().rate(1), math.Pow(2, -.7), 0)
	if got := fmt.Sprint(Steps{}.rate(9)); got != "1" {
		t.Errorf("got rate %s without forgetting, want 1", got)
	}
}
