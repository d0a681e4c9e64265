package statespace

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// randomChain draws a chain of n states of l values whose precision is positive definite: that
// of a random model of its states and rows, J = Λᵀ(noise)⁻¹Λ block by block.
func randomChain(seed uint64, n, l int) *Chain {
	r := rng.New(seed).Named("chain").Rand()
	q := &Chain{J: make([]*mat.Dense, n), Below: make([]*mat.Dense, n), H: make([]*mat.VecDense, n)}
	for t := range n {
		q.J[t] = mat.DenseCopyOf(randomCov(r, l))
		q.H[t] = mat.VecDenseCopyOf(randomMatrix(r, l, 1).ColView(0))
		if t > 0 { // add (z_t − A z_{t−1})ᵀ(z_t − A z_{t−1})
			a := randomMatrix(r, l, l)
			var aa mat.Dense
			aa.Mul(a.T(), a)
			q.J[t-1].Add(q.J[t-1], &aa)
			for i := range l {
				q.J[t].Set(i, i, q.J[t].At(i, i)+1)
			}
			q.Below[t] = new(mat.Dense)
			q.Below[t].Scale(-1, a)
		}
	}
	return q
}

func TestAChainEqualsTheGaussianOfAllItsStates(t *testing.T) {
	r := rng.New(41).Rand()
	for seed := range uint64(100) {
		n, l := 1+r.IntN(7), 1+r.IntN(3)
		q := randomChain(seed, n, l)
		all, h := mat.NewSymDense(n*l, nil), mat.NewVecDense(n*l, nil)
		for s := range n {
			for i := range l {
				h.SetVec(s*l+i, q.H[s].AtVec(i))
				for j := range l {
					if j >= i {
						all.SetSym(s*l+i, s*l+j, q.J[s].At(i, j))
					}
					if s > 0 {
						all.SetSym(s*l+i, (s-1)*l+j, q.Below[s].At(i, j))
					}
				}
			}
		}
		cov, logDet, err := inverse(all, "all")
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Solve(); err != nil {
			t.Fatal(err)
		}
		var mean mat.VecDense
		mean.MulVec(cov, h)
		near(t, "entropy", q.Entropy, .5*(float64(n*l)*(1+math.Log(2*math.Pi))-logDet), 1e-11)
		for s := range n {
			for i := range l {
				at := mean.AtVec(s*l + i)
				near(t, "mean", q.Mean[s].AtVec(i), at, 1e-11)
				for j := range l {
					near(t, "second moment", q.Second[s].At(i, j), cov.At(s*l+i, s*l+j)+at*mean.AtVec(s*l+j), 1e-11)
					if s > 0 {
						near(t, "cross moment", q.Cross[s].At(i, j), cov.At(s*l+i, (s-1)*l+j)+at*mean.AtVec((s-1)*l+j), 1e-11)
					}
				}
			}
		}
	}
}

func TestAChainThatIsNoDensityIsAnError(t *testing.T) {
	q := randomChain(42, 3, 2)
	q.J[1].Set(0, 0, -100)
	if err := q.Solve(); err == nil {
		t.Error("a negative precision: got no error")
	}
}

// With many rows the posterior is narrow and its point is that of maximum likelihood: their
// likelihoods of the rows agree to a few nats.
func TestTheLimitOfManyRowsIsMaximumLikelihood(t *testing.T) {
	truth := LocalLevel(1, 2, 0, 1)
	truth.Trans.Set(0, 0, .8)
	y, _, err := truth.Simulate(rng.New(43), 4000)
	if err != nil {
		t.Fatal(err)
	}
	ml := LocalLevel(1, 1, 0, 1)
	ml.Trans.Set(0, 0, .5)
	c := Default()
	c.FixEmit, c.FixFirst, c.Sweeps = true, true, 150
	best, err := ml.Fit(context.Background(), [][]float64{y}, c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBayes(mat.NewDense(1, 1, []float64{.7}), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	trace, err := b.Fit(t.Context(), [][]float64{y}, Config{Sweeps: 150, Tol: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	at, err := b.Point().Filter(y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "log-likelihood at the point", at.LogLik, best, 3/math.Abs(best))
	near(t, "step", b.Trans.At(0, 0), ml.Trans.At(0, 0), .02)
	near(t, "noise", 1/b.precision(0), ml.EmitCov.At(0, 0), .1)
	// The bound pays for four parameters of some ½ ln 4000 nats each, and for their priors.
	if gap := best - trace[len(trace)-1]; gap < 3 || gap > 40 {
		t.Errorf("bound: got %.1f nats below the likelihood, want 3 to 40", gap)
	}
}

// Two copies of a sequence say what a sequence of twice the weight says: the sums double.
func TestSequencesAreCountedOnceEach(t *testing.T) {
	y, _, err := LocalLevel(1, 1, 0, 1).Simulate(rng.New(44), 20)
	if err != nil {
		t.Fatal(err)
	}
	b := begun(t, 45, 2, 1)
	one, err := b.expect([][]float64{y})
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.expect([][]float64{y, y})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "steps", two.steps, 2*one.steps, 0)
	near(t, "rows", two.rows, 2*one.rows, 0)
	near(t, "entropy", two.entropy, 2*one.entropy, 1e-14)
	near(t, "first states", two.head, 2*one.head, 1e-14)
	near(t, "squares", two.squares[0], 2*one.squares[0], 1e-14)
	for i := range 2 {
		near(t, "mixed", two.mixed.At(0, i), 2*one.mixed.At(0, i), 1e-13)
		for j := range 2 {
			near(t, "seen", two.seen.At(i, j), 2*one.seen.At(i, j), 1e-13)
			near(t, "cross", two.cross.At(i, j), 2*one.cross.At(i, j), 1e-13)
		}
	}
}

// Rows that are all missing leave the posterior where it is: at its prior's widths.
func TestMissingRowsSayNothingOfC(t *testing.T) {
	b := begun(t, 46, 1, 2)
	b.FixRelevance = true
	gone := make([]float64, 8)
	for i := range gone {
		gone[i] = math.NaN()
	}
	if _, err := b.Fit(t.Context(), [][]float64{gone}, Config{Sweeps: 50, Tol: 1e-12}); err != nil {
		t.Fatal(err)
	}
	near(t, "C", b.Emit.At(1, 0), 0, 1e-12)
	near(t, "its width", b.EmitCov.At(0, 0), 1, 1e-12)
	near(t, "shape", b.Shape[0], b.A0, 0)
	near(t, "rate", b.Rate[0], b.B0, 0)
}
