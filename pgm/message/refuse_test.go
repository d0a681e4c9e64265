package message

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/pgm"
)

// declare is a model of a few variables of each family.
type declared struct {
	m                        *Model
	x, mu, tau, z, pi, w, of Var
}

func declare() declared {
	m := New()
	return declared{m, m.Random("x", expfam.Normal{}, 3), m.Random("mu", expfam.Normal{}, 1), m.Random("tau", expfam.Gamma{}, 1),
		m.Random("z", expfam.Categorical{K: 2}, 3), m.Random("pi", expfam.Dirichlet{K: 2}, 1), m.Random("w", expfam.MultiNormal{D: 2}, 1), m.Random("of", expfam.NormalWishart{D: 2}, 2)}
}

// refused checks that an error names a factor, a slot and a reason.
func refused(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	var d *DeclarationError
	if !errors.As(err, &d) {
		t.Errorf("%s: got %v, want a refused declaration", what, err)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%s: got %q, want it to say %q", what, err, p)
		}
	}
}

func TestDeclarationsThatAreNotConjugateAreRefusedWithFactorSlotAndReason(t *testing.T) {
	for what, c := range map[string]struct {
		add  func(d declared)
		want []string
	}{
		"a gamma mean":           {func(d declared) { d.m.Add("f", Normal{}, d.x, d.tau, d.tau) }, []string{"factor f", "slot mean", "tau is gamma", "want normal", "conjugate"}},
		"a normal precision":     {func(d declared) { d.m.Add("f", Normal{}, d.x, d.mu, d.mu) }, []string{"factor f", "slot precision", "mu is normal", "want gamma"}},
		"shares of a normal":     {func(d declared) { d.m.Add("f", Categorical{K: 2}, d.z, d.mu) }, []string{"slot shares", "want dirichlet"}},
		"classes of other sizes": {func(d declared) { d.m.Add("f", Categorical{K: 3}, d.z, d.pi) }, []string{"slot z", "{K:2}", "{K:3}"}},
		"too few variables":      {func(d declared) { d.m.Add("f", Normal{}, d.x) }, []string{"got 1 variables, want 3"}},
		"plates of other sizes":  {func(d declared) { d.m.Add("f", Normal{}, d.x, d.x.At(0, 1), d.tau) }, []string{"slot mean", "got a plate of 2, want 1 or 3"}},
		"a place outside":        {func(d declared) { d.m.Add("f", Normal{}, d.x.At(0, 7, 1), d.mu, d.tau) }, []string{"slot x", "outside the plate x of 3"}},
		"one variable twice":     {func(d declared) { d.m.Add("f", Normal{}, d.x, d.x, d.tau) }, []string{"x 0", "not be linear"}},
		"a scale below 0":        {func(d declared) { d.m.Add("f", Normal{Scale: -1}, d.x, d.mu, d.tau) }, []string{"scale"}},
		"a shape of 0":           {func(d declared) { d.m.Add("f", Gamma{}, d.tau, d.m.Constant(expfam.Gamma{}, 1)) }, []string{"shape"}},
		"a short table":          {func(d declared) { d.m.Add("f", Table{Card: []int{2}, Log: []float64{0}}, d.z) }, []string{"1 values"}},
		"a long table":           {func(d declared) { d.m.Add("f", Table{Card: []int{2}, Log: make([]float64, 3)}, d.z) }, []string{"3 values"}},
		"a table of no number":   {func(d declared) { d.m.Add("f", Table{Card: []int{2}, Log: []float64{0, math.NaN()}}, d.z) }, []string{"value 1", "NaN"}},
		"an improper prior": {func(d declared) {
			d.m.Add("f", Prior{Family: expfam.Normal{}, Eta: []float64{1, 0}}, d.mu)
		}, []string{"precision"}},
		"a prior of wrong size": {func(d declared) { d.m.Add("f", Prior{Family: expfam.Normal{}, Eta: []float64{1}}, d.mu) }, []string{"number of parameters"}},
		"a prior of no number":  {func(d declared) { d.m.Add("f", Prior{Family: expfam.Normal{}, Eta: []float64{math.NaN(), -1}}, d.mu) }, []string{"no number"}},
		"a prior without classes": {func(d declared) {
			d.m.Add("f", Prior{Family: expfam.Categorical{K: 2}, Eta: []float64{math.Inf(-1), math.Inf(-1)}}, d.z)
		}, []string{"probability of 0"}},
		"a weight of 0":         {func(d declared) { d.m.Add("f", Linear{Weights: []float64{0}}, d.mu, d.x) }, []string{"weight of 0"}},
		"a weight of no number": {func(d declared) { d.m.Add("f", Linear{Weights: []float64{math.Inf(1)}}, d.mu, d.x) }, []string{"weight or offset"}},
		"an empty interval":     {func(d declared) { d.m.Add("f", Interval{Low: 1, High: 1}, d.x) }, []string{"(1, 1)"}},
		"no function":           {func(d declared) { d.m.Add("f", Likelihood{}, d.x) }, []string{"no function"}},
		"one stick":             {func(d declared) { d.m.Add("f", Sticks{K: 1}, d.m.Random("one", expfam.Categorical{K: 1}, 1)) }, []string{"two classes"}},
		"one softmax":           {func(d declared) { d.m.Add("f", Softmax{K: 1}, d.m.Random("one", expfam.Categorical{K: 1}, 1), d.mu) }, []string{"two classes"}},
		"a group below 0": {func(d declared) {
			d.m.Add("f", Relevance{Group: []int{-1, 0}}, d.w, d.tau)
		}, []string{"group below 0"}},
		"a gate that does not fit": {func(d declared) { d.m.Add("f", Gate{Of: Normal{}, K: 2, Shared: []bool{true}}, d.z) }, []string{"1 arguments told apart, want 3"}},
		"a gate of a bad kind": {func(d declared) {
			d.m.Add("f", Gate{Of: Gamma{}, K: 2, Shared: []bool{true, true}}, d.z, d.tau, d.m.Constant(expfam.Gamma{}, 1))
		}, []string{"shape"}},
	} {
		d := declare()
		c.add(d)
		refused(t, what, d.m.Err(), append(c.want, "message: factor f")...)
		if _, err := NewAscent(d.m, AscentConfig{}); err == nil {
			t.Errorf("%s: the ascent runs", what)
		}
		if _, err := NewMessages(d.m, Config{}); err == nil {
			t.Errorf("%s: the messages run", what)
		}
	}
}

func TestEnginesRefuseFactorsThatTheyCannotRun(t *testing.T) {
	for what, c := range map[string]struct {
		add  func(d declared)
		cfg  *Config // nil for variational messages
		want []string
	}{
		"an interval under mean field": {func(d declared) { d.m.Add("f", Interval{Low: 0, High: 1}, d.x) }, nil, []string{"not conjugate and has no bound"}},
		"a likelihood under mean field": {func(d declared) {
			d.m.Add("f", Likelihood{Log: func(int, float64) float64 { return 0 }, Width: 1}, d.x)
		}, nil, []string{"message.Likelihood"}},
		"a gate of intervals under mean field": {func(d declared) {
			d.m.Add("f", Gate{Of: Interval{Low: 0, High: 1}, K: 2, Shared: []bool{true}}, d.z, d.x)
		}, nil, []string{"selects from a message.Interval"}},
		"a table of zeros under mean field": {func(d declared) { d.m.Add("f", Table{Card: []int{2}, Log: []float64{0, math.Inf(-1)}}, d.z) }, nil, []string{"value 1 is 0"}},
		"a product of a vector with itself": {func(d declared) { // by two sums
			y := d.m.Derive("y", expfam.Normal{}, Linear{Weights: []float64{1}}, d.mu)
			d.m.Add("f", Normal{}, y, d.mu, d.tau)
		}, nil, []string{"mu 0 is in another argument"}},
		"a random precision under sum-product": {func(d declared) { d.m.Add("f", Normal{}, d.x, d.mu, d.tau) }, &Config{}, []string{"slot precision", "tau is random", "no normal density"}},
		"shares under sum-product":             {func(d declared) { d.m.Add("f", Categorical{K: 2}, d.z, d.pi) }, &Config{}, []string{"only variational messages"}},
		"a bound alone under sum-product": {func(d declared) { d.m.Add("f", Softmax{K: 2}, d.z, d.x, d.mu) }, &Config{},
			[]string{"only variational messages"}},
		"a product under sum-product": {func(d declared) {
			d.m.Add("f", Dot{D: 2}, d.mu, d.w, d.m.Random("v", expfam.MultiNormal{D: 2}, 1))
		}, &Config{}, []string{"slot x", "v is random"}},
		"a maximum of an interval": {func(d declared) { d.m.Add("f", Interval{Low: 0, High: 1}, d.x) }, &Config{Max: true}, []string{"no maximum"}},
		"a maximum of a gate": {func(d declared) {
			d.m.Add("f", Gate{Of: Normal{}, K: 2, Shared: []bool{true, true, true}}, d.z, d.x, d.mu, d.m.Constant(expfam.Gamma{}, 1))
		}, &Config{Max: true}, []string{"no maximum"}},
		"a power of a gate": {func(d declared) {
			d.m.Add("f", Gate{Of: Normal{}, K: 2, Shared: []bool{true, true, true}}, d.z, d.x, d.mu, d.m.Constant(expfam.Gamma{}, 1))
		}, &Config{Alpha: .5}, []string{"power but 1"}},
		"a power of a sum": {func(d declared) { d.m.Derive("f", expfam.Normal{}, Linear{Weights: []float64{1}}, d.mu) }, &Config{Alpha: .5}, []string{"no power but 1"}},
		"a gate of joints under sum-product": {func(d declared) {
			d.m.Add("f", Gate{Of: Joint{D: 2}, K: 2, Shared: []bool{true, false}}, d.z, d.w.At(0, 0, 0), d.of.At(0, 0, 0), d.of.At(1, 1, 1))
		}, &Config{}, []string{"no integral"}},
		"a gate of priors of rates": {func(d declared) {
			d.m.Add("f", Gate{Of: Prior{Family: expfam.Gamma{}, Eta: []float64{1, -1}}, K: 2, Shared: []bool{true}}, d.z, d.tau)
		}, &Config{}, []string{"gamma family"}},
	} {
		d := declare()
		c.add(d)
		if err := d.m.Err(); err != nil {
			t.Errorf("%s: declared: %v", what, err)
			continue
		}
		var err error
		if c.cfg == nil {
			_, err = NewAscent(d.m, AscentConfig{})
		} else {
			_, err = NewMessages(d.m, *c.cfg)
		}
		refused(t, what, err, append(c.want, "f")...)
	}
}

func TestNamesValuesAndSettingsAreChecked(t *testing.T) {
	for what, f := range map[string]func(m *Model){
		"a name twice":              func(m *Model) { m.Random("a", expfam.Normal{}, 1); m.Random("a", expfam.Gamma{}, 1) },
		"an empty plate":            func(m *Model) { m.Random("a", expfam.Normal{}, 0) },
		"a plate of 2³¹":            func(m *Model) { m.Random("a", expfam.Normal{}, 1<<31) },
		"no values":                 func(m *Model) { m.Known("a", expfam.Normal{}, 2, nil) },
		"values that do not share":  func(m *Model) { m.Known("a", expfam.Normal{}, 2, make([]float64, 3)) },
		"values of an empty plate":  func(m *Model) { m.Known("a", expfam.Normal{}, 0, []float64{1}) },
		"a value below 0":           func(m *Model) { m.Known("a", expfam.Gamma{}, 1, []float64{-1}) },
		"a value of no number":      func(m *Model) { m.Known("a", expfam.Normal{}, 1, []float64{math.NaN()}) },
		"a class outside":           func(m *Model) { m.Known("a", expfam.Categorical{K: 2}, 1, []float64{2}) },
		"a family without messages": func(m *Model) { m.Random("a", expfam.NormalGamma{}, 1); m.Random("b", unknown{}, 1) },
	} {
		m := New()
		f(m)
		if _, err := NewAscent(m, AscentConfig{}); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	for what, c := range map[string]Config{"alpha below 0": {Alpha: -1}, "alpha above 1": {Alpha: 2}, "a power of the maximum": {Alpha: .5, Max: true},
		"damping of 1": {Damping: 1}, "damping of no number": {Damping: math.NaN()}, "sweeps below 0": {Sweeps: -1}, "a tolerance below 0": {Tolerance: -1},
		"an unknown schedule": {Schedule: "random"}, "many parts": {Parts: 1000}, "residual parts": {Parts: 2, Schedule: Residual},
		"visits of parts": {Visits: []Visit{{0, 0}}, Parts: 2}, "visits at once": {Visits: []Visit{{0, 0}}, Schedule: Flooding},
		"a visit outside": {Visits: []Visit{{0, 5}}}, "a visit of no plate": {Visits: []Visit{{3, 0}}}} {
		m, _ := chain([]float64{1, 2}, 1, 1)
		if _, err := NewMessages(m, c); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	for what, c := range map[string]AscentConfig{"a step of 2": {Step: 2}, "a step of no number": {Step: math.NaN()}, "sweeps below 0": {Sweeps: -1}, "a tolerance below 0": {Tolerance: -1}} {
		m, _ := chain([]float64{1, 2}, 1, 1)
		if _, err := NewAscent(m, c); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	m, x := chain([]float64{1, 2}, 1, 1)
	y := m.Derive("first state", expfam.Normal{}, Linear{Weights: []float64{1}}, x.At(0))
	if _, err := NewAscent(m, AscentConfig{Order: []Var{y}}); err == nil {
		t.Error("an order with a function of others: got no error")
	}
	a := ascent(t, m, AscentConfig{})
	for what, err := range map[string]error{"a place outside": a.Start(x, 9, []float64{0, -1}), "a size": a.Start(x, 0, []float64{0}),
		"an improper start": a.Start(x, 0, []float64{0, 1}), "a function of others": a.Start(y, 0, []float64{0, -1})} {
		if err == nil {
			t.Errorf("start of %s: got no error", what)
		}
	}
	if a.Natural(y, 0) != nil {
		t.Error("a function of others has parameters of its own")
	}
}

// unknown is a family that the package does not know.
type unknown struct{ expfam.Normal }

func TestImpossibleEvidenceIsAnErrorOfItsFactor(t *testing.T) {
	m := New()
	z := m.Random("z", expfam.Categorical{K: 2}, 1)
	never := math.Inf(-1)
	m.Add("first", Table{Card: []int{2}, Log: []float64{0, never}}, z)
	m.Add("second", Table{Card: []int{2, 2}, Log: []float64{never, never, 0, 0}}, z, m.Random("y", expfam.Categorical{K: 2}, 1))
	_, _, err := messages(t, m, Config{}).Run(context.Background())
	var node *NodeError
	if !errors.As(err, &node) || !errors.Is(err, pgm.ErrImpossible) || node.Kind != "factor" {
		t.Errorf("run: got %v, want the factor at which nothing is possible", err)
	}
}

func TestACancelledContextStopsBetweenSweeps(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m, _ := chain([]float64{1, 2}, 1, 1)
	if _, _, err := messages(t, m, Config{}).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("messages: got %v, want that it was cancelled", err)
	}
	if _, _, err := ascent(t, m, AscentConfig{}).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ascent: got %v, want that it was cancelled", err)
	}
}

// wrong is a normal factor whose message to its mean is of the wrong size.
type wrong struct{ Normal }

func (f wrong) Average(to []float64, slot int, s *Site) {
	f.Normal.Average(to, slot, s)
	if slot == 1 {
		to[0] *= 1.5
	}
}

func TestABoundThatFallsIsAnErrorOfTheVariable(t *testing.T) {
	m := New()
	mu, tau := m.Random("mu", expfam.Normal{}, 1), m.Random("tau", expfam.Gamma{}, 1)
	m.Add("means", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, .01)}, mu)
	m.Add("rates", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(1, 1)}, tau)
	m.Add("data", wrong{}, m.Known("x", expfam.Normal{}, 4, []float64{5, 5.1, 4.9, 5}), mu, tau)
	a := ascent(t, m, AscentConfig{})
	start(t, a, mu, 0, expfam.Normal{}.Natural(5, 100))
	start(t, a, tau, 0, expfam.Gamma{}.Natural(3, 1.3))
	a.last, _ = a.Bound()
	_, _, err := a.Run(context.Background())
	var node *NodeError
	var fall *FallError
	if !errors.As(err, &node) || !errors.As(err, &fall) || node.Name != "mu" || node.Kind != "variable" {
		t.Fatalf("run: got %v, want a fall at mu", err)
	}
	if fall.To >= fall.From || fall.Sweep != 1 {
		t.Errorf("fall: got %+v, want a lower bound in sweep 1", fall)
	}
}
