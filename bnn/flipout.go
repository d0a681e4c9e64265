package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// flipout draws one perturbation ΔW = S∘E for the batch and flips its signs for each row
// (Wen et al. 2018, eq. 4):
//
//	y = x·M + b + ((x∘U)·ΔW + Δb)∘V,  U, V = ±1 of equal odds, B×in and B×out.
//
// The perturbations of two rows are uncorrelated, which holds for weights of any symmetric
// posterior, unlike [local]'s form.
func flipout(s *model.Scope, x *g.Node, w, b normal) *g.Node {
	mean := affine(x, w.M, b.M)
	dw := g.Mul(w.S, s.Normal("weight-noise", w.M.Shape().Dimensions...))
	db := g.Mul(b.S, s.Normal("bias-noise", b.M.Shape().Dimensions...))
	u := signs(s, "flip-in", x)
	v := signs(s, "flip-out", mean)
	return g.Add(mean, g.Mul(affine(g.Mul(x, u), dw, db), v))
}

// signs returns ±1 of equal odds in the shape of x.
func signs(s *model.Scope, name string, x *g.Node) *g.Node {
	u := s.Uniform(name, x.Shape().Dimensions...)
	one := g.OnesLike(u)
	return g.Where(g.LessThan(u, g.MulScalar(one, .5)), g.Neg(one), one)
}
