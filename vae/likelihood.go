package vae

import (
	"fmt"
	"math"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Support is the set of values that a likelihood is a density (or mass function) on.
type Support string

// The supports of the likelihoods.
const (
	Real   Support = "any finite number"
	Unit   Support = "[0, 1]"
	Levels Support = "multiples of 1/255 in [0, 1]"
)

// Likelihood says how the decoder's output, B×D, becomes p(x|z).
type Likelihood struct {
	Name    string  // as on the command line
	Support Support // where it is a density
	// Binary says that only 0 and 1 give a normalised likelihood; grey values give a
	// cross-entropy, which must not be quoted as a log-likelihood.
	Binary bool
	Scaled bool // its scale is the setting σ
	build  func(s *model.Scope, out *g.Node, sigma float64) dist.Distribution
}

// likelihoods holds the choices of --likelihood.
var likelihoods = []Likelihood{
	{"bernoulli", Unit, true, false, func(_ *model.Scope, out *g.Node, _ float64) dist.Distribution {
		return dist.Bernoulli{Logits: out}
	}},
	{"gaussian", Real, false, true, func(_ *model.Scope, out *g.Node, sigma float64) dist.Distribution {
		return dist.Normal{Loc: out, LogScale: fixedScale(out, sigma)}
	}},
	{"gaussian-learned", Real, false, false, func(s *model.Scope, out *g.Node, _ float64) dist.Distribution {
		return dist.Normal{Loc: out, LogScale: learnedScale(s)}
	}},
	{"laplace", Real, false, true, func(_ *model.Scope, out *g.Node, sigma float64) dist.Distribution {
		return dist.Laplace{Loc: out, LogScale: fixedScale(out, sigma)}
	}},
	{"discretized-logistic", Levels, false, false, func(s *model.Scope, out *g.Node, _ float64) dist.Distribution {
		return dist.DiscretizedLogistic{Loc: out, LogScale: learnedScale(s)}
	}},
	{"continuous-bernoulli", Unit, false, false, func(_ *model.Scope, out *g.Node, _ float64) dist.Distribution {
		return dist.ContinuousBernoulli{Logits: out}
	}},
}

// Density is the likelihood of models that are densities of the rows themselves, without a decoder
// that could have another.
const Density = "density"

// Likelihoods lists the likelihoods that a decoder may have.
func Likelihoods() []Likelihood { return append([]Likelihood(nil), likelihoods...) }

// LikelihoodOf returns the likelihood of a name.
func LikelihoodOf(name string) (Likelihood, error) {
	if name == Density {
		return Likelihood{Name: Density, Support: Real}, nil
	}
	names := make([]string, len(likelihoods))
	for i, l := range likelihoods {
		if l.Name == name {
			return l, nil
		}
		names[i] = l.Name
	}
	return Likelihood{}, fmt.Errorf("vae: likelihood: got %q, want one of %s", name, strings.Join(names, ", "))
}

// Check tells which of the values x lies outside the support.
func (l Likelihood) Check(x []float32) error {
	for i, v := range x {
		f := float64(v)
		bad := math.IsNaN(f) || math.IsInf(f, 0)
		switch l.Support {
		case Unit:
			bad = bad || f < 0 || f > 1
		case Levels:
			bad = bad || f < 0 || f > 1 || math.Abs(f*255-math.Round(f*255)) > 1e-3
		}
		if bad {
			return fmt.Errorf("vae: likelihood %s: value %d: got %v, want %s", l.Name, i, v, l.Support)
		}
	}
	return nil
}

// Distribution builds p(x|z) of the named likelihood, which New has checked.
func (c Config) Distribution(s *model.Scope, out *g.Node) dist.Distribution {
	l, err := LikelihoodOf(c.Likelihood)
	if err != nil {
		panic(err)
	}
	return l.build(s, out, c.Sigma)
}

// fixedScale is ln σ in the shape 1×1.
func fixedScale(like *g.Node, sigma float64) *g.Node {
	return g.Reshape(special.ScalarLike(like, math.Log(sigma)), 1, 1)
}

// MinLogScale is the soft floor of a learned ln σ: without it a decoder that fits a constant
// pixel exactly drives σ to 0 and the density to ∞.
const MinLogScale = -6

// learnedScale is ln σ = −6 + softplus(r + 6) of the scalar parameter "logscale", r, 1×1. It
// equals r up to .0025 for r ≥ 0.
func learnedScale(s *model.Scope) *g.Node { return ScaleFrom(s, 0) }

// ScaleFrom is ln σ = −6 + softplus(r + 6), 1×1, of a learned parameter "logscale" that begins at r.
func ScaleFrom(s *model.Scope, first float64) *g.Node {
	r := s.Param("logscale", model.Constant(first))
	soft := special.Softplus(g.AddScalar(r, -MinLogScale))
	return g.Reshape(g.AddScalar(soft, MinLogScale), 1, 1)
}
