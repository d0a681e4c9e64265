package eval

import (
	"context"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// One element that knows two even factors tells none from the other: a vote finds the one that was
// drawn half of the time, within binomial limits that fail once in 10⁴. With an element for each, it
// finds all.
func TestVotesByHand(t *testing.T) {
	f := gridFactors(4, 4)
	var both [][]float64
	for i := range f[0].Level {
		both = append(both, []float64{float64(f[0].Level[i] + 4*f[1].Level[i])})
	}
	v := Votes{Train: 500, Test: 1000, Rows: 32}
	s, err := FactorScore(both, f, v, rng.New(1))
	fine(t, err)
	lo, hi, err := BinomialInterval(v.Test, .5, 1-1e-4)
	fine(t, err)
	if s.Right < lo || s.Right > hi || s.Groups != 1000 || s.Elements != 1 {
		t.Errorf("one element for two factors: got %+v, want %d to %d of 1000", s, lo, hi)
	}
	if !(s.Lo < s.Score && s.Score < s.Hi) {
		t.Errorf("got %v outside its interval %v to %v", s.Score, s.Lo, s.Hi)
	}
	s, err = FactorScore(identity(f), f, v, rng.New(1))
	fine(t, err)
	near(t, "an element for each", s.Score, 1, 0)
	near(t, "upper end", s.Hi, 1, 0)
}

// An element that hardly varies follows a factor exactly, as those that have collapsed to the prior
// may; the floor takes its vote away.
func TestCollapsedElementsHaveNoVote(t *testing.T) {
	f := gridFactors(4, 4)
	z := identity(f)
	for i := range z {
		z[i][1] = 1e-3*z[i][1] + 5
	}
	v := Votes{Train: 400, Test: 400, Rows: 32}
	s, err := FactorScore(z, f, v, rng.New(1))
	fine(t, err)
	near(t, "with both", s.Score, 1, 0)
	v.Floor = .01
	s, err = FactorScore(z, f, v, rng.New(1))
	fine(t, err)
	if s.Elements != 1 || s.Score > .65 {
		t.Errorf("with one: got %+v, want one element that finds about half", s)
	}
	for i := range z {
		z[i][0] = 0
	}
	s, err = FactorScore(z, f, v, rng.New(1))
	fine(t, err)
	if s.Elements != 0 || s.Score > .65 || s.Score < .35 {
		t.Errorf("with none: got %+v, want the score of a blind vote", s)
	}
	b, err := BetaScore(context.Background(), z, f, v, rng.New(1))
	fine(t, err)
	if b.Elements != 0 || b.Score > .65 || b.Score < .35 {
		t.Errorf("pairs with none: got %+v, want the score of a blind guess", b)
	}
}

// Groups share the level of their factor and are drawn from all of its rows.
func TestGroupsShareTheirFactor(t *testing.T) {
	f := gridFactors(3, 5)
	d, err := newFactored("test", identity(f), f)
	fine(t, err)
	g := newGroups(d)
	for k := range f {
		for row := range d.codes {
			mates := g.mates(k, row)
			if len(mates) != 15/d.levels[k] {
				t.Fatalf("factor %d: got %d mates of row %d, want %d", k, len(mates), row, 15/d.levels[k])
			}
			for _, m := range mates {
				if f[k].Level[m] != f[k].Level[row] {
					t.Errorf("factor %d: rows %d and %d do not share it", k, row, m)
				}
			}
		}
	}
}

func TestScoresOfEqualKeysAreEqual(t *testing.T) {
	f := gridFactors(3, 6, 8)
	z := noise(len(f[0].Level), 4, 2)
	a, err := FactorScore(z, f, DefaultVotes(), rng.New(4))
	fine(t, err)
	b, err := FactorScore(z, f, DefaultVotes(), rng.New(4))
	fine(t, err)
	c, err := FactorScore(z, f, DefaultVotes(), rng.New(5))
	fine(t, err)
	if a != b || a == c {
		t.Errorf("got %+v and %+v of one key, %+v of another", a, b, c)
	}
}
