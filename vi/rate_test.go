package vi_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// kl is a divergence of two data by five columns, whose means are .5, 0, 2, .25 and .1.
var kl = tk.Matrix([]float64{.6, 0, 1, .5, .2, .4, 0, 3, 0, 0}, 2, 5)

// cost is what a rate pays for kl, with its slope by each column of the first datum.
func cost(t *testing.T, r func(like *g.Node) vi.Rate) (value float64, slope []float64) {
	t.Helper()
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		c := r(in[0]).Cost(in[0])
		return []*g.Node{c, g.Gradient(c, in[0])[0]}
	}, kl)
	return out[0][0], out[1][:5]
}

func TestFreeBitsAreThoseOfAGroup(t *testing.T) {
	for _, c := range []struct {
		group int
		want  float64
	}{
		{0, .5 + .3 + 2 + .3 + .3}, // each column by itself, .3 at least
		{1, .5 + .3 + 2 + .3 + .3},
		{2, .5 + 2.25 + .3}, // the last group has one column
		{3, 2.5 + .35},
		{5, 2.85},
		{9, 2.85},
	} {
		v, _ := cost(t, func(like *g.Node) vi.Rate {
			return vi.Rate{Beta: special.ScalarLike(like, 2), FreeBits: .3, Group: c.group}
		})
		tk.Close(t, "cost", v, 2*c.want, 1e-14)
	}
	_, slope := cost(t, func(like *g.Node) vi.Rate {
		return vi.Rate{Beta: special.ScalarLike(like, 1), FreeBits: .6, Group: 2}
	})
	for j, want := range []float64{0, 0, .5, .5, 0} {
		tk.Close(t, "slope of a column in a group with bits to spare, or without", slope[j], want, 1e-15)
	}
}

// The cost is 0 at the capacity and γ a nat on both sides of it, whatever β and λ are.
func TestTheCostOfACapacityIsItsDistance(t *testing.T) {
	for _, c := range []struct{ nats, want, slope float64 }{{2.85, 0, 0}, {2, 8.5, 5}, {4, 11.5, -5}} {
		v, slope := cost(t, func(like *g.Node) vi.Rate {
			return vi.Rate{Beta: special.ScalarLike(like, 3), FreeBits: 1, Capacity: special.ScalarLike(like, c.nats), Weight: 10}
		})
		tk.Close(t, "cost", v, c.want, 1e-13)
		if c.slope != 0 {
			tk.Close(t, "slope", slope[0], c.slope, 1e-14)
		}
	}
}

func TestACapacityRisesOverItsShare(t *testing.T) {
	c := vi.Capacity{Nats: 25, Share: .4}
	at := func(c vi.Capacity, progress float64) float64 {
		return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{c.At(g.Squeeze(in[0], 0))}
		}, tk.Vector(progress))[0][0]
	}
	for progress, want := range map[float64]float64{0: 0, .1: 6.25, .2: 12.5, .4: 25, .9: 25, 1: 25} {
		tk.Close(t, "capacity", at(c, progress), want, 1e-13)
		if got := c.Reached(progress); got != (progress >= .4) {
			t.Errorf("at %v: reached %v", progress, got)
		}
	}
	if at(vi.Capacity{Nats: 3}, 0) != 3 || !(vi.Capacity{Nats: 3}).Reached(0) {
		t.Error("without a share: want the capacity from the start")
	}
}

// At the bound a mean of 0 has the rate exactly, and any other mean more; every smaller variance too.
func TestNarrowGuidesHaveTheirRate(t *testing.T) {
	for _, rate := range []float64{1e-6, .01, .1, .5, 2, 9} {
		u := vi.NarrowLogVar(rate)
		tk.Close(t, "½(σ² − 1 − ln σ²)", .5*(math.Expm1(u)-u)/rate, 1, 1e-9) // the difference loses digits near 0
		if .5*(math.Expm1(u-.1)-u+.1) <= rate {
			t.Errorf("rate %v: a narrower guide has less", rate)
		}
	}
	if u := vi.NarrowLogVar(0); u > 0 || u < -1e-7 {
		t.Errorf("without a rate: got ln σ² ≤ %v, want 0", u)
	}
}
