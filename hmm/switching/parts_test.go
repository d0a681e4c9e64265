package switching

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/hmm/statespace"
	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// dense is J and h of a chain as one matrix and one vector.
func dense(q *statespace.Chain) (j *mat.Dense, h *mat.VecDense) {
	n, l := len(q.J), q.H[0].Len()
	j, h = mat.NewDense(n*l, n*l, nil), mat.NewVecDense(n*l, nil)
	for t := range n {
		for a := range l {
			h.SetVec(t*l+a, q.H[t].AtVec(a))
			for b := range l {
				j.Set(t*l+a, t*l+b, q.J[t].At(a, b))
				if t > 0 {
					j.Set(t*l+a, (t-1)*l+b, q.Below[t].At(a, b))
					j.Set((t-1)*l+b, t*l+a, q.Below[t].At(a, b))
				}
			}
		}
	}
	return j, h
}

func TestTheGaussianChainEqualsItsDenseInverse(t *testing.T) {
	r := rng.New(21).Named("dense").Rand()
	for range 100 {
		k, l, d, n := 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(2), 1+r.IntN(6)
		m := randomModel(r, k, l, d)
		y, _ := simulate(r, m, n)
		var regimes []float64
		for range n {
			regimes = append(regimes, simplex(r, k)...)
		}
		p, err := m.precisions()
		if err != nil {
			t.Fatal(err)
		}
		q, err := m.states(p, y, regimes)
		if err != nil {
			t.Fatal(err)
		}
		j, h := dense(q)
		cov, logDet, err := inverse(symmetric(j), "J")
		if err != nil {
			t.Fatal(err)
		}
		var mean mat.VecDense
		mean.MulVec(cov, h)
		near(t, "entropy", q.Entropy, .5*(float64(n*l)*(1+math.Log(2*math.Pi))-logDet), 1e-10)
		for s := range n {
			for a := range l {
				at := mean.AtVec(s*l + a)
				near(t, "mean", q.Mean[s].AtVec(a), at, 1e-9)
				for b := range l {
					near(t, "second moment", q.Second[s].At(a, b), cov.At(s*l+a, s*l+b)+at*mean.AtVec(s*l+b), 1e-9)
					if s > 0 {
						near(t, "cross moment", q.Cross[s].At(a, b), cov.At(s*l+a, (s-1)*l+b)+at*mean.AtVec((s-1)*l+b), 1e-9)
					}
				}
			}
		}
	}
}

// A sure path with its q(z), which is exact, has the bound ln p(y, path); the best q(s) for this
// q(z) has no less.
func TestTheBoundIsNoLessThanThatOfASurePath(t *testing.T) {
	r := rng.New(22).Named("sure").Rand()
	for range 50 {
		k, n := 2+r.IntN(2), 2+r.IntN(6)
		m := randomModel(r, k, 2, 2)
		y, path := simulate(r, m, n)
		want := math.Log(m.Start[path[0]]) + kalman(t, m, y, path)
		for i := 1; i < n; i++ {
			want += math.Log(m.Steps[path[i-1]*k+path[i]])
		}
		regimes := make([]float64, n*k)
		for i, s := range path {
			regimes[i*k+s] = 1
		}
		p, err := m.precisions()
		if err != nil {
			t.Fatal(err)
		}
		q, err := m.states(p, y, regimes)
		if err != nil {
			t.Fatal(err)
		}
		post, err := m.regimes(p, y, q)
		if err != nil {
			t.Fatal(err)
		}
		if post.Bound < want-1e-9*math.Abs(want) {
			t.Errorf("bound: got %.12g, want at least %.12g", post.Bound, want)
		}
	}
}

// objective is the bound and the prior at the model's parameters, q fixed.
func objective(t *testing.T, m *Model, y []float64, post *Posterior, c Config) float64 {
	t.Helper()
	p, err := m.precisions()
	if err != nil {
		t.Fatal(err)
	}
	k, _, d := m.size()
	sum := m.logPrior(p, c)
	for s, v := range post.Regimes[:k] {
		sum += v * math.Log(m.Start[s])
	}
	for i, v := range post.Pairs {
		sum += v * math.Log(m.Steps[i])
	}
	for i := range post.Mean {
		for s := range k {
			if i > 0 {
				res := residual(post.q.Second[i], post.q.Cross[i], post.q.Second[i-1], m.Trans[s])
				sum += post.Regimes[i*k+s] * logNormal(res, p.trans[s], p.logTrans[s])
			}
		}
		if row, ok := seen(y, i, d); ok {
			var yy, yz mat.Dense
			yy.Outer(1, row, row)
			yz.Outer(1, row, post.Mean[i])
			sum += logNormal(residual(&yy, &yz, post.q.Second[i], m.Emit), p.emit, p.logOut)
		}
	}
	return sum
}

func TestTheUpdateIsAMaximum(t *testing.T) {
	r := rng.New(23).Named("maximum").Rand()
	for range 10 {
		m := randomModel(r, 2, 2, 2)
		for _, a := range m.Trans {
			a.Scale(.5, a)
		}
		y, _ := simulate(r, m, 40)
		y[6] = math.NaN()
		c := Default()
		post, err := m.Infer(y, nil, 1e-6)
		if err != nil {
			t.Fatal(err)
		}
		before := objective(t, m, y, post, c)
		if err := m.update(y, post, c); err != nil {
			t.Fatal(err)
		}
		top := objective(t, m, y, post, c)
		if top < before {
			t.Errorf("the update lowers the bound from %.12g to %.12g", before, top)
		}
		try := func(what string, move func(h float64)) {
			for _, h := range []float64{-1e-3, 1e-3} {
				move(h)
				if v := objective(t, m, y, post, c); v > top+1e-9*math.Abs(top) {
					t.Errorf("%s: a step raises the bound from %.12g to %.12g", what, top, v)
				}
				move(-h)
			}
		}
		try("start", func(h float64) { m.Start[0] += h; m.Start[1] -= h })
		for s := range 2 {
			try("steps", func(h float64) { m.Steps[2*s] += h; m.Steps[2*s+1] -= h })
			for i := range 2 {
				for j := range 2 {
					try("dynamics", func(h float64) { m.Trans[s].Set(i, j, m.Trans[s].At(i, j)+h) })
					try("noise", func(h float64) { m.TransCov[s].SetSym(i, j, m.TransCov[s].At(i, j)+h/10) })
				}
			}
		}
		for i := range 2 {
			for j := range 2 {
				try("rows", func(h float64) { m.Emit.Set(i, j, m.Emit.At(i, j)+h) })
				try("noise of rows", func(h float64) { m.EmitCov.SetSym(i, j, m.EmitCov.At(i, j)+h/10) })
			}
		}
	}
}

func TestNamesOfRegimesDoNotMatter(t *testing.T) {
	r := rng.New(24).Named("names").Rand()
	m := randomModel(r, 2, 2, 2)
	y, _ := simulate(r, m, 15)
	other := *m
	other.Start = []float64{m.Start[1], m.Start[0]}
	other.Steps = []float64{m.Steps[3], m.Steps[2], m.Steps[1], m.Steps[0]}
	other.Trans = []*mat.Dense{m.Trans[1], m.Trans[0]}
	other.TransCov = []*mat.SymDense{m.TransCov[1], m.TransCov[0]}
	a, err := m.Infer(y, nil, 1e-12)
	if err != nil {
		t.Fatal(err)
	}
	b, err := other.Infer(y, nil, 1e-12)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "bound", b.Bound, a.Bound, 1e-10)
	for i := range 15 {
		near(t, "regime", b.Regimes[2*i], a.Regimes[2*i+1], 1e-9)
	}
}

// A turn of the hidden basis changes neither the bound nor the regimes.
func TestTheBasisOfTheHiddenValuesDoesNotMatter(t *testing.T) {
	r := rng.New(25).Named("basis").Rand()
	for range 10 {
		m := randomModel(r, 2, 2, 3)
		y, _ := simulate(r, m, 12)
		turn, back := randomMatrix(r, 2, 2, .5), new(mat.Dense)
		turn.Set(0, 0, turn.At(0, 0)+2)
		turn.Set(1, 1, turn.At(1, 1)+2)
		if err := back.Inverse(turn); err != nil {
			t.Fatal(err)
		}
		around := func(s mat.Matrix) *mat.SymDense {
			var a, b mat.Dense
			a.Mul(turn, s)
			b.Mul(&a, turn.T())
			return symmetric(&b)
		}
		other := &Model{Start: m.Start, Steps: m.Steps, Mean: new(mat.VecDense), Cov: around(m.Cov), Emit: new(mat.Dense), EmitCov: m.EmitCov}
		other.Mean.MulVec(turn, m.Mean)
		other.Emit.Mul(m.Emit, back)
		for s := range 2 {
			var a, b mat.Dense
			a.Mul(turn, m.Trans[s])
			b.Mul(&a, back)
			other.Trans, other.TransCov = append(other.Trans, &b), append(other.TransCov, around(m.TransCov[s]))
		}
		a, err := m.Infer(y, nil, 1e-12)
		if err != nil {
			t.Fatal(err)
		}
		b, err := other.Infer(y, nil, 1e-12)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "bound", b.Bound, a.Bound, 1e-8)
		for i, v := range a.Regimes {
			near(t, "regime", b.Regimes[i], v, 1e-5)
		}
	}
}

func TestRowsThatAreAllMissingSayNothing(t *testing.T) {
	m := randomModel(rng.New(26).Rand(), 2, 2, 1)
	y := []float64{math.NaN(), math.NaN(), math.NaN()}
	post, err := m.Infer(y, nil, 1e-13)
	if err != nil {
		t.Fatal(err)
	}
	if post.Bound > 1e-12 || post.Bound < -2 {
		t.Errorf("bound: got %g, want at most ln 1 = 0, and near", post.Bound)
	}
	c := Default()
	c.Sweeps = 3
	before := mat.DenseCopyOf(m.Emit)
	if _, err := m.Fit(t.Context(), y, c); err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(before, m.Emit) {
		t.Errorf("C: got %v from no rows, want it to stay", mat.Formatted(m.Emit))
	}
}

func TestAStepThatIsImpossibleStaysSo(t *testing.T) {
	m := turning()
	m.Start, m.Steps = []float64{1, 0}, []float64{.9, .1, 0, 1}
	y, _ := simulate(rng.New(27).Rand(), m, 80)
	c := Default()
	c.Sweeps = 10
	if _, err := m.Fit(t.Context(), y, c); err != nil {
		t.Fatal(err)
	}
	if m.Start[1] != 0 || m.Steps[2] != 0 || m.Steps[1] <= 0 {
		t.Errorf("got start %v and steps %v, want zeros where they were", m.Start, m.Steps)
	}
}
