package codes

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae/nets"
)

// mapsAtHand is what two maps of codes are made of at a point, as plain numbers: features and codes of the
// places of both, the first of two codes of the coarse one, and what x is less than E[x|t].
type mapsAtHand struct {
	z0, q [2][][]float64
	first [][]float64
	rest  [][]float64
}

// mapsOf reads them.
func mapsOf(t *testing.T, r rounding, m twoLevels) (at mapsAtHand) {
	out := tk.Values(t, model.NewProgram(r.n.Params, "maps", func(s *model.Scope, in []*g.Node) []*g.Node {
		both, books, k := m.quantise(s, in[0], 1), m.books(), s.In(quantiserScope)
		one := books[0]
		one.Levels = 1
		rest := in[0]
		if both.alone != nil {
			rest = g.Sub(rest, both.alone.Mean())
		}
		return []*g.Node{both.seen[0], books[0].Lookup(k.In("top"), both.out[0].Index), both.seen[1], books[1].Lookup(k.In("bottom"), both.out[1].Index),
			one.Lookup(k.In("top"), g.Slice(both.out[0].Index, g.AxisRange(), g.AxisRange(0, 1))), rest}
	}), rng.New(1), r.in[0])
	cut := func(x []float64, d int) (rows [][]float64) {
		for i := 0; i < len(x); i += d {
			rows = append(rows, x[i:i+d])
		}
		return rows
	}
	d := m.cfg.Whole("code-dim")
	for i := range at.q {
		at.z0[i], at.q[i] = cut(out[2*i], d), cut(out[2*i+1], d)
	}
	at.first, at.rest = cut(out[4], d), cut(out[5], m.cfg.Dim)
	return at
}

// TestTwoMapsDescendTheSurrogateOfTheirPaper holds every derivative to Razavi et al. 2019, algorithm 1: the
// codes of the coarse map pass their gradient on through those of the fine one. With a weight of the
// reconstruction from the coarse map alone, what that leaves over is a number to the fine one.
func TestTwoMapsDescendTheSurrogateOfTheirPaper(t *testing.T) {
	for _, options := range []map[string]string{
		{"code-dim": "3", "coarse-weight": "0"},
		{"code-dim": "3", "coarse-weight": "0.7", "coarse-quantisers": "2"},
	} {
		r := roundingOf(t, "vq-vae-2", options)
		m := r.Model.(pixelCodes).gridded.(twoLevels)
		at, weight := mapsOf(t, r, m), m.cfg.Number("coarse-weight")
		r.explicit = func(s *model.Scope, in []*g.Node, times float64) *g.Node {
			e, of := s.In("encoder"), m.cfg.MapExtent()
			h := m.cfg.FeatureMap(e, in[0])
			down := m.cfg.NetConfig().PlainBlocks(e.In("down"), nets.Halved(of.Channels).Apply(e.In("down"), h))
			top := nn.Dense(e.In("top"), rowsOfPlaces(down), 3)
			coarse := passed(top, at.z0[0], at.q[0], false)
			both := []*g.Node{h, nn.ReLU(m.up(e, coarse))}
			if weight > 0 {
				both = append(both, m.cfg.FeatureMap(e.In("rest"), numbers(top, at.rest)))
			}
			bottom := nn.Dense(e.In("bottom"), rowsOfPlaces(g.Concatenate(both, 3)), 3)
			loss := g.Add(sumSquares(top, numbers(top, at.q[0])), sumSquares(bottom, numbers(top, at.q[1])))
			if options["coarse-quantisers"] == "2" {
				loss = g.Add(loss, sumSquares(top, numbers(top, at.first)))
			}
			loss = g.MulScalar(loss, m.cfg.Number("commit"))
			rate := float64(m.cfg.Latent) * math.Log(5)
			fine := passed(bottom, at.z0[1], at.q[1], false)
			want := bounded(in, m.decode(s, coarse, fine), rate, loss, times)
			if weight > 0 {
				alone := m.decode(s, coarse, g.ZerosLike(fine))
				want = g.Sub(want, g.MulScalar(g.ReduceAllMean(g.ReduceSum(alone.LogProb(in[0]), -1)), weight))
			}
			return want
		}
		worst := r.descends(t, 1)
		t.Logf("%v: %v, %d flat", options, worst, worst.Flat)
		if !zoo.Fails(t, func(t testing.TB) { r.descends(t, 1.001) }) {
			t.Error("a commitment of 1.001 times as much: no failure")
		}
	}
}
