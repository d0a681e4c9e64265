package mixture

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// fit fits or fails.
func fit(t testing.TB, x Data, c Config) *Model {
	t.Helper()
	m, err := Fit(t.Context(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// every calls f with settings of each shape and each kind of weights.
func every(t *testing.T, f func(t *testing.T, c Config)) {
	for _, cov := range shapes {
		for _, w := range []Weights{Dirichlet, Sticks} {
			t.Run(string(cov)+"/"+string(w), func(t *testing.T) {
				c := Default()
				c.Components, c.Covariance, c.Weights, c.Restarts = 5, cov, w, 2
				f(t, c)
			})
		}
	}
}

func TestTheBoundNeverFalls(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		for seed := range uint64(4) {
			x := drawn(400, 3, 4, seed)
			before, start := math.Inf(-1), 0
			c.Seed, c.Alpha = seed, []float64{1e-3, .1, 1, 10}[seed]
			c.Progress = func(r Record) {
				if r.Start != start {
					before, start = math.Inf(-1), r.Start
				}
				if r.Bound < before-1e-9*math.Abs(before) {
					t.Errorf("sweep %d: bound fell from %v to %v", r.Sweep, before, r.Bound)
				}
				before = r.Bound
			}
			if m := fit(t, x, c); !m.Converged || m.Bound != m.History[len(m.History)-1] {
				t.Errorf("got converged %v, bound %v, want a converged fit with the last bound of its history", m.Converged, m.Bound)
			}
		}
	})
}

func TestThreadsDoNotChangeTheFit(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		x := drawn(3000, 3, 4, 2)
		c.Restarts, c.Sweeps, c.Threads = 1, 5, 1
		one := fit(t, x, c)
		c.Threads = 3
		if three := fit(t, x, c); !reflect.DeepEqual(one, three) {
			t.Errorf("got bounds %v, want %v", three.History, one.History)
		}
	})
}

func TestClustersFarApartAreFound(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		x := drawn(900, 2, 3, 5)
		for i := range x.X {
			x.X[i] += float64(100 * ((i / 2) % 3))
		}
		c.Alpha, c.Restarts = .01, 5
		m := fit(t, x, c)
		r, err := m.Responsibilities(x)
		if err != nil {
			t.Fatal(err)
		}
		for k := range 3 {
			tk.Close(t, "count", m.Components[k].Count, 300, 1e-3)
		}
		for n := range x.N() {
			for k := range 5 {
				tk.Close(t, "responsibility", r[n*5+k], r[n%3*5+k], 1e-3)
			}
		}
	})
}

func TestTheWeightsSumToOneAndComponentsAreSorted(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		m := fit(t, drawn(300, 2, 3, 7), c)
		weight, count := 0., 0.
		for k, v := range m.Components {
			weight += v.Weight
			count += v.Count
			if k > 0 && c.Weights == Dirichlet && v.Count > m.Components[k-1].Count {
				t.Errorf("component %d: got %v rows after %v", k, v.Count, m.Components[k-1].Count)
			}
		}
		tk.Close(t, "weights", weight, 1, 1e-12)
		tk.Close(t, "counts", count, 300, 1e-10)
	})
}

func TestThePredictiveDensityIntegratesToOne(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		m := fit(t, drawn(400, 2, 2, 3), c)
		// x = tan u in both columns: heavy tails need the whole plane.
		density := func(x, y float64) float64 {
			l, err := m.LogProb(Data{[]float64{x, y}, 2})
			if err != nil {
				t.Fatal(err)
			}
			return math.Exp(l[0])
		}
		const half = math.Pi / 2
		got := tk.Integrate(func(u float64) float64 {
			return tk.Integrate(func(v float64) float64 {
				return density(5*math.Tan(u), 5*math.Tan(v)) * 25 / math.Pow(math.Cos(u)*math.Cos(v), 2)
			}, -half, half, 2)
		}, -half, half, 2)
		tk.Close(t, "integral", got, 1, 1e-4)
	})
}

func TestOneComponentPredictsWhatTheEvidenceGains(t *testing.T) {
	for d := 1; d <= 3; d++ {
		x, c := drawn(25, d, 2, 11), Default()
		c.Components, c.Restarts, c.Nu = 1, 1, float64(d)+.5
		c.Mean, c.Scale = make([]float64, d), make([]float64, d*d)
		for j := range d {
			c.Scale[j*d+j] = 2
		}
		rest := Data{x.X[:24*d], d}
		m := fit(t, rest, c)
		l, err := m.LogProb(Data{x.Row(24), d})
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "ln p(x₂₅ | x₁ … x₂₄)", l[0], evidence(x, c)-evidence(rest, c), 1e-10)
	}
}

func TestManyCopiesOfTheDataGiveMaximumLikelihood(t *testing.T) {
	x, _, _ := faithful(t)
	var many Data
	many.D = 2
	for range 1000 {
		many.X = append(many.X, x.X...)
	}
	c := bishop()
	c.Components, c.Alpha, c.Restarts = 2, 1, 1
	m := fit(t, many, c)
	weight, mean := em(x, m)
	for k, v := range m.Components {
		tk.Close(t, "weight", v.Weight, weight[k], 1e-3)
		for j := range 2 {
			tk.Close(t, "mean", v.Mean[j], mean[k][j], 1e-3)
		}
	}
}

// em returns the weights and means of maximum likelihood by EM of two Gaussians in two columns, from a fit.
func em(x Data, m *Model) (weight [2]float64, mean [2][2]float64) {
	var cov [2][3]float64
	for k, c := range m.Components {
		weight[k], mean[k] = c.Weight, [2]float64{c.Mean[0], c.Mean[1]}
		cov[k] = [3]float64{c.Scale[0] / c.Nu, c.Scale[1] / c.Nu, c.Scale[3] / c.Nu}
	}
	for range 200 {
		var n [2]float64
		var first [2][2]float64
		var second [2][3]float64
		for i := range x.N() {
			a, b := x.Row(i)[0], x.Row(i)[1]
			var p [2]float64
			for k := range 2 {
				u, v, c := a-mean[k][0], b-mean[k][1], cov[k]
				det := c[0]*c[2] - c[1]*c[1]
				p[k] = weight[k] / math.Sqrt(det) * math.Exp(-(c[2]*u*u-2*c[1]*u*v+c[0]*v*v)/det/2)
			}
			for k := range 2 {
				r := p[k] / (p[0] + p[1])
				n[k] += r
				first[k][0] += r * a
				first[k][1] += r * b
				second[k][0] += r * a * a
				second[k][1] += r * a * b
				second[k][2] += r * b * b
			}
		}
		for k := range 2 {
			u, v := first[k][0]/n[k], first[k][1]/n[k]
			weight[k], mean[k] = n[k]/float64(x.N()), [2]float64{u, v}
			cov[k] = [3]float64{second[k][0]/n[k] - u*u, second[k][1]/n[k] - u*v, second[k][2]/n[k] - v*v}
		}
	}
	return weight, mean
}

func TestModelsComeBackFromJSONBitForBit(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		x := drawn(200, 3, 3, 8)
		m := fit(t, x, c)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back Model
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(m, &back) {
			t.Error("a model differs after writing and reading")
		}
		a, errA := m.LogProb(x)
		b, errB := back.LogProb(x)
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
			t.Error("densities differ after writing and reading")
		}
	})
}

func TestModelsThatAreDamagedAreRefused(t *testing.T) {
	c := Default()
	c.Components, c.Restarts, c.Weights = 2, 1, Sticks
	m := fit(t, drawn(50, 2, 2, 1), c)
	for _, damage := range []struct {
		what string
		do   func(m *Model)
	}{
		{"columns", func(m *Model) { m.Columns = 0 }},
		{"columns", func(m *Model) { m.Columns = 1 << 20 }},
		{"covariance", func(m *Model) { m.Covariance = "round" }},
		{"component 1", func(m *Model) { m.Components[1].Mean = nil }},
		{"component 0", func(m *Model) { m.Components[0].Scale = []float64{1, 2, 2, 1} }},
		{"component 0", func(m *Model) { m.Components[0].Nu = 1 }},
		{"component 1", func(m *Model) { m.Components[1].B = -1 }},
		{"components", func(m *Model) { m.Components = nil }},
		{"alpha", func(m *Model) { m.Prior.Alpha = 0 }},
	} {
		var bad, back Model
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &bad); err != nil {
			t.Fatal(err)
		}
		damage.do(&bad)
		if text, err = json.Marshal(&bad); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &back); err == nil || !strings.Contains(err.Error(), damage.what) {
			t.Errorf("%s: got error %v", damage.what, err)
		}
	}
	var back Model
	for _, text := range []string{`{}`, `{"format":"mixture","version":2}`, `[]`} {
		if err := json.Unmarshal([]byte(text), &back); err == nil {
			t.Errorf("%s: got no error", text)
		}
	}
}

func TestSettingsThatAreNoneAreErrors(t *testing.T) {
	x := drawn(20, 2, 2, 1)
	for _, bad := range []struct {
		what string
		do   func(c *Config)
	}{
		{"components", func(c *Config) { c.Components = 0 }},
		{"covariance", func(c *Config) { c.Covariance = "" }},
		{"weights", func(c *Config) { c.Weights = "even" }},
		{"restarts", func(c *Config) { c.Restarts = 0 }},
		{"sweeps", func(c *Config) { c.Sweeps = -1 }},
		{"tolerance", func(c *Config) { c.Tolerance = math.NaN() }},
		{"prior mean", func(c *Config) { c.Mean = []float64{1} }},
		{"prior mean", func(c *Config) { c.Mean = []float64{1, math.Inf(1)} }},
		{"prior scale", func(c *Config) { c.Scale = []float64{1} }},
		{"symmetric", func(c *Config) { c.Scale = []float64{1, .5, .25, 1} }},
		{"positive definite", func(c *Config) { c.Scale = []float64{1, 2, 2, 1} }},
		{"positive definite", func(c *Config) { c.Scale = []float64{math.NaN(), 0, 0, 1} }},
		{"alpha", func(c *Config) { c.Alpha = math.NaN() }},
		{"beta", func(c *Config) { c.Beta = -1 }},
		{"nu", func(c *Config) { c.Nu = 1 }},
		{"nu", func(c *Config) { c.Nu = math.NaN() }},
	} {
		c := Default()
		bad.do(&c)
		if _, err := Fit(t.Context(), x, c); err == nil || !strings.HasPrefix(err.Error(), "mixture: ") || !strings.Contains(err.Error(), bad.what) {
			t.Errorf("%s: got error %v", bad.what, err)
		}
	}
}

func TestTablesThatAreNoneAreErrors(t *testing.T) {
	for _, x := range []Data{{}, {[]float64{1, 2, 3}, 2}, {[]float64{1}, 0}, {[]float64{1}, -1},
		{[]float64{1, math.NaN()}, 1}, {[]float64{1, math.Inf(-1)}, 2}, {[]float64{3, 3, 3, 3}, 2}} {
		if _, err := Fit(t.Context(), x, Default()); err == nil {
			t.Errorf("%v: got no error", x)
		}
	}
	c := Default()
	c.Components, c.Restarts = 2, 1
	m := fit(t, drawn(50, 2, 2, 1), c)
	for _, x := range []Data{{[]float64{1, 2, 3}, 3}, {[]float64{1, math.NaN()}, 2}} {
		if _, err := m.LogProb(x); err == nil {
			t.Errorf("%v: got no error of LogProb", x)
		}
		if _, err := m.Responsibilities(x); err == nil {
			t.Errorf("%v: got no error of Responsibilities", x)
		}
	}
}

func TestFewerRowsThanComponentsAreFitted(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		c.Components = 9
		m := fit(t, Data{[]float64{0, 0, 1, 0, 0, 1}, 2}, c)
		if math.IsNaN(m.Bound) || len(m.Components) != 9 {
			t.Errorf("got bound %v of %d components", m.Bound, len(m.Components))
		}
	})
}

func TestContextsEndTheFit(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, sweeps := Default(), 0
	c.Progress = func(Record) {
		if sweeps++; sweeps == 3 {
			cancel()
		}
	}
	if _, err := Fit(ctx, drawn(500, 2, 3, 1), c); !errors.Is(err, context.Canceled) || sweeps != 3 {
		t.Errorf("got error %v after %d sweeps, want a cancelled fit after 3", err, sweeps)
	}
}
