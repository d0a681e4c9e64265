// Package prob fits a probability model that is written as one Go function over named random
// variables, by variational inference in the space of unconstrained reals.
//
// The function receives a [Trace]. It draws its unknowns with [Trace.Sample], says what was seen
// with [Trace.Observe], and groups data that are independent given the rest in a [Trace.Plate]:
//
//	m := prob.New(func(p *prob.Trace) {
//		mu := p.Sample("mu", dist.Normal{Loc: p.Const(0), LogScale: p.Const(0)})
//		p.Plate("data", 8, func(p *prob.Trace) {
//			p.Observe("y", dist.Normal{Loc: mu, LogScale: p.Const(0)}, p.Data("y"))
//		})
//	}, prob.Data{"y": {28, 8, -3, 7, -1, 1, 18, 12}})
//	fit, err := prob.ADVI(ctx, m, prob.Options{Seed: 1})
//
// Continuous unknowns are mapped to Rⁿ by the bijector that belongs to their support, with the
// logarithm of its Jacobian (Kucukelbir et al. 2017, section 2.3); discrete ones with few values
// are summed out. The function is run while graphs are built, several times, so it must do the
// same each time: no randomness of its own, no change of variables outside it.
//
// [Fit.Verdict] says whether a fit can be trusted, from k̂ of its importance weights, from its
// convergence and from where other starts ended; [Fit.Summary] weighs the draws where that helps.
//
// Shapes: a variable's axes are those of its plates, then those of its distribution. An inner
// plate's axis comes before an outer one's, so that a variable of the outer plate broadcasts
// inside as it is.
package prob
