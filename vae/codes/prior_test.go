package codes

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// testGrids are a coarse map of one place and a fine one of 2×2 with two numbers a place: 9 bits.
var testGrids = []vae.CodeMap{{Height: 1, Width: 1, Depth: 1, Values: 2}, {Height: 2, Width: 2, Depth: 2, Values: 2}}

func init() {
	vae.Register(vae.Spec{
		Name: "test-codes", Summary: "codes are the bits of a row, for tests", Labels: true,
		Options: codePriorOptions, Scheduled: true,
		Stages:  func(c vae.Config) []vae.Stage { return codeStages(c, nil) },
		Indices: func(vae.Config) (count, values int) { return 9, 2 },
		New:     func(c vae.Config) vae.Model { return withCodePrior(c, &bits{c}) },
	})
}

// bits has codes of the signs of the first nine values of a row, which repeats where it is shorter.
type bits struct{ vae.Config }

func (m *bits) CodeMaps() []vae.CodeMap { return testGrids }

func (m *bits) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	z, _ := m.Encode(s, b)
	return vi.Terms{LogLik: g.ExpandAxes(g.ReduceSum(m.Decode(s, b.Code(z)).LogProb(b.X), -1), 0), Kind: vi.KindELBO}
}

func (m *bits) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	x := b.X
	for x.Shape().Dim(1) < 9 {
		x = g.Concatenate([]*g.Node{x, b.X}, 1)
	}
	x = g.Slice(x, g.AxisRange(), g.AxisRange(0, 9))
	z := g.ConvertDType(g.GreaterThan(x, g.ZerosLike(x)), s.DType())
	return z, g.ZerosLike(z)
}

func (m *bits) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	w := s.In("decoder").Param("w", model.Constant(.5), 9, m.Dim)
	mean := g.Dot(c.Z, w).Product()
	return dist.Normal{Loc: mean, LogScale: g.ZerosLike(mean)}
}

// everyCode lists all codes of nine bits, each with its class at the end.
func everyCode(class float32) (rows []float32) {
	for k := range 512 {
		for i := range 9 {
			rows = append(rows, float32(k>>i&1))
		}
		rows = append(rows, class)
	}
	return rows
}

// codeNetwork is a network of codes with its prior, and the log-probabilities that it gives codes.
func codeNetwork(t *testing.T, dtype dtypes.DType) (*vae.Network, func(rows []float32) []float64) {
	t.Helper()
	n := zoo.Network(t, "test-codes", vae.Config{Dim: 9, Latent: 9, Classes: 3, Likelihood: "gaussian", Sigma: 1, Options: map[string]string{"prior-layers": "2", "prior-channels": "3"}}, dtype)
	prog := model.NewProgram(n.Params, "log p", func(s *model.Scope, in []*g.Node) []*g.Node {
		c := n.Code(in[0])
		return []*g.Node{g.ReduceSum(chosen(s, n.Model.(vae.Ancestral).Next(s, c), c.Z), -1)}
	})
	return n, func(rows []float32) []float64 {
		in := zoo.Must[*model.Input](t)(n.Params.Input(len(rows)/10, 10))
		if err := in.Write(func(x []float32) error { copy(x, rows); return nil }); err != nil {
			t.Fatal(err)
		}
		return tk.Values(t, prog, rng.New(1), in.Tensor)[0]
	}
}

// TestProbabilitiesOfAllCodesSumToOne enumerates 512 codes of two maps: whatever the weights, their
// probabilities are a distribution, for each class one of its own.
func TestProbabilitiesOfAllCodesSumToOne(t *testing.T) {
	_, logP := codeNetwork(t, dtypes.Float64)
	var before []float64
	for _, class := range []float32{-1, 0, 2} {
		p, sum := logP(everyCode(class)), 0.
		for _, v := range p {
			sum += math.Exp(v)
		}
		tk.Close(t, "sum of all probabilities", sum, 1, 1e-12)
		if slices.Equal(p, before) {
			t.Errorf("class %v: got the probabilities of another class", class)
		}
		before = p
	}
}

// TestDrawnCodesFollowTheirPrior: Pearson's statistic of 40,000 draws over 512 codes, of which those
// with less than five expected are put together, stays below the quantile that a right sampler
// exceeds with probability 1e-4.
func TestDrawnCodesFollowTheirPrior(t *testing.T) {
	const count = 40_000
	n, logP := codeNetwork(t, dtypes.Float32)
	p := logP(everyCode(1))
	z := zoo.Must[[]float32](t)(n.PriorOf(t.Context(), count, 1, rng.New(4)))
	seen := make([]float64, 512)
	for i := range count {
		k := 0
		for j := range 9 {
			k |= int(z[i*10+j]) << j
		}
		if z[i*10+9] != 1 {
			t.Fatalf("draw %d: got class %v, want 1", i, z[i*10+9])
		}
		seen[k]++
	}
	stat, cells, rest, restSeen := 0., 0., 0., 0.
	for k, v := range p {
		if want := count * math.Exp(v); want < 5 {
			rest, restSeen = rest+want, restSeen+seen[k]
		} else {
			stat, cells = stat+(seen[k]-want)*(seen[k]-want)/want, cells+1
		}
	}
	if rest > 5 {
		stat, cells = stat+(restSeen-rest)*(restSeen-rest)/rest, cells+1
	}
	// Wilson & Hilferty's approximation of the quantile of χ² at 1 − 1e-4, of which z is 3.719.
	d := cells - 1
	if limit := d * math.Pow(1-2/(9*d)+3.719*math.Sqrt(2/(9*d)), 3); stat > limit {
		t.Errorf("χ² of %v cells: got %v, want at most %v", cells, stat, limit)
	}
}

// In the stage of the prior the parameters of the codes are held; in the first there is no prior.
func TestThePriorIsLearnedAlone(t *testing.T) {
	n, _ := codeNetwork(t, dtypes.Float64)
	for stage, want := range []string{"decoder/w", "prior/"} {
		prog := model.NewProgram(n.Params, "terms", func(s *model.Scope, in []*g.Node) []*g.Node {
			b := n.Batch(in[0], nil)
			b.Stage = stage
			terms := n.Model.Terms(s, b, vi.Estimator{})
			names, _ := s.Trainable()
			for _, name := range names {
				if len(name) < len(want) || name[:len(want)] != want {
					t.Errorf("stage %d: got trainable %v, want only %s", stage, names, want)
				}
			}
			return []*g.Node{terms.LogLik}
		})
		in := zoo.Must[*model.Input](t)(n.Params.Input(512, 10))
		if err := in.Write(func(x []float32) error { copy(x, everyCode(0)); return nil }); err != nil {
			t.Fatal(err)
		}
		tk.Values(t, prog, rng.New(1), in.Tensor)
	}
}

// TestThePriorLearnsADistribution trains it on rows of which the bits are all alike, as likely ones
// as zeros: its cross-entropy falls to ln 2.
func TestThePriorLearnsADistribution(t *testing.T) {
	n := zoo.Network(t, "test-codes", vae.Config{Dim: 9, Latent: 9, Classes: 3, Likelihood: "gaussian", Sigma: 1, Options: map[string]string{"prior-layers": "2", "prior-channels": "8"}}, dtypes.Float64)
	x := make([]float32, 0, 64*10)
	for i := range 64 {
		for range 9 {
			x = append(x, float32(i%2))
		}
		x = append(x, -1)
	}
	last, adam := 0., optim.NewAdam()
	train := model.NewProgram(n.Params, "learn", func(s *model.Scope, in []*g.Node) []*g.Node {
		t := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
		loss := g.ReduceAllMean(t.KL)
		adam.Update(s, loss, in[1], in[2])
		return []*g.Node{loss}
	}).Training()
	in := zoo.Must[*model.Input](t)(n.Params.Input(64, 10))
	if err := in.Write(func(dst []float32) error { copy(dst, x); return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range 150 {
		rate, correct := adam.Scalars(int64(i+1), .02)
		last = tk.Values(t, train, rng.New(1), in.Tensor, model.Scalar(dtypes.Float64, rate), model.Scalar(dtypes.Float64, correct))[0][0]
	}
	if math.Abs(last-math.Ln2) > .01 {
		t.Errorf("cross-entropy: got %v, want ln 2 = %v", last, math.Ln2)
	}
}
