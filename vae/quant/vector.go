package quant

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Vector is vector quantisation with codebooks. A feature is cut into parts of the codebook's D
// numbers, each with codebooks of its own (product quantisation; Jégou et al. 2011); each part becomes
// the sum of one code of several codebooks, of which the second stands for what the first leaves over
// and so on (residual quantisation; Zeghidour et al. 2021, algorithm 1):
//
//	r₁ = z,  k_i = nearest of r_i,  r_{i+1} = r_i − sg[e_{k_i}],  q = Σ_i e_{k_i}.
//
// With codes of length 1 that holds for the first codebook of a part; what is left over has none.
type Vector struct {
	// Book is what all codebooks are like.
	Book Codebook
	// Groups is the number of parts, Levels that of codebooks of a part; 0 is 1.
	Groups, Levels int
	// Rotate gives features their gradient by rotation instead of straight through.
	Rotate bool
}

// Size implements [Quantiser].
func (v Vector) Size() (count, values, dim int) {
	return v.groups() * v.levels(), v.Book.Codes, v.groups() * v.Book.Dim
}

// Over returns the quantiser whose codes count as in use for so many steps after they were chosen.
func (v Vector) Over(steps int) Quantiser {
	v.Book.Window = steps
	return v
}

// groups and levels are at least 1.
func (v Vector) groups() int { return max(1, v.Groups) }
func (v Vector) levels() int { return max(1, v.Levels) }

// at returns the codebook of a level of a group, and its scope.
func (v Vector) at(s *model.Scope, group, level int) (Codebook, *model.Scope) {
	b := v.Book
	b.Unit = b.Unit && level == 0
	return b, s.In(Name(group, level))
}

// Name is the scope of the codebook of a level of a group.
func Name(group, level int) string { return fmt.Sprintf("group%d_level%d", group, level) }

// Frozen lists the scopes below that of the quantiser which do not descend the loss.
func (v Vector) Frozen() (out []string) {
	for i := range v.groups() {
		for l := range v.levels() {
			for _, name := range v.Book.Frozen() {
				out = append(out, Name(i, l)+"/"+name)
			}
		}
	}
	return out
}

// Apply implements [Quantiser].
func (v Vector) Apply(s *model.Scope, z *g.Node) Output {
	var out Output
	var codes, index []*g.Node
	var used, perplexity *g.Node
	for i := range v.groups() {
		part := v.part(z, i)
		rest, sum := part, (*g.Node)(nil)
		for l := range v.levels() {
			b, at := v.at(s, i, l)
			k, q := b.nearest(at, rest)
			out.Loss = add(out.Loss, b.learn(at, rest, k))
			index = append(index, g.ConvertDType(g.ExpandAxes(k, -1), z.DType()))
			rest, sum = g.Sub(rest, q), add(sum, q)
			if s.Training() {
				u, p := b.usage(at)
				used, perplexity = add(used, u), add(perplexity, p)
			}
		}
		codes = append(codes, v.through(part, sum))
	}
	out.Codes, out.Index = g.Concatenate(codes, 1), g.Concatenate(index, 1)
	if s.Training() {
		books := float64(len(index))
		out.Figures = []vi.Figure{
			{Name: "codes in use, %", Value: g.MulScalar(used, 100/books)},
			{Name: "perplexity of codes", Value: g.DivScalar(perplexity, books)},
		}
	}
	return out
}

// part returns the i-th part of features, N×D, of length 1 where that is wanted.
func (v Vector) part(z *g.Node, i int) *g.Node {
	if v.groups() > 1 {
		z = columns(z, i*v.Book.Dim, (i+1)*v.Book.Dim)
	}
	if v.Book.Unit {
		z = Unit(z)
	}
	return z
}

// through returns codes with the gradient of features.
func (v Vector) through(z, q *g.Node) *g.Node {
	if v.Rotate {
		return Rotated(z, q)
	}
	return Through(z, q)
}

// Lookup implements [Quantiser].
func (v Vector) Lookup(s *model.Scope, index *g.Node) *g.Node {
	var codes []*g.Node
	for i := range v.groups() {
		var sum *g.Node
		for l := range v.levels() {
			b, at := v.at(s, i, l)
			k := g.Squeeze(columns(index, i*v.levels()+l, i*v.levels()+l+1), 1)
			sum = add(sum, Rows(b.table(at), k))
		}
		codes = append(codes, sum)
	}
	return g.Concatenate(codes, 1)
}
