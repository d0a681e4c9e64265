package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
)

// transformer is a causal language model with learned positions and pre-norm blocks, as
// bench/peers/torch_transformer.py has it.
type transformer struct {
	vocabulary, width, heads, layers int
}

// logits returns the scores of the next token after every token of ids, B×T×V.
func (m transformer) logits(s *model.Scope, ids *g.Node) *g.Node {
	steps := ids.Shape().Dim(1)
	at := s.In("positions").Param("weight", model.Gaussian(1), steps, m.width)
	h := g.Add(nn.Embedding(s.In("tokens"), ids, m.vocabulary, m.width), g.ExpandAxes(at, 0))
	for i := range m.layers {
		b := s.In(fmt.Sprint("block", i))
		h = g.Add(h, nn.SelfAttention{Heads: m.heads, Causal: true}.Apply(b.In("attention"), nn.LayerNorm(b.In("norm0"), h)))
		wide := nn.GELU(nn.Dense(b.In("wide"), nn.LayerNorm(b.In("norm1"), h), 4*m.width))
		h = g.Add(h, nn.Dense(b.In("narrow"), wide, m.width))
	}
	return nn.Dense(s.In("out"), nn.LayerNorm(s.In("norm"), h), m.vocabulary)
}

// loss is −ln p of the tokens that follow, averaged over all positions, in nats.
func (m transformer) loss(s *model.Scope, ids, next *g.Node) *g.Node {
	logits := m.logits(s, ids)
	hit := g.OneHot(next, m.vocabulary, logits.DType())
	return g.ReduceAllMean(g.Sub(special.LogSumExp(logits, -1), g.ReduceSum(g.Mul(logits, hit), -1)))
}

// trainer is the program of an Adam step; its inputs are ids, their successors, and the two
// scalars of the optimizer.
func (m transformer) trainer(p *model.Params) (*model.Program, optim.Adam) {
	adam := optim.NewAdam()
	return model.NewProgram(p, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss := m.loss(s, in[0], in[1])
		adam.Update(s, loss, in[2], in[3])
		return []*g.Node{loss}
	}).Training(), adam
}

// tokens are batch sequences of steps+1 tokens that count up from a random start, cut into
// ids and successors.
func tokens(batch, steps, vocabulary int, seed uint64) (ids, next *tensors.Tensor) {
	starts := rng.New(seed).Perm(vocabulary)
	a, b := make([]int32, batch*steps), make([]int32, batch*steps)
	for i := range a {
		at := starts[i/steps%vocabulary] + i%steps
		a[i], b[i] = int32(at%vocabulary), int32((at+1)%vocabulary)
	}
	return tensors.FromFlatDataAndDimensions(a, batch, steps), tensors.FromFlatDataAndDimensions(b, batch, steps)
}

// train makes a step and returns the loss before it.
func train(t testing.TB, prog *model.Program, adam optim.Adam, n int, rate float64, ids, next *tensors.Tensor, dtype dtypes.DType) float64 {
	t.Helper()
	rate, correct := adam.Scalars(int64(n+1), rate)
	return tk.Values(t, prog, rng.Key{}, ids, next, model.Scalar(dtype, rate), model.Scalar(dtype, correct))[0][0]
}

// TestTransformerLearnsToCount: an untrained model knows about as much as a uniform guess,
// ln V; a trained one tells the successor of nearly every token.
func TestTransformerLearnsToCount(t *testing.T) {
	m := transformer{vocabulary: 8, width: 16, heads: 2, layers: 2}
	prog, adam := m.trainer(tk.Params(t, dtypes.Float32))
	first, last := 0., 0.
	for n := range 60 {
		ids, next := tokens(4, 6, m.vocabulary, uint64(n))
		last = train(t, prog, adam, n, .01, ids, next, dtypes.Float32)
		if n == 0 {
			first = last
		}
	}
	if math.Abs(first-math.Log(8)) > 1 || last > .1 {
		t.Errorf("loss: got %.3f at first and %.3f after 60 steps, want about %.3f and below .1", first, last, math.Log(8))
	}
}

func TestGradientOfTheTransformer(t *testing.T) {
	m := transformer{vocabulary: 3, width: 4, heads: 2, layers: 1}
	ids, next := tokens(2, 3, m.vocabulary, 1)
	p := tk.Params(t, dtypes.Float64)
	d := tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{m.loss(s, in[0], in[1])}
	}, ids, next)
	if d.Count != p.Count() {
		t.Errorf("got %d derivatives, want %d", d.Count, p.Count())
	}
}

// open returns a backend for a benchmark.
func open(b *testing.B, name string) compute.Backend {
	b.Helper()
	be, err := backend.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	return be
}

// BenchmarkTransformerStep is one Adam step of 4 layers of width 256 with 8 heads on 8
// sequences of 256 tokens of 256, 3,356,416 parameters, on every backend of the build that
// needs no plug-in.
func BenchmarkTransformerStep(b *testing.B) {
	for _, name := range backend.Names() {
		if name == "xla" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			m := transformer{vocabulary: 256, width: 256, heads: 8, layers: 4}
			prog, adam := m.trainer(model.NewParams(open(b, name), dtypes.Float32, rng.New(1)))
			ids, next := tokens(8, 256, m.vocabulary, 1)
			n := 0
			train(b, prog, adam, n, 1e-4, ids, next, dtypes.Float32)
			for b.Loop() {
				n++
				train(b, prog, adam, n, 1e-4, ids, next, dtypes.Float32)
			}
			b.ReportMetric(1000*b.Elapsed().Seconds()/float64(b.N), "ms/step")
		})
	}
}
