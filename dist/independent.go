package dist

import (
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Independent makes event axes of the last batch axes of a distribution, which is to be a product
// over them:
//
//	ln p(x) = Σᵢ ln p(xᵢ).
//
// [NewIndependent] adds the entropy and the differentiable draws that the base has.
type Independent struct {
	Base Distribution // of the elements
	Axes int          // how many batch axes of Base turn into event axes
}

// NewIndependent returns an [Independent] that is [Reparameterized] and [Entropic] where its base
// is.
func NewIndependent(base Distribution, axes int) Distribution {
	d := Independent{base, axes}
	r, differentiable := base.(Reparameterized)
	e, entropic := base.(Entropic)
	switch {
	case differentiable && entropic:
		return independentBoth{independentPath{d, r}, e}
	case differentiable:
		return independentPath{d, r}
	case entropic:
		return independentEntropy{d, e}
	}
	return d
}

// LogProb implements [Distribution].
func (d Independent) LogProb(x *g.Node) *g.Node {
	lp := d.Base.LogProb(lead(x, d.Base.Mean().Rank()))
	require(d.Axes >= 0 && d.Axes <= lp.Rank(), "Independent", "batch axes of the base", lp.Rank(), d.Axes)
	return sumLast(lp, d.Axes)
}

// Mean implements [Distribution].
func (d Independent) Mean() *g.Node { return d.Base.Mean() }

// Variance implements [Distribution].
func (d Independent) Variance() *g.Node { return d.Base.Variance() }

// Sample implements [Distribution].
func (d Independent) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Base.Sample(s, name, m)
}

// Support implements [Declared].
func (d Independent) Support() Support {
	var s Support
	if b, ok := d.Base.(Declared); ok {
		s = b.Support()
	}
	s.Extra += d.Axes
	if s.Set == Real && s.Extra > 0 {
		s.Set, s.Extra = Vector, s.Extra-1
	}
	if s.Set == Vector && s.Extra > 0 {
		s.Set, s.Extra = Matrix, s.Extra-1
	}
	return s
}

// Parameters implements [Declared].
func (d Independent) Parameters() []Parameter {
	if b, ok := d.Base.(Declared); ok {
		return slices.Clone(b.Parameters())
	}
	return nil
}

// independent gives the parts of every kind of [Independent].
func (d Independent) independent() Independent { return d }

// summed is any kind of [Independent].
type summed interface {
	Distribution
	independent() Independent
}

// independentPath has differentiable draws.
type independentPath struct {
	Independent
	base Reparameterized
}

// Rsample implements [Reparameterized].
func (d independentPath) Rsample(s *model.Scope, name string, m int) *g.Node {
	return d.base.Rsample(s, name, m)
}

// independentEntropy has an entropy.
type independentEntropy struct {
	Independent
	base Entropic
}

// Entropy returns the sum of the elements' entropies.
func (d independentEntropy) Entropy() *g.Node { return sumLast(d.base.Entropy(), d.Axes) }

// independentBoth has both.
type independentBoth struct {
	independentPath
	entropic Entropic
}

// Entropy returns the sum of the elements' entropies.
func (d independentBoth) Entropy() *g.Node { return sumLast(d.entropic.Entropy(), d.Axes) }

// klIndependent is the sum of the elements' divergences.
func klIndependent(q, p Distribution) (*g.Node, bool) {
	sq, ok := q.(summed)
	sp, ok2 := p.(summed)
	if !ok || !ok2 || sq.independent().Axes != sp.independent().Axes {
		return nil, false
	}
	kl, ok := KL(sq.independent().Base, sp.independent().Base)
	if !ok {
		return nil, false
	}
	return sumLast(kl, sq.independent().Axes), true
}

func init() { registerPair[Independent, Independent](klIndependent) }
