package plan

import "github.com/elbo-go/elbo/cpu/internal/kernel"

// Bytes is the least Memory of a loop: the condition's result, a second copy of each value of
// the state, between which and the final state the iterations alternate, and the arena that
// condition and body use in turn.
func (l *Loop) Bytes() int {
	n := kernel.Align
	for _, s := range l.Body.Params[:l.State] {
		n += aligned(int(s.ByteSize()))
	}
	return n + aligned(max(l.Cond.Arena, l.Body.Arena))
}

// Bytes is the least Memory of a branch: the arena of either program.
func (b *Branch) Bytes() int { return max(b.True.Arena, b.False.Arena, kernel.Align) }

// aligned rounds a number of bytes up to whole cache lines.
func aligned(bytes int) int { return (bytes + kernel.Align - 1) &^ (kernel.Align - 1) }
