package learn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// One binary child with a binary parent, rows 00 00 01 11: BDeu of ten rows has α = 10/4 = 2.5
// for the child and 5 for the parent. By the rule Γ(x + 1) = x Γ(x):
//
//	p(parent) = (5·6·7·5) / (10·11·12·13), p(child | parent) = (2.5·3.5·2.5) / (5·6·7) · (2.5 / 5).
func TestScoresOfAFamilyByHand(t *testing.T) {
	d := table(t, []int{2, 2}, []int32{0, 0, 0, 1}, []int32{0, 0, 1, 1})
	for _, x := range []struct {
		score        Score
		alone, below float64
	}{
		{BDeu(10), math.Log(5. * 6 * 7 * 5 / (10 * 11 * 12 * 13)), math.Log(2.5*3.5*2.5/(5*6*7)) + math.Log(.5)},
		{K2(), math.Log(1. * 2 * 3 * 1 / (2 * 3 * 4 * 5)), math.Log(1.*2*1/(2*3*4)) + math.Log(.5)},
		{BIC(), 3*math.Log(.75) + math.Log(.25) - math.Log(4)/2, 2*math.Log(2./3) + math.Log(1./3) - math.Log(4)},
		{AIC(), 3*math.Log(.75) + math.Log(.25) - 1, 2*math.Log(2./3) + math.Log(1./3) - 2},
	} {
		c, err := NewCounted(d, x.score)
		must(t, c, err)
		tk.Close(t, x.score.Name+" alone", c.Score(0, nil), x.alone, 1e-14)
		tk.Close(t, x.score.Name+" with a parent", c.Score(1, []int{0}), x.below, 1e-14)
		tk.Close(t, x.score.Name+" of the structure", Structure(c, [][]int{nil, {0}}), x.alone+x.below, 1e-14)
		if named, err := ScoreNamed(x.score.Name, 10); err != nil || named.Name != x.score.Name || named.Summary == "" {
			t.Errorf("got %v, %v, want %s", named, err, x.score.Name)
		}
	}
}

func TestUnknownScoresAreNamed(t *testing.T) {
	_, err := ScoreNamed("bdue", 1)
	fails(t, err, `got "bdue", want one of ["aic" "bdeu" "bic" "k2"]`)
	_, err = ScoreNamed("bdeu", 0)
	fails(t, err, "worth 0 rows")
	_, err = ScoreNamed("bdeu", math.NaN())
	fails(t, err, "above 0")
	if _, err := NewCounted(table(t, []int{2}, []int32{Missing}), BIC()); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want %v", err, ErrMissing)
	}
	many := make([]int32, 1<<9)
	for i := range many {
		many[i] = int32(i)
	}
	_, err = NewCounted(&Data{Vars: []pgm.Variable{pgm.Numbered("a", pgm.MaxStates)}, Cols: [][]int32{many}}, BIC())
	fails(t, err, `column "a": got 1048576 states in 512 rows`)
}

// The scores of the posterior and of the fitted network, on tables with many empty rows.
func TestScoresAreThoseOfTheFittedNetwork(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	for range 200 {
		n := randomNetwork(t, r, 5)
		d, err := Sample(n, 1+r.IntN(40), rng.New(r.Uint64()))
		must(t, d, err)
		fit, err := Fit(n.Parents, d, Prior{})
		must(t, fit, err)
		logLik, err := LogLikelihood(t.Context(), fit, d, exact.Config{})
		must(t, logLik, err)
		free := 0.
		for v, f := range fit.Tables {
			k := len(n.Vars[v].States)
			free += float64(len(f.Log) / k * (k - 1))
		}
		ess := .5 + r.Float64()
		bdeu, err := Count(n.Parents, d, Prior{Equivalent: ess})
		must(t, bdeu, err)
		k2, err := Count(n.Parents, d, Prior{Cell: 1})
		must(t, k2, err)
		for _, x := range []struct {
			score Score
			want  float64
		}{
			{BIC(), logLik - math.Log(float64(d.Rows()))/2*free}, {AIC(), logLik - free},
			{BDeu(ess), bdeu.LogEvidence()}, {K2(), k2.LogEvidence()},
		} {
			c, err := NewCounted(d, x.score)
			must(t, c, err)
			tk.Close(t, x.score.Name, Structure(c, n.Parents), x.want, 1e-11)
		}
	}
}

// A candidate's score is found in one pass beside the others, and equals the one alone.
func TestCandidatesScoreAsTheyDoAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 14))
	for range 200 {
		n := randomNetwork(t, r, 6)
		d, err := Sample(n, 1+r.IntN(60), rng.New(r.Uint64()))
		must(t, d, err)
		s := Scores(1)[r.IntN(4)]
		one, err := NewCounted(d, s)
		must(t, one, err)
		many, err := NewCounted(d, s)
		must(t, many, err)
		order := r.Perm(6)
		v, parents, more := order[0], slices.Sorted(slices.Values(order[1:1+r.IntN(3)])), order[4:]
		out := make([]float64, len(more))
		for range 2 { // the second time from memory
			scoreAll(many, v, parents, more, out)
			for i, u := range more {
				tk.Close(t, s.Name, out[i], one.Score(v, with(parents, u)), 1e-11)
			}
		}
		scoreAll(alone{one}, v, parents, more, out)
		for i, u := range more {
			tk.Close(t, s.Name+" without the ability", out[i], one.Score(v, with(parents, u)), 0)
		}
	}
}

// alone has no ability to score many.
type alone struct{ f Families }

func (a alone) Len() int                           { return a.f.Len() }
func (a alone) Score(v int, parents []int) float64 { return a.f.Score(v, parents) }

// Columns of many states make tables too large to number; a map numbers them.
func TestTablesTooLargeToNumberAreCountedAll(t *testing.T) {
	const k = 3000
	r := rand.New(rand.NewPCG(15, 15))
	cols := make([][]int32, 3)
	for v := range cols {
		cols[v] = make([]int32, 3000)
		for i := range cols[v] {
			cols[v][i] = int32(r.IntN(k))
		}
		copy(cols[v][1500:], cols[v][:1500]) // rows come twice
	}
	cols[0][2999] = 7
	c, err := NewCounted(table(t, []int{k, k, 2}, cols[0], cols[1], mod2(cols[2])), BDeu(1))
	must(t, c, err)
	p, err := Count([][]int{nil, nil, nil}, c.data, Prior{Equivalent: 1})
	must(t, p, err)
	tk.Close(t, "no parents", Structure(c, [][]int{nil, nil, nil}), p.LogEvidence(), 1e-12)
	want, rows := 0., map[[2]int32]*[2]float64{}
	for i := range c.data.Rows() {
		at := [2]int32{c.data.Cols[0][i], c.data.Cols[1][i]}
		if rows[at] == nil {
			rows[at] = &[2]float64{}
		}
		rows[at][c.data.Cols[2][i]] += c.w[i]
	}
	for _, row := range rows {
		want += dirichletEvidence(row[:], row[0]+row[1], 1./(2*k*k))
	}
	tk.Close(t, "two parents", c.Score(2, []int{0, 1}), want, 1e-10)
	out := make([]float64, 1)
	d, err := NewCounted(c.data, BDeu(1))
	must(t, d, err)
	d.extend(2, []int{0}, []int{1}, out)
	tk.Close(t, "the second as a candidate", out[0], want, 1e-10)
}

func mod2(xs []int32) []int32 {
	out := make([]int32, len(xs))
	for i, x := range xs {
		out[i] = x % 2
	}
	return out
}

// Structures of one pattern have one likelihood and one BDeu, but not one K2.
func TestEquivalentStructuresScoreAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 16))
	differ := false
	for range 30 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 50, rng.New(r.Uint64()))
		must(t, d, err)
		for _, s := range Scores(2) {
			c, err := NewCounted(d, s)
			must(t, c, err)
			first := map[string]float64{}
			EachStructure(4, func(parents [][]int) {
				name, got := fmt.Sprint(PatternOf(parents).Edge), Structure(c, parents)
				want, ok := first[name]
				switch {
				case !ok:
					first[name] = got
				case s.Name == "k2":
					differ = differ || math.Abs(got-want) > 1e-6
				default:
					tk.Close(t, s.Name, got, want, 1e-11)
				}
			})
			if len(first) != 185 {
				t.Fatalf("got %d patterns of four variables, want 185 (Gillispie & Perlman 2002)", len(first))
			}
		}
	}
	if !differ {
		t.Error("K2 scores equivalent structures alike, want not")
	}
}
