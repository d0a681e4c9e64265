package anomaly

import (
	"context"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
)

func init() {
	register(Score{
		Name: "restored", Summary: "reconstruction term at the best code of the row, found by gradient steps, nats",
		Formula: "−ln p(x|z*), z* a maximum of ln p(x|z) + ln p(z)", Paper: "Schlegl et al. 2017; You et al. 2019",
		Needs: []Need{NeedsContinuous},
		fit:   fitRestored,
	})
}

// restoreSteps and restoreRate are those of Adam on codes.
const (
	restoreSteps = 50
	restoreRate  = .05
)

// fitRestored prepares the score restored.
func fitRestored(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	return func(ctx context.Context, x []float32, _ rng.Key) ([]float64, error) {
		_, nll, err := Restore(ctx, s, x, restoreSteps)
		return nll, err
	}, nil
}

// Restore returns the codes of rows x, N×L, that a number of steps of Adam on ln p(x|z) + ln p(z) reach
// from the means of q(z|x), keeping the best on the way, and −ln p(x|z) there. The guide is one guess for
// all rows; a row that is like those of training gains little, and what a code cannot express stays.
func Restore(ctx context.Context, s Subject, x []float32, steps int) (codes []float32, nll []float64, err error) {
	n := s.Net
	prog := restoring(n)
	w, l := n.Width(), n.CodeWidth()
	start, _, err := n.Encode(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	codes, nll = make([]float32, len(start)), make([]float64, len(x)/w)
	for first := 0; first < len(nll); first += chunk {
		rows := min(chunk, len(nll)-first)
		c := &climb{net: n, prog: prog, x: x[first*w : (first+rows)*w], z: append([]float32(nil), start[first*l:(first+rows)*l]...),
			rows: rows, best: codes[first*l : (first+rows)*l], nll: nll[first : first+rows]}
		if err := c.run(ctx, steps); err != nil {
			return nil, nil, err
		}
	}
	return codes, nll, nil
}

// restoring is the program of −ln p(x|z) and −ln p(z) of rows, and of the gradient of their sum with
// respect to codes of [vae.Network.CodeWidth] values.
func restoring(n *vae.Network) *model.Program {
	return model.NewProgram(n.Params, "restore", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.Batch(in[0], nil)
		l := n.Model.(vae.Probabilistic).Latent(s, b)
		z := g.Slice(in[1], g.AxisRange(), g.AxisRange(0, n.Config.Latent))
		row := g.Neg(special.SumDims(l.Decode(z).LogProb(b.X)))
		prior := g.Neg(l.P.LogProb(g.ExpandAxes(z, 0)))
		for prior.Rank() > 2 {
			prior = g.ReduceSum(prior, -1)
		}
		prior = g.BroadcastToDims(g.Squeeze(prior, 0), b.Size())
		slope := g.Gradient(g.ReduceAllSum(g.Add(row, prior)), in[1])[0]
		return []*g.Node{row, prior, slope}
	})
}

// climb is the search for the codes of a piece of rows.
type climb struct {
	net  *vae.Network
	prog *model.Program
	x, z []float32
	rows int
	best []float32 // codes so far
	nll  []float64 // −ln p(x|z) there
}

// run makes the steps.
func (c *climb) run(ctx context.Context, steps int) error {
	const b1, b2, eps = .9, .999, 1e-8
	m, v := make([]float64, len(c.z)), make([]float64, len(c.z))
	lowest := make([]float64, c.rows)
	for i := range lowest {
		lowest[i] = math.Inf(1)
	}
	l := len(c.z) / c.rows
	for t := 0; ; t++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		out, err := c.at()
		if err != nil {
			return err
		}
		for i := range c.rows {
			if loss := out[0][i] + out[1][i]; loss < lowest[i] {
				lowest[i], c.nll[i] = loss, out[0][i]
				copy(c.best[i*l:(i+1)*l], c.z[i*l:])
			}
		}
		if t == steps {
			return nil
		}
		rate := restoreRate * math.Sqrt(1-math.Pow(b2, float64(t+1))) / (1 - math.Pow(b1, float64(t+1)))
		for i, u := range out[2] {
			m[i], v[i] = b1*m[i]+(1-b1)*u, b2*v[i]+(1-b2)*u*u
			c.z[i] -= float32(rate * m[i] / (math.Sqrt(v[i]) + eps))
		}
	}
}

// at evaluates the program at the codes.
func (c *climb) at() ([][]float64, error) {
	x, err := c.net.Params.Tensor(c.x, c.rows, c.net.Width())
	if err != nil {
		return nil, err
	}
	defer x.FinalizeAll()
	z, err := c.net.Params.Tensor(c.z, c.rows, c.net.CodeWidth())
	if err != nil {
		return nil, err
	}
	defer z.FinalizeAll()
	return c.prog.Values(rng.Key{}, x, z)
}

// restorable tells whether ln p(x|z) + ln p(z) of the model has a slope in codes, by a try.
func restorable(n *vae.Network) bool {
	c := climb{net: n, prog: restoring(n), x: make([]float32, n.Width()), z: make([]float32, n.CodeWidth()), rows: 1}
	_, err := c.at()
	return err == nil
}
