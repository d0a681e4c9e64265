// Package message is one runtime of messages on factor graphs. A [Model] declares plates of
// variables, each of a family of package expfam, and factors between them,
//
//	p(x) = 1/Z Π_f f(x_f).
//
// Every message is the natural parameters of its variable's family, so that the product of
// messages is their sum. Two engines run on the same declaration:
//
// [Messages] sends to each variable what a factor says of it given all others,
//
//	m_f→x = proj[∫ f Π_j m_j→f] / m_x→f,   m_x→f = Π_g≠f m_g→x,
//
// which is sum-product where the integral is in the family and expectation propagation where it
// has to be projected (Minka 2001); a maximum in its place is max-product, and f^α in place of f
// power expectation propagation (Minka 2004).
//
// [Ascent] is variational message passing (Winn & Bishop 2005): the message is what is left of
// E ln f when all variables but x are averaged out,
//
//	ln q(x) = Σ_f m_f→x·u(x) + constant,   m_f→x = ∂⟨ln f⟩/∂⟨u(x)⟩,
//
// and the bound Σ_f ⟨ln f⟩ + Σ_x H[q(x)] never falls.
//
// Factors are [Normal], [Gamma], [Prior], [MultiNormal], [Transition], [Joint], [Relevance],
// [Categorical], [Bernoulli], [Sticks], [Table], [Gate] over any of them, [Walk] and [Along] of a whole path, the likelihoods [Probit],
// [Logistic], [Softmax], [Interval] and [Likelihood], and the functions [Linear] and [Dot] of
// [Model.Derive]. What each can do is an ability: [Sender], [Maximiser], [Averager], [Link].
//
// Both engines store checkpoints from which they go on to the same bits. Messages can be shared out
// to workers that tell each other only what they make of the variables at their boundaries.
//
// A declaration that an engine cannot run is refused by a [DeclarationError] with the factor, its
// slot and the reason.
package message
