package rank

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/pgm/message"
)

// joint is the posterior of all beliefs at once. With s the skills and d_g = X_g s + e_g the leads
// of a game, e_g ~ N(0, C_g), C_g = β²X_gX_gᵀ, expectation propagation gives each lead a site
// exp(hd − ½rd²), and then, with K = (C⁻¹ + R)⁻¹,
//
//	q(s) = N(m, Λ⁻¹),  Λ = Λ₀ + Σ Xᵀ(C⁻¹ − C⁻¹KC⁻¹)X,  Λm = Λ₀μ₀ + Σ XᵀC⁻¹Kh,
//	q(d_g) = N(K(C⁻¹Xm + h), K + KC⁻¹XΛ⁻¹XᵀC⁻¹K).
//
// Messages between single skills keep the means of q(s) but not its correlations, of which the
// largest is that all skills may be too high together.
type joint struct {
	prior  []float64 // Λ₀'s diagonal without the moves
	shift  []float64 // Λ₀μ₀
	log    float64   // the logarithm of the prior's density at its shift: −½μ₀ᵀΛ₀μ₀ + ½ln|Λ₀|
	moves  []move
	games  []leads
	mean   []float64
	cov    mat.SymDense
	logZ   float64
	change float64
}

// move is s_to ~ N(s_from, 1/tau).
type move struct {
	from, to int
	tau      float64
}

// leads are the m leads of a game of n players.
type leads struct {
	players []int
	x       []float64 // m×n of 1, −1 and 0
	inverse []float64 // C⁻¹, m×m
	logC    float64
	result  []message.Interval
	r, h    []float64 // sites
}

// newJoint is the joint belief before any game said something.
func (g *graph) newJoint(c Config) *joint {
	n := len(g.moments)
	j := &joint{prior: make([]float64, n), shift: make([]float64, n), mean: make([]float64, n)}
	for i, s := range g.moments {
		if s.before >= 0 {
			j.moves = append(j.moves, move{s.before, i, 1 / s.gap})
			j.log += .5 * math.Log(1/s.gap) // each move adds its precision to ln|Λ₀|
			continue
		}
		prior := c.belief(s.player)
		tau := 1 / (prior.Deviation*prior.Deviation + s.gap)
		j.prior[i], j.shift[i] = tau, tau*prior.Mean
		j.log += .5 * (math.Log(tau) - tau*prior.Mean*prior.Mean)
	}
	for _, part := range g.parts {
		j.games = append(j.games, part.compared(c))
	}
	return j
}

// take starts the sites at the messages from the outcomes to the leads.
func (j *joint) take(g *graph, p *message.Messages) {
	for i, part := range g.parts {
		l := &j.games[i]
		for k := range l.result {
			eta := p.Message(part.kind(k).outcome(), 0, part.leads[k])
			l.r[k], l.h[k] = -2*eta[1], eta[0]
		}
	}
}

// compared are the leads of a game without sites.
func (p part) compared(c Config) leads {
	m, n := len(p.draws), len(p.players)
	l := leads{players: p.players, x: make([]float64, m*n), r: make([]float64, m), h: make([]float64, m)}
	first := 0
	for k, size := range p.sizes {
		for i := first; i < first+size; i++ {
			if k < m {
				l.x[k*n+i] = 1
			}
			if k > 0 {
				l.x[(k-1)*n+i] = -1
			}
		}
		first += size
	}
	cov := make([]float64, m*m)
	for a := range m {
		l.result = append(l.result, p.kind(a).interval(c))
		for b := range m {
			for i := range n {
				cov[a*m+b] += c.Performance * c.Performance * l.x[a*n+i] * l.x[b*n+i]
			}
		}
	}
	l.inverse, l.logC = inverted(cov, m)
	return l
}

// inverted is the inverse of a small positive definite matrix, by elimination, and ln of its
// determinant.
func inverted(a []float64, m int) (out []float64, logDet float64) {
	a, out = append([]float64(nil), a...), make([]float64, m*m)
	for i := range m {
		out[i*m+i] = 1
	}
	for i := range m {
		pivot := a[i*m+i]
		logDet += math.Log(pivot)
		for k := range m {
			a[i*m+k] /= pivot
			out[i*m+k] /= pivot
		}
		for j := range m {
			if f := a[j*m+i]; j != i && f != 0 {
				for k := range m {
					a[j*m+k] -= f * a[i*m+k]
					out[j*m+k] -= f * out[i*m+k]
				}
			}
		}
	}
	return out, logDet
}

// times is the product of an a×b and a b×c matrix.
func times(x, y []float64, a, b, c int) []float64 {
	out := make([]float64, a*c)
	for i := range a {
		for k := range b {
			if v := x[i*b+k]; v != 0 {
				for j := range c {
					out[i*c+j] += v * y[k*c+j]
				}
			}
		}
	}
	return out
}

// gain is K and KC⁻¹ of a game, and −½ln|C| − ½ln|C⁻¹ + R|.
func (l *leads) gain() (k, kc []float64, log float64) {
	m := len(l.r)
	p := append([]float64(nil), l.inverse...)
	for i, r := range l.r {
		p[i*m+i] += r
	}
	k, logP := inverted(p, m)
	return k, times(k, l.inverse, m, m, m), -(l.logC + logP) / 2
}

// solve sets q(s), and logZ to the logarithm of its normaliser.
func (j *joint) solve() error {
	n := len(j.prior)
	precision, shift := mat.NewSymDense(n, nil), append([]float64(nil), j.shift...)
	add := func(a, b int, v float64) {
		if a <= b {
			precision.SetSym(a, b, precision.At(a, b)+v)
		}
	}
	j.logZ = j.log
	for i, tau := range j.prior {
		add(i, i, tau)
	}
	for _, m := range j.moves {
		add(m.from, m.from, m.tau)
		add(m.to, m.to, m.tau)
		add(min(m.from, m.to), max(m.from, m.to), -m.tau)
	}
	for i := range j.games {
		j.games[i].tell(add, shift, &j.logZ)
	}
	var chol mat.Cholesky
	if !chol.Factorize(precision) {
		return fmt.Errorf("rank: the precision of %d skills is not positive definite", n)
	}
	if err := chol.InverseTo(&j.cov); err != nil {
		if _, rough := err.(mat.Condition); !rough {
			return fmt.Errorf("rank: covariance of the skills: %w", err)
		}
	}
	mat.NewVecDense(n, j.mean).MulVec(&j.cov, mat.NewVecDense(n, shift))
	for i, v := range shift {
		j.logZ += v * j.mean[i] / 2
	}
	j.logZ -= chol.LogDet() / 2
	return nil
}

// tell adds what a game says of its players.
func (l *leads) tell(add func(a, b int, v float64), shift []float64, logZ *float64) {
	m, n := len(l.r), len(l.players)
	k, kc, log := l.gain()
	w := times(l.inverse, kc, m, m, m)
	for i, v := range l.inverse {
		w[i] = v - w[i]
	}
	wx := times(w, l.x, m, m, n)
	b := times(l.h, kc, 1, m, m)
	kh := times(k, l.h, m, m, 1)
	*logZ += log
	for a, h := range l.h {
		*logZ += h * kh[a] / 2
	}
	for i, p := range l.players {
		for a := range m {
			x := l.x[a*n+i]
			if x == 0 {
				continue
			}
			shift[p] += x * b[a]
			for q, other := range l.players {
				add(p, other, x*wx[a*n+q])
			}
		}
	}
}

// update gives every lead of a game the site that its result makes of the cavity, and returns the
// largest change by the size of the belief's parameters.
func (j *joint) update(l *leads, step float64) (change float64, err error) {
	m, n := len(l.r), len(l.players)
	k, kc, _ := l.gain()
	cov, mean := make([]float64, n*n), make([]float64, n)
	for a, p := range l.players {
		mean[a] = j.mean[p]
		for b, q := range l.players {
			cov[a*n+b] = j.cov.At(p, q)
		}
	}
	gx := times(kc, l.x, m, m, n) // KC⁻¹X
	spread := times(gx, cov, m, n, n)
	d, kh := times(gx, mean, m, n, 1), times(k, l.h, m, m, 1)
	var to [2]float64
	for a := range m {
		v := k[a*m+a]
		for b := range n {
			v += spread[a*n+b] * gx[a*n+b]
		}
		cavity := []float64{(d[a]+kh[a])/v - l.h[a], -(1/v - l.r[a]) / 2}
		site := &message.Site{Alpha: 1, In: []message.In{{Eta: cavity}}}
		if err := l.result[a].Send(to[:], 0, site); err == message.ErrWait {
			change = math.Inf(1) // a cavity without density waits for the others
			continue
		} else if err != nil {
			return 0, err
		}
		z, err := l.result[a].LogZ(site)
		if err != nil {
			return 0, err
		}
		norm, err := expfam.Normal{}.Expect(nil, []float64{(d[a] + kh[a]) / v, -.5 / v})
		if err != nil {
			return 0, err
		}
		j.logZ += z - norm
		dr, dh := -2*to[1]-l.r[a], to[0]-l.h[a]
		l.r[a] += step * dr
		l.h[a] += step * dh
		change = max(change, math.Abs(dr)*v, math.Abs(dh)*v/(1+math.Abs(d[a]+kh[a])))
	}
	return change, nil
}

// sweep updates all sites from the same q(s), and leaves logZ at EP's estimate before it.
func (j *joint) sweep(step float64) error {
	if err := j.solve(); err != nil {
		return err
	}
	j.change = 0
	for i := range j.games {
		change, err := j.update(&j.games[i], step)
		if err != nil {
			return fmt.Errorf("rank: game %d: %w", i, err)
		}
		j.change = max(j.change, change)
	}
	return nil
}
