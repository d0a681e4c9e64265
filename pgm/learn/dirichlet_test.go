package learn

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

func exp(x float64) float64 { return math.Exp(x) }

// eachAssignment calls f with the states of every assignment.
func eachAssignment(card []int, f func(states []int)) {
	states := make([]int, len(card))
	for {
		f(states)
		v := len(card) - 1
		for ; v >= 0; v-- {
			if states[v]++; states[v] < card[v] {
				break
			}
			states[v] = 0
		}
		if v < 0 {
			return
		}
	}
}

func TestMaximumLikelihoodIsTheShareOfTheRows(t *testing.T) {
	d := table(t, []int{2, 2}, []int32{0, 0, 0, 1}, []int32{0, 0, 1, 1})
	n, err := Fit([][]int{nil, {0}}, d, Prior{})
	must(t, n, err)
	for i, want := range []float64{2. / 3, 1. / 3, 0, 1} {
		tk.Close(t, "p(b | a)", exp(n.Tables[1].Log[i]), want, 1e-15)
	}
	tk.Close(t, "p(a)", exp(n.Tables[0].Log[0]), .75, 1e-15)
	l, err := LogLikelihood(t.Context(), n, d, exact.Config{})
	must(t, l, err)
	tk.Close(t, "ln p(D)", l, 3*math.Log(.75)+math.Log(.25)+2*math.Log(2./3)+math.Log(1./3), 1e-14)
}

func TestPosteriorMeansAddThePrior(t *testing.T) {
	d := table(t, []int{2, 2}, []int32{0, 0, 0}, []int32{0, 0, 1})
	for _, x := range []struct {
		prior Prior
		want  []float64
	}{
		{Prior{Cell: 1}, []float64{3. / 5, 2. / 5, 1. / 2, 1. / 2}},
		{Prior{Equivalent: 8}, []float64{4. / 7, 3. / 7, 1. / 2, 1. / 2}}, // α = 8 / (2·2) = 2
		{Prior{}, []float64{2. / 3, 1. / 3, 1. / 2, 1. / 2}},              // a row of no data is uniform
	} {
		n, err := Fit([][]int{nil, {0}}, d, x.prior)
		must(t, n, err)
		for i, want := range x.want {
			tk.Close(t, "p(b | a)", exp(n.Tables[1].Log[i]), want, 1e-15)
		}
	}
}

func TestNoTablesFitBetterThanTheMaximum(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 100 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 60, rng.New(r.Uint64()))
		must(t, d, err)
		best, err := Fit(n.Parents, d, Prior{})
		must(t, best, err)
		top, err := LogLikelihood(t.Context(), best, d, exact.Config{})
		must(t, top, err)
		l, err := LogLikelihood(t.Context(), n, d, exact.Config{})
		if must(t, l, err); l > top+1e-9 {
			t.Errorf("ln p(D): got %g with other tables, want at most %g", l, top)
		}
	}
}

// The chain rule: p(D) is the product of each row's probability under the posterior mean
// given the rows before it.
func TestEvidenceIsTheProductOfPredictions(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 100 {
		net := randomNetwork(t, r, 3)
		prior := Prior{Cell: r.Float64(), Equivalent: .1 + r.Float64()}
		d, err := Sample(net, 12, rng.New(r.Uint64()))
		must(t, d, err)
		want := 0.
		for i := range d.Rows() {
			rows := make([]int, i)
			for k := range rows {
				rows[k] = k
			}
			p, err := Count(net.Parents, d.pick(rows, nil), prior)
			must(t, p, err)
			mean, err := p.Mean()
			must(t, mean, err)
			want += mean.Graph().LogValue([]int{int(d.Cols[0][i]), int(d.Cols[1][i]), int(d.Cols[2][i])})
		}
		p, err := Count(net.Parents, d, prior)
		must(t, p, err)
		tk.Close(t, "ln p(D)", p.LogEvidence(), want, 1e-12)
	}
}

// Of one binary variable, θ ~ Beta(α + n₁, α + n₀): the expectations are integrals.
func TestExpectedLogarithmsAreIntegrals(t *testing.T) {
	d := table(t, []int{2}, []int32{0, 0, 0, 1})
	p, err := Count([][]int{nil}, d, Prior{Cell: 1.5})
	must(t, p, err)
	tables, err := p.ExpectedLog()
	must(t, tables, err)
	density := func(x float64) float64 { return math.Pow(x, 3.5) * math.Pow(1-x, 1.5) }
	z := tk.Integrate(density, 0, 1, 200)
	tk.Close(t, "E[ln θ]", tables[0].Log[0], tk.Integrate(func(x float64) float64 { return density(x) * math.Log(x) }, 0, 1, 200)/z, 1e-9)
	tk.Close(t, "E[ln(1 − θ)]", tables[0].Log[1], tk.Integrate(func(x float64) float64 { return density(x) * math.Log(1-x) }, 0, 1, 200)/z, 1e-9)
	tk.Close(t, "ln p(D)", p.LogEvidence(), math.Log(z)-math.Log(tk.Integrate(func(x float64) float64 { return math.Sqrt(x * (1 - x)) }, 0, 1, 2000)), 1e-5)
	l, err := p.ExpectedLogLikelihood(d)
	tk.Close(t, "E[ln p(D | θ)]", must(t, l, err), 3*tables[0].Log[0]+tables[0].Log[1], 1e-12)
	kl := tk.Integrate(func(x float64) float64 {
		return density(x) / z * (math.Log(density(x)/z) - math.Log(math.Sqrt(x*(1-x))/(math.Pi/8)))
	}, 0, 1, 400)
	tk.Close(t, "KL(q ‖ p)", p.divergence(tables), kl, 1e-6)
}

// ln p(D) = E_q[ln p(D | θ)] − KL(q ‖ p) at the posterior itself, for any network.
func TestTheBoundIsTheEvidenceAtThePosterior(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		net := randomNetwork(t, r, 4)
		d, err := Sample(net, 30, rng.New(r.Uint64()))
		must(t, d, err)
		p, err := Count(net.Parents, d, Prior{Equivalent: 1 + r.Float64()})
		must(t, p, err)
		tables, err := p.ExpectedLog()
		must(t, tables, err)
		l, err := p.ExpectedLogLikelihood(d)
		must(t, l, err)
		tk.Close(t, "bound", l-p.divergence(tables), p.LogEvidence(), 1e-11)
	}
}

func TestWrongPriorsAndMissingCellsAreRefused(t *testing.T) {
	d := table(t, []int{2}, []int32{0, Missing})
	if _, err := Fit([][]int{nil}, d, Prior{}); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want %v", err, ErrMissing)
	}
	whole := table(t, []int{2}, []int32{0, 1})
	for _, p := range []Prior{{Cell: -1}, {Equivalent: math.NaN()}, {Cell: math.Inf(1)}} {
		_, err := Fit([][]int{nil}, whole, p)
		fails(t, err, "prior: got")
	}
	_, err := Fit([][]int{{0}}, whole, Prior{})
	fails(t, err, "parents of v0")
	p, err := Count([][]int{nil}, whole, Prior{})
	must(t, p, err)
	_, err = p.ExpectedLog()
	fails(t, err, "got a prior of 0, want above 0")
	_, err = p.ExpectedLogLikelihood(whole)
	fails(t, err, "want above 0")
	if _, err = p.ExpectedLogLikelihood(d); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want %v", err, ErrMissing)
	}
}

func TestAsiasTablesComeBackFromSamples(t *testing.T) {
	asia := shared(t, "asia")
	d, err := Sample(asia, 200000, rng.New(5))
	must(t, d, err)
	n, err := Fit(asia.Parents, d, Prior{})
	must(t, n, err)
	for v, f := range asia.Tables {
		for i, l := range f.Log {
			rows := 0.
			for _, s := range rowsOf(n, d, v, i) {
				rows += s
			}
			if p := exp(l); rows > 0 {
				tk.Close(t, asia.Vars[v].Name, exp(n.Tables[v].Log[i]), p, 5*math.Sqrt(p*(1-p)/rows)+1e-12)
			}
		}
	}
}

// rowsOf are the counts of the row of a table that a cell lies in.
func rowsOf(n *pgm.Network, d *Data, v, cell int) []float64 {
	counts := make([]float64, len(n.Tables[v].Log))
	d.tally(v, n.Parents[v], counts)
	k := len(n.Vars[v].States)
	return counts[cell/k*k : cell/k*k+k]
}

func log(x float64) float64 { return math.Log(x) }
