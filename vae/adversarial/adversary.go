package adversarial

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// game is what a critic and its adversary minimise, for logits of which the critic wants those of
// real rows above 0 and those of the adversary's rows below.
type game struct {
	name       string
	real, fake func(logit *g.Node) *g.Node // the critic's loss for a row of each kind
	fool       func(logit *g.Node) *g.Node // the adversary's loss for a row of its own
}

// games holds the choices of an option of [gameOption].
var games = []game{
	// −ln D and −ln(1 − D), D = σ(logit); the adversary minimises −ln D, which does not saturate where
	// the critic is sure (Goodfellow et al. 2014, section 3).
	{"non-saturating",
		func(r *g.Node) *g.Node { return special.Softplus(g.Neg(r)) }, special.Softplus,
		func(f *g.Node) *g.Node { return special.Softplus(g.Neg(f)) }},
	// Lim & Ye 2017, eq. 7 to 9.
	{"hinge",
		func(r *g.Node) *g.Node { return nn.ReLU(g.AddScalar(g.Neg(r), 1)) },
		func(f *g.Node) *g.Node { return nn.ReLU(g.AddScalar(f, 1)) }, g.Neg},
	// Mao et al. 2017, eq. 8: the critic aims at 1 and −1, its adversary at 0.
	{"least-squares",
		func(r *g.Node) *g.Node { return g.Square(g.AddScalar(r, -1)) },
		func(f *g.Node) *g.Node { return g.Square(g.AddScalar(f, 1)) }, g.Square},
}

// gameOption is the setting of models that let their user choose the game.
func gameOption() vae.Option {
	o := vae.Option{Name: "game", Usage: "what critic and generator minimise", Default: games[0].name, Kind: vae.Choice}
	for _, w := range games {
		o.Choices = append(o.Choices, w.name)
	}
	return o
}

// gameOf returns the game of a name.
func gameOf(name string) game {
	for _, w := range games {
		if w.name == name {
			return w
		}
	}
	panic(fmt.Errorf("vae: game: got %q, want one of %v", name, gameOption().Choices))
}

// adversary is a critic in training: what it minimises and when it rests.
type adversary struct {
	scope string  // path of its parameters
	game  string  // a name of games
	rest  float64 // accuracy above which it rests, so that its adversary keeps up; 1: it never does
	r1    float64 // weight of [gradientPenalty] in its loss
}

// verdict is what a critic makes of a batch.
type verdict struct {
	adversary
	miss     *g.Node // its loss, a scalar
	accuracy *g.Node // share of rows that it tells right, a scalar; a logit of 0 is half right
	fool     *g.Node // its adversary's loss, a scalar
}

// judge forms the losses of a batch from the logits of real rows, B, and of as many of the adversary's,
// of one or more kinds that count alike.
func (a adversary) judge(real *g.Node, fakes ...*g.Node) verdict {
	w := gameOf(a.game)
	fake := average(fakes, w.fake)
	right := g.ReduceAllMean(g.Sub(g.Sign(real), average(fakes, g.Sign)))
	return verdict{
		adversary: a,
		miss:      g.MulScalar(g.ReduceAllMean(g.Add(w.real(real), fake)), .5),
		accuracy:  g.AddScalar(g.MulScalar(right, .25), .5),
		fool:      g.ReduceAllMean(average(fakes, w.fool)),
	}
}

// average is the mean of f over kinds of rows.
func average(kinds []*g.Node, f func(*g.Node) *g.Node) *g.Node {
	sum := f(kinds[0])
	for _, k := range kinds[1:] {
		sum = g.Add(sum, f(k))
	}
	if len(kinds) == 1 {
		return sum
	}
	return g.MulScalar(sum, 1/float64(len(kinds)))
}

// smoothed adds to the critic's loss what it pays for its slope at real rows x with these logits.
func (v verdict) smoothed(x, real *g.Node) verdict {
	if v.r1 > 0 {
		v.miss = g.Add(v.miss, g.MulScalar(gradientPenalty(x, real), v.r1))
	}
	return v
}

// gradientPenalty is ½ E‖∂logit/∂x‖² (Mescheder et al. 2018, eq. 9).
func gradientPenalty(x, logit *g.Node) *g.Node {
	slope := g.Gradient(g.ReduceAllSum(logit), x)[0]
	return g.MulScalar(g.ReduceAllSum(g.Square(slope)), .5/float64(x.Shape().Dim(0)))
}

// route lets the critic descend its loss, unless it rests.
func (v verdict) route() optim.Route {
	r := optim.Route{Scope: v.scope, Loss: v.miss}
	if v.rest < 1 {
		r.Gate = g.LessOrEqual(v.accuracy, special.ScalarLike(v.accuracy, v.rest))
	}
	return r
}

// figures are those of the critic.
func (v verdict) figures() []vi.Figure {
	return []vi.Figure{{Name: v.scope + "'s loss", Value: v.miss}, {Name: v.scope + "'s accuracy", Value: v.accuracy}}
}

// denseCritic is the logits, B, of rows of numbers by dense layers of the given widths. The last
// hidden layer comes with them.
func denseCritic(s *model.Scope, x *g.Node, widths []int) (hidden, logit *g.Node) {
	for i, width := range widths {
		x = nn.LeakyReLU(nn.Dense(s.In(fmt.Sprintf("hidden%d", i)), x, width), .2)
	}
	return x, g.Squeeze(nn.Dense(s.In("out"), x, 1), 1)
}
