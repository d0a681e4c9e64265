package field

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/discrete"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
)

// A ring of n spins without fields has Z = (2 cosh J)ⁿ + (2 sinh J)ⁿ, an open chain
// 2 (2 cosh J)ⁿ⁻¹ (Ising 1925).
func TestRingsAndChainsHaveTheirClosedForms(t *testing.T) {
	for _, n := range []int{3, 4, 7, 30, 200} {
		for _, j := range []float64{-.9, -.1, 0, .3, 1.5} {
			var edges [][2]int
			for v := range n {
				edges = append(edges, [2]int{v, (v + 1) % n})
			}
			ring, err := Uniform(n, edges, j, 0).LogZ(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			first, ratio := float64(n)*math.Log(2*math.Cosh(j)), math.Pow(math.Tanh(j), float64(n))
			tk.Close(t, fmt.Sprint("ring of ", n), ring, first+math.Log1p(ratio), 1e-12)
			chain, err := Uniform(n, edges[:n-1], j, 0).LogZ(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, fmt.Sprint("chain of ", n), chain, math.Ln2+float64(n-1)*math.Log(2*math.Cosh(j)), 1e-12)
		}
	}
}

// Onsager 1944: the free energy of the infinite lattice is ln 2 + ½ ∫∫ ln(cosh² 2J − sinh 2J
// (cos a + cos b)) / 4π². A strip of width 8 with free edges is below it by less than the
// energy of its edges, and the difference of two strips' nears it.
func TestStripsNearTheInfiniteLattice(t *testing.T) {
	const j = .2
	c, s := math.Cosh(2*j), math.Sinh(2*j)
	bulk := math.Ln2 + tk.Integrate(func(a float64) float64 {
		return tk.Integrate(func(b float64) float64 { return math.Log(c*c - s*(math.Cos(a)+math.Cos(b))) }, 0, math.Pi, 2)
	}, 0, math.Pi, 2)/(2*math.Pi*math.Pi)
	z := func(rows, cols int) float64 {
		z, err := Uniform(rows*cols, Grid(rows, cols), j, 0).LogZ(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	// of an m×n grid ln Z = bulk·mn + edge·(m+n) + corners, up to terms that fall with the size
	second := z(8, 20) - z(8, 19) - z(7, 20) + z(7, 19)
	tk.Close(t, "free energy of a site", second, bulk, 1e-6)
}

// Adding a constant to the fields of a site changes ln Z by it and the moments not at all.
func TestFieldsAreUpToAConstant(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 36))
	for range 100 {
		p := anyPotts(t, r)
		before, err := p.Moments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v, c := r.IntN(len(p.H)), r.NormFloat64()
		for s := range p.H[v] {
			p.H[v][s] += c
		}
		after, err := p.Moments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "ln Z", after.LogZ, before.LogZ+c, 1e-12)
		for u := range p.H {
			tk.Close(t, "marginal", after.Sites[u][0], before.Sites[u][0], 1e-12)
		}
	}
}

func TestColoursPartAnyGraph(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 36))
	for range 200 {
		p := anyPotts(t, r)
		l := newLattice(len(p.H), p.Edges)
		sorted := slices.Sorted(slices.Values(l.order))
		for v, at := range sorted {
			if v != at {
				t.Fatalf("got an order of %d, want every site once", l.order)
			}
		}
		ends := 0
		for v, near := range l.near {
			for _, n := range near {
				ends++
				if e := p.Edges[n.edge]; e != [2]int{v, n.site} && e != [2]int{n.site, v} {
					t.Errorf("got %d next to %d by edge %d", n.site, v, e)
				}
			}
		}
		if ends != 2*len(p.Edges) {
			t.Errorf("got %d ends, want two for each of %d edges", ends, len(p.Edges))
		}
	}
}

// Swendsen and Wang's sweeps leave the distribution as it is: one sweep from exact draws, with
// couplings of their own and three states.
func TestASweepOfClustersLeavesTheDistribution(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 36))
	p, err := NewPotts(4, 3, [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 0}, {0, 2}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.J {
		p.J[i] = r.ExpFloat64()
	}
	for _, h := range p.H {
		for s := range h {
			h[s] = r.NormFloat64()
		}
	}
	var states [][]int
	var probs []float64
	each(4, 3, func(x []int) {
		states, probs = append(states, slices.Clone(x)), append(probs, p.LogValue(x))
	})
	discrete.Softmax(probs)
	index, counts, l := map[[4]int]int{}, make([]int, len(states)), newLattice(4, p.Edges)
	for i, x := range states {
		index[[4]int(x)] = i
	}
	for range 200000 {
		u, at := r.Float64(), 0
		for ; at < len(probs)-1 && u >= probs[at]; at++ {
			u -= probs[at]
		}
		x := slices.Clone(states[at])
		l.clusters(p, x, r)
		counts[index[[4]int(x)]]++
	}
	var rare int
	var kept []int
	var odds []float64
	rest := 0.
	for i, c := range counts {
		if probs[i]*200000 < 8 {
			rare += c
			rest += probs[i]
			continue
		}
		kept, odds = append(kept, c), append(odds, probs[i])
	}
	if rest*200000 >= 8 {
		kept, odds = append(kept, rare), append(odds, rest)
	}
	tk.FitsCounts(t, "states", kept, odds)
}

// At the critical coupling of the plane clusters forget the magnetisation far sooner than
// single spins: lag-one correlations of its size.
func TestClustersMoveFasterAtCriticality(t *testing.T) {
	p, err := Uniform(24*24, Grid(24, 24), math.Log(1+math.Sqrt2)/2, 0).Potts()
	if err != nil {
		t.Fatal(err)
	}
	correlation := func(clusters bool) float64 {
		draws, err := Sample(t.Context(), p, Sampling{Draws: 400, Chains: 1, Burn: 200, Thin: 1, Clusters: clusters, Seed: 8})
		if err != nil {
			t.Fatal(err)
		}
		var size []float64
		for _, x := range draws {
			up := 0.
			for _, s := range x {
				up += float64(2*s - 1)
			}
			size = append(size, math.Abs(up))
		}
		mean, variance, _ := tk.Moments(size)
		sum := 0.
		for i := 1; i < len(size); i++ {
			sum += (size[i] - mean) * (size[i-1] - mean)
		}
		return sum / float64(len(size)) / variance
	}
	single, cluster := correlation(false), correlation(true)
	t.Logf("correlation of the magnetisation's size from sweep to sweep: %.3f by spins, %.3f with clusters", single, cluster)
	if cluster > .8 || single < .9 {
		t.Errorf("got %.3f by spins and %.3f with clusters, want the latter far less", single, cluster)
	}
}

// Without edges every method but the stochastic ones has the frequencies of the data.
func TestSitesWithoutEdgesHaveTheirFrequencies(t *testing.T) {
	data := [][]int{{0, 2}, {1, 2}, {1, 0}, {2, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 2}}
	for _, method := range []Method{PseudoLikelihood, MaximumLikelihood} {
		c := DefaultConfig()
		c.Method = method
		p, err := Fit(t.Context(), data, 3, nil, c)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.Moments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for v, want := range [][]float64{{3. / 8, 4. / 8, 1. / 8}, {1. / 8, 2. / 8, 5. / 8}} {
			for s, q := range want {
				tk.Close(t, method.String(), m.Sites[v][s], q, 1e-6)
			}
		}
	}
}

// The penalty draws parameters to 0: at the maximum the slope of the likelihood is λθ.
func TestTheRidgeBalancesTheSlope(t *testing.T) {
	data := [][]int{{0, 0, 1}, {1, 1, 1}, {0, 1, 1}, {0, 0, 0}}
	edges := [][2]int{{0, 1}, {1, 2}}
	c := DefaultConfig()
	c.Ridge, c.Tolerance = .3, 1e-10
	p, err := Fit(t.Context(), data, 2, edges, c)
	if err != nil {
		t.Fatal(err)
	}
	l := &learner{Config: c, Potts: p, lattice: newLattice(3, edges), data: data}
	theta := slices.Concat(p.J, p.H[0], p.H[1], p.H[2])
	slope := make([]float64, len(theta))
	if _, err := l.pseudo(t.Context(), slope); err != nil {
		t.Fatal(err)
	}
	for k := range theta {
		tk.Close(t, "slope", slope[k], .3*theta[k], 1e-7)
	}
}

// Learning by chains is the same by the same seed and hears of every step.
func TestStochasticLearningIsTheSameBySeed(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 36))
	truth := anyPotts(t, r)
	data, err := Sample(t.Context(), truth, DefaultSampling())
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []Method{Divergence, Persistent} {
		c, steps := DefaultConfig(), 0
		c.Method, c.Iterations, c.Ridge = method, 30, .01
		c.Progress = func(r Record) {
			if steps++; r.Step != steps || !(r.Slope > 0) {
				t.Errorf("%v: got %+v as step %d", method, r, steps)
			}
		}
		a, err := Fit(t.Context(), data, truth.States, truth.Edges, c)
		if err != nil {
			t.Fatal(err)
		}
		if steps != 30 {
			t.Errorf("%v: got %d steps, want 30", method, steps)
		}
		c.Progress = nil
		b, err := Fit(t.Context(), data, truth.States, truth.Edges, c)
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%v: got another model by the same seed, and %v", method, err)
		}
		c.Seed++
		if b, err = Fit(t.Context(), data, truth.States, truth.Edges, c); err != nil || reflect.DeepEqual(a, b) {
			t.Errorf("%v: got the same model by another seed, and %v", method, err)
		}
	}
}

// The three bounds and approximations of package approx stand where they should around the
// exact ln Z of random fields, and its samplers within 5 standard errors.
func TestOtherMethodsAgreeOnFields(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 36))
	for range 20 {
		p := anyPotts(t, r)
		m, err := p.Moments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		g := p.Graph()
		for _, method := range approx.Methods() {
			if method.Directed {
				continue
			}
			c := method.Default
			c.Draws = 200
			got, err := method.Run(t.Context(), g, nil, c)
			if got == nil {
				t.Fatal(err)
			}
			d := got.LogZ - m.LogZ
			if method.LogZ == approx.Below && d > 1e-9 || err == nil && method.LogZ == approx.Above && d < -1e-7 ||
				method.LogZ == approx.Estimate && math.Abs(d) > 5*got.LogZErr+1e-9 {
				t.Errorf("%s: got ln Z %v, want %s of %v", method.Name, got.LogZ, method.LogZ, m.LogZ)
			}
		}
		best, err := exact.MPE(g, nil, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := approx.Maximum(t.Context(), g, nil, approx.Config{Sweeps: 500, Tolerance: 1e-8, Damping: .5})
		if found == nil {
			t.Fatal(err)
		}
		if found.LogValue > best.LogValue+1e-9 {
			t.Errorf("got a maximum of %v above the best of %v", found.LogValue, best.LogValue)
		}
	}
}

// graphOf is a machine as a factor graph, visible units first.
func graphOf(t *testing.T, m *RBM) *pgm.Graph {
	t.Helper()
	var vars []pgm.Variable
	var factors []*pgm.Factor
	add := func(bias float64) {
		v := len(vars)
		vars = append(vars, pgm.Numbered(fmt.Sprint(v), 2))
		factors = append(factors, &pgm.Factor{Vars: []int{v}, Card: []int{2}, Log: []float64{0, bias}})
	}
	for _, b := range m.B {
		add(b)
	}
	for _, c := range m.C {
		add(c)
	}
	for i, w := range m.W {
		factors = append(factors, &pgm.Factor{Vars: []int{i / m.Hidden, m.Visible + i%m.Hidden}, Card: []int{2, 2}, Log: []float64{0, 0, 0, w}})
	}
	g, err := pgm.NewGraph(vars, factors)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// A machine as a graphical model: ln Z by a junction tree, and conditional probabilities.
func TestAMachineIsAGraphicalModel(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 36))
	for range 100 {
		m := anyRBM(t, r, 1)
		g := graphOf(t, m)
		tree, err := exact.NewTree(g, nil, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		z, err := m.LogZ(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "ln Z", z, tree.LogZ, 1e-12)
		e, v := pgm.Evidence{}, make([]float64, m.Visible)
		for i := range v {
			e[i] = r.IntN(2)
			v[i] = float64(e[i])
		}
		given, err := exact.NewTree(g, e, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "free energy", m.FreeEnergy(v), -given.LogZ, 1e-12)
		h := make([]float64, m.Hidden)
		m.hidden(v, h)
		for j, p := range h {
			tk.Close(t, "p(h | v)", p, given.Marginals[m.Visible+j][1], 1e-12)
		}
		e = pgm.Evidence{}
		for j := range h {
			e[m.Visible+j] = r.IntN(2)
			h[j] = float64(e[m.Visible+j])
		}
		if given, err = exact.NewTree(g, e, exact.Config{}); err != nil {
			t.Fatal(err)
		}
		m.visible(transposed(m.W, m.Hidden), h, v)
		for i, p := range v {
			tk.Close(t, "p(v | h)", p, given.Marginals[i][1], 1e-12)
		}
	}
}
