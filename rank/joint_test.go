package rank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// randomGame draws teams of one to three players and some draws.
func randomGame(r *rand.Rand, teams int) Game {
	g := Game{}
	for k := range teams {
		var team []string
		for i := range 1 + r.IntN(3) {
			team = append(team, fmt.Sprint(k, "-", i))
		}
		g.Teams = append(g.Teams, team)
		if k > 0 {
			g.Draws = append(g.Draws, r.IntN(3) == 0)
		}
	}
	return g
}

// The factor graph of one game is a tree: messages and the joint belief end in the same place.
func TestOneGameIsTheSameJointlyAndByMessages(t *testing.T) {
	r := rng.New(21).Rand()
	for range 60 {
		games := []Game{randomGame(r, 2+r.IntN(4))}
		c := Default()
		c.Tolerance = 1e-11
		together := fit(t, games, c)
		c.Joint = -1
		apart := fit(t, games, c)
		for _, p := range apart.Players {
			tk.Close(t, "mean", together.Skill(p.Name).Mean, p.Last().Mean, 1e-8)
			tk.Close(t, "deviation", together.Skill(p.Name).Deviation, p.Last().Deviation, 1e-8)
		}
		tk.Close(t, "evidence", together.Evidence, apart.Evidence, 1e-8)
	}
}

// A chain of games in which every player meets the next once is a tree too.
func TestAChainOfGamesIsTheSameJointlyAndByMessages(t *testing.T) {
	var games []Game
	for i := range 12 {
		g := duel(fmt.Sprint(i), fmt.Sprint(i+1), 0)
		if i%3 == 1 {
			g.Draws = []bool{true}
		}
		games = append(games, g)
	}
	c := Default()
	c.Tolerance = 1e-11
	together := fit(t, games, c)
	c.Joint = 5 // fewer than there are players
	apart := fit(t, games, c)
	for _, p := range apart.Players {
		tk.Close(t, "mean", together.Skill(p.Name).Mean, p.Last().Mean, 1e-8)
		tk.Close(t, "deviation", together.Skill(p.Name).Deviation, p.Last().Deviation, 1e-8)
	}
	tk.Close(t, "evidence", together.Evidence, apart.Evidence, 1e-8)
}

// whole is the joint normal distribution of skills and performances under sites of the leads, by
// one linear system over all of them: the means and covariance of the skills, and ln of its
// normaliser.
func whole(j *joint, beta float64) (mean []float64, cov *mat.SymDense, log float64) {
	n, all := len(j.prior), len(j.prior)
	for _, g := range j.games {
		all += len(g.players)
	}
	p, h := mat.NewSymDense(all, nil), mat.NewVecDense(all, nil)
	add := func(a, b int, v float64) {
		if a <= b {
			p.SetSym(a, b, p.At(a, b)+v)
		}
	}
	both := func(a, b int, tau float64) { // x_a ~ N(x_b, 1/τ)
		add(a, a, tau)
		add(b, b, tau)
		add(min(a, b), max(a, b), -tau)
		log += .5 * math.Log(tau/(2*math.Pi))
	}
	for i, tau := range j.prior {
		if tau == 0 {
			continue
		}
		add(i, i, tau)
		h.SetVec(i, j.shift[i])
		log += .5 * (math.Log(tau/(2*math.Pi)) - j.shift[i]*j.shift[i]/tau)
	}
	for _, m := range j.moves {
		both(m.to, m.from, m.tau)
	}
	at := n
	for _, g := range j.games {
		k := len(g.players)
		for i, s := range g.players {
			both(at+i, s, 1/(beta*beta))
		}
		for a := range g.r {
			for i := range k {
				x := g.x[a*k+i]
				h.SetVec(at+i, h.AtVec(at+i)+x*g.h[a])
				for l := range k {
					add(at+i, at+l, g.r[a]*x*g.x[a*k+l])
				}
			}
		}
		at += k
	}
	var chol mat.Cholesky
	if !chol.Factorize(p) {
		panic("not positive definite")
	}
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		panic(err)
	}
	x := mat.NewVecDense(all, nil)
	x.MulVec(&inverse, h)
	cov = mat.NewSymDense(n, nil)
	for a := range n {
		mean = append(mean, x.AtVec(a))
		for b := a; b < n; b++ {
			cov.SetSym(a, b, inverse.At(a, b))
		}
	}
	return mean, cov, log + .5*(mat.Dot(x, h)-chol.LogDet()+float64(all)*math.Log(2*math.Pi))
}

func TestTheJointBeliefIsOneLinearSystemOverSkillsAndPerformances(t *testing.T) {
	r := rng.New(22).Rand()
	for range 20 {
		c := Default()
		c.Clock, c.Drift = []Clock{Still, PerGame, ByTime}[r.IntN(3)], 2
		var games []Game
		for k := range 4 {
			g := randomGame(r, 2+r.IntN(3))
			g.Time = float64(k)
			games = append(games, g)
		}
		g := newGraph(games, c)
		j := g.newJoint(c)
		n := len(g.moments)
		for _, l := range j.games {
			for a := range l.r {
				l.r[a], l.h[a] = .05*r.Float64(), .3*r.NormFloat64()
			}
		}
		if err := j.solve(); err != nil {
			t.Fatal(err)
		}
		mean, cov, log := whole(j, c.Performance)
		for a := range n {
			tk.Close(t, "mean", j.mean[a], mean[a], 1e-9)
			for b := range n {
				tk.Close(t, "covariance", j.cov.At(a, b), cov.At(a, b), 1e-9)
			}
		}
		tk.Close(t, "normaliser", j.logZ, log, 1e-9)
	}
}

func TestSmallMatricesAreInverted(t *testing.T) {
	r := rng.New(23).Rand()
	for m := 1; m < 7; m++ {
		x := make([]float64, m*m)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		d := mat.NewDense(m, m, x)
		s := mat.NewSymDense(m, nil)
		s.SymOuterK(1, d)
		for i := range m {
			s.SetSym(i, i, s.At(i, i)+.1)
		}
		a := mat.DenseCopyOf(s).RawMatrix().Data
		inverse, logDet := inverted(a, m)
		for i, v := range times(a, inverse, m, m, m) {
			want := 0.
			if i%(m+1) == 0 {
				want = 1
			}
			tk.Close(t, "A·A⁻¹", v, want, 1e-11)
		}
		tk.Close(t, "ln|A|", logDet, math.Log(mat.Det(s)), 1e-11)
	}
}

// Without correlations intervals are too narrow where games are many: this is why they are kept.
func TestCorrelationsWidenTheIntervals(t *testing.T) {
	_, games := simulate(rng.New(4).Rand(), 20, 600, Default())
	together := fit(t, games, Default())
	c := Default()
	c.Joint = -1
	apart := fit(t, games, c)
	for _, p := range apart.Players {
		wide, narrow := together.Skill(p.Name), p.Last()
		if narrow.Deviation >= wide.Deviation {
			t.Errorf("player %s: deviation without correlations: got %v, want less than %v", p.Name, narrow.Deviation, wide.Deviation)
		}
		if d := math.Abs(narrow.Mean-wide.Mean) / wide.Deviation; d > .05 {
			t.Errorf("player %s: means %v and %v are %v deviations apart", p.Name, narrow.Mean, wide.Mean, d)
		}
	}
	if together.Sweeps > 15 {
		t.Errorf("joint sweeps: got %d, want few", together.Sweeps)
	}
}

func BenchmarkFitTwoHundredPlayers(b *testing.B) {
	_, games := simulate(rng.New(1).Rand(), 200, 10000, Default())
	for range b.N {
		if _, err := Fit(b.Context(), games, Default()); err != nil {
			b.Fatal(err)
		}
	}
}
