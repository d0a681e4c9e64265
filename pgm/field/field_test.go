package field

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm/exact"
)

// anyPotts has up to 6 sites of 2 or 3 states, random edges, couplings and fields.
func anyPotts(t testing.TB, r *rand.Rand) *Potts {
	t.Helper()
	n := 1 + r.IntN(6)
	var edges [][2]int
	for v := range n {
		for u := range v {
			if r.IntN(2) == 0 {
				edges = append(edges, [2]int{u, v})
			}
		}
	}
	p, err := NewPotts(n, 2+r.IntN(2), edges)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.J {
		p.J[i] = r.NormFloat64()
	}
	for _, h := range p.H {
		for s := range h {
			h[s] = r.NormFloat64()
		}
	}
	return p
}

// each goes through all states.
func each(n, k int, f func(x []int)) {
	x := make([]int, n)
	for {
		f(x)
		v := 0
		for ; v < n; v++ {
			if x[v]++; x[v] < k {
				break
			}
			x[v] = 0
		}
		if v == n {
			return
		}
	}
}

func TestMomentsAreThoseOfAllStates(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 34))
	for range 300 {
		p := anyPotts(t, r)
		m, err := p.Moments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		z, edges := 0., make([]float64, len(p.Edges))
		each(len(p.H), p.States, func(x []int) {
			w := math.Exp(p.LogValue(x))
			z += w
			for i, e := range p.Edges {
				if x[e[0]] == x[e[1]] {
					edges[i] += w
				}
			}
			tk.Close(t, "exponent", p.Graph().LogValue(x), math.Log(w), 1e-12)
		})
		tk.Close(t, "ln Z", m.LogZ, math.Log(z), 1e-12)
		for i, w := range edges {
			tk.Close(t, "p(alike)", m.Edges[i], w/z, 1e-12)
		}
	}
}

// J = .4, h = .1 on 4×4 spins with free edges: ln Z and the magnetisations printed for it.
func TestTheIsingGridOf4By4(t *testing.T) {
	m := Uniform(16, Grid(4, 4), .4, .1)
	z, err := m.LogZ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln Z", z, 13.5571989, 5e-9)
	p, err := m.Potts()
	if err != nil {
		t.Fatal(err)
	}
	at, err := p.Moments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for v, want := range map[int]float64{0: .354819, 1: .433144, 5: .519307} {
		tk.Close(t, "magnetisation", at.Sites[v][1]-at.Sites[v][0], want, 5e-7)
	}
	back, err := IsingOf(p)
	if err != nil || !reflect.DeepEqual(back, m) {
		t.Errorf("got %+v and %v, want the spins again", back, err)
	}
}

func TestSitesOfOneColourAreNoNeighbours(t *testing.T) {
	l := newLattice(12, Grid(3, 4))
	for k, v := range l.order[:6] {
		if (v/4+v%4)%2 != 0 {
			t.Errorf("got %d as number %d, want the even squares first", v, k)
		}
	}
	if len(l.order) != 12 || len(l.near[5]) != 4 || len(l.near[0]) != 2 {
		t.Errorf("got %+v", l)
	}
}

// Frequencies of all 64 states of a small model, from 4 chains thinned enough to be independent,
// by both samplers.
func TestDrawsHaveTheirProbabilities(t *testing.T) {
	for _, clusters := range []bool{false, true} {
		p, err := Uniform(6, Grid(2, 3), .3, -.2).Potts()
		if err != nil {
			t.Fatal(err)
		}
		draws, err := Sample(t.Context(), p, Sampling{Draws: 40000, Chains: 4, Burn: 50, Thin: 12, Clusters: clusters, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.Moments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts, probs := make([]int, 64), make([]float64, 64)
		place := func(x []int) (at int) {
			for _, s := range x {
				at = 2*at + s
			}
			return at
		}
		each(6, 2, func(x []int) { probs[place(x)] = math.Exp(p.LogValue(x) - m.LogZ) })
		for _, x := range draws {
			counts[place(x)]++
		}
		tk.FitsCounts(t, "states", counts, probs)
	}
}

func TestDrawsAreTheSameBySeed(t *testing.T) {
	p := anyPotts(t, rand.New(rand.NewPCG(2, 34)))
	c := DefaultSampling()
	a, err := Sample(t.Context(), p, c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Sample(t.Context(), p, c)
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("got other draws by the same seed, and %v", err)
	}
	c.Seed++
	if b, err = Sample(t.Context(), p, c); err != nil || reflect.DeepEqual(a, b) {
		t.Errorf("got the same draws by another seed, and %v", err)
	}
}

// Both values against their definition, and their gradients against differences.
func TestGradientsOfBothLikelihoods(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 34))
	for i := range 100 {
		truth := anyPotts(t, r)
		data := make([][]int, 5)
		for k := range data {
			data[k] = randomState(truth, r)
		}
		l := &learner{Config: Config{Tied: i%2 == 0}, Potts: truth, lattice: newLattice(len(truth.H), truth.Edges), data: data}
		theta := make([]float64, l.size())
		l.mean = make([]float64, l.size())
		for _, x := range data {
			l.count(x, .2, l.mean)
		}
		for k := range theta {
			theta[k] = r.NormFloat64()
		}
		for name, value := range map[string]func(*learner, context.Context, []float64) (float64, error){"pseudo": (*learner).pseudo, "likelihood": (*learner).likelihood} {
			at := func(theta, slope []float64) float64 {
				l.set(theta)
				v, err := value(l, t.Context(), slope)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			slope, scratch := make([]float64, len(theta)), make([]float64, len(theta))
			got := at(theta, slope)
			want := 0.
			m, err := truth.Moments(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range data {
				if name == "likelihood" {
					want += (truth.LogValue(x) - m.LogZ) / 5
					continue
				}
				for v, s := range x {
					sum, y := 0., append([]int(nil), x...)
					for y[v] = range truth.States {
						sum += math.Exp(truth.LogValue(y))
					}
					y[v] = s
					want += (truth.LogValue(y) - math.Log(sum)) / 5
				}
			}
			tk.Close(t, name, got, want, 1e-12)
			for k := range theta {
				const h = 1e-5
				was := theta[k]
				theta[k] = was + h
				up := at(theta, scratch)
				theta[k] = was - h
				down := at(theta, scratch)
				theta[k] = was
				tk.Close(t, name+": slope", slope[k], (up-down)/(2*h), 1e-8)
				clear(scratch)
			}
		}
	}
}

// 5,000 draws of the grid of J = .4 and h = .1: pseudo-likelihood and the others find J within
// .03, with one coupling for all.
func TestCouplingsAreRecovered(t *testing.T) {
	truth, err := Uniform(16, Grid(4, 4), .4, .1).Potts()
	if err != nil {
		t.Fatal(err)
	}
	data, err := Sample(t.Context(), truth, Sampling{Draws: 5000, Chains: 10, Burn: 100, Thin: 10, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	for method := range learners {
		c := DefaultConfig()
		c.Method, c.Tied = Method(method), true
		p, err := Fit(t.Context(), data, 2, truth.Edges, c)
		if err != nil {
			t.Fatal(err)
		}
		m, err := IsingOf(p)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: J %.4f, h %.4f", c.Method, m.J[0], m.H[0])
		if math.Abs(m.J[0]-.4) > .03 || math.Abs(m.H[0]-.1) > .03 {
			t.Errorf("%v: got J %.4f and h %.4f, want .4 and .1 within .03", c.Method, m.J[0], m.H[0])
		}
	}
}

// Couplings of their own for a Potts model of three states, by 20,000 draws: errors within 5
// times what so many draws allow.
func TestEachCouplingIsRecovered(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 34))
	truth, err := NewPotts(6, 3, Grid(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i := range truth.J {
		truth.J[i] = 1.5*r.Float64() - .5
	}
	data, err := Sample(t.Context(), truth, Sampling{Draws: 20000, Chains: 10, Burn: 100, Thin: 5, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []Method{PseudoLikelihood, MaximumLikelihood} {
		c := DefaultConfig()
		c.Method, c.Ridge = method, 1e-6
		steps := 0
		c.Progress = func(r Record) { steps = r.Step }
		p, err := Fit(t.Context(), data, 3, truth.Edges, c)
		if err != nil {
			t.Fatal(err)
		}
		for i, j := range p.J {
			if math.Abs(j-truth.J[i]) > .1 {
				t.Errorf("%v: got a coupling of %.3f, want %.3f", method, j, truth.J[i])
			}
		}
		if steps < 3 {
			t.Errorf("%v: got %d steps, want to hear of them", method, steps)
		}
	}
}

// At the maximum of the likelihood the model expects what the data have.
func TestMaximumLikelihoodMatchesMoments(t *testing.T) {
	data := [][]int{{0, 0, 1, 1}, {1, 1, 1, 0}, {0, 1, 1, 0}, {1, 0, 0, 1}, {1, 1, 0, 0}, {0, 0, 0, 1}, {0, 1, 0, 1}, {1, 1, 1, 1}}
	c := DefaultConfig()
	c.Method = MaximumLikelihood
	p, err := Fit(t.Context(), data, 2, [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 0}}, c)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.Moments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range p.Edges {
		alike := 0.
		for _, x := range data {
			if x[e[0]] == x[e[1]] {
				alike += 1. / 8
			}
		}
		tk.Close(t, "p(alike)", m.Edges[i], alike, 1e-6)
	}
	for v, q := range m.Sites {
		one := 0.
		for _, x := range data {
			one += float64(x[v]) / 8
		}
		tk.Close(t, "p(1)", q[1], one, 1e-6)
	}
}

func TestFieldsThatMakeNoSenseAreErrors(t *testing.T) {
	for _, err := range []error{
		func() error { _, err := NewPotts(0, 2, nil); return err }(),
		func() error { _, err := NewPotts(2, 0, nil); return err }(),
		func() error { _, err := NewPotts(2, 2, [][2]int{{0, 0}}); return err }(),
		func() error { _, err := NewPotts(2, 2, [][2]int{{0, 2}}); return err }(),
		func() error { _, err := (&Ising{Edges: [][2]int{{0, 1}}}).Potts(); return err }(),
		func() error { _, err := (&Ising{}).LogZ(t.Context()); return err }(),
		func() error { _, err := IsingOf(&Potts{States: 3}); return err }(),
		func() error { _, err := Fit(t.Context(), nil, 2, nil, DefaultConfig()); return err }(),
		func() error { _, err := Fit(t.Context(), [][]int{{0}, {0, 1}}, 2, nil, DefaultConfig()); return err }(),
		func() error { _, err := Fit(t.Context(), [][]int{{2}}, 2, nil, DefaultConfig()); return err }(),
		func() error { _, err := Fit(t.Context(), [][]int{{0}}, 2, nil, Config{}); return err }(),
		func() error { _, err := Sample(t.Context(), &Potts{}, Sampling{}); return err }(),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "field: ") || !strings.Contains(err.Error(), "want") {
			t.Errorf("got %v, want an error that says what", err)
		}
	}
	p, err := Uniform(4, Grid(2, 2), -1, 0).Potts()
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultSampling()
	c.Clusters = true
	if _, err := Sample(t.Context(), p, c); err == nil || !strings.Contains(err.Error(), "below 0") {
		t.Errorf("got %v of clusters of a negative coupling", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Sample(ctx, p, DefaultSampling()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
	for method := range learners {
		c := DefaultConfig()
		c.Method = Method(method)
		if _, err := Fit(ctx, [][]int{{0, 1}}, 2, nil, c); !errors.Is(err, context.Canceled) {
			t.Errorf("%v: got %v, want that it was stopped", c.Method, err)
		}
	}
	wide, err := Uniform(40*40, Grid(40, 40), .1, 0).Potts()
	if err != nil {
		t.Fatal(err)
	}
	var large *exact.TooLarge
	if _, err := wide.Moments(t.Context()); !errors.As(err, &large) {
		t.Errorf("got %v of a grid of 40×40, want a refusal", err)
	}
}
