package prob

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// maxProper bounds the elements of a variable that are looked at one by one.
const maxProper = 20

// proper refuses a log-density that does not fall far out along a coordinate u_j of an unknown:
// an integrable one falls faster than −ln|u_j|. Two points are tried, since at a single one the
// line may run along a ridge. What grows with several unknowns together is found by the fit
// alone, whose scales then run away.
func (m *Model) proper(p *model.Params) error {
	d, err := m.density(p, true)
	if err != nil {
		return err
	}
	for _, s := range m.sites {
		if s.kind != latent {
			continue
		}
		n := size(s.free)
		for i := range min(n, maxProper) {
			j := i * n / min(n, maxProper) // spread over the elements
			for _, side := range []float64{-1, 1} {
				flat := true
				for k := uint64(0); flat && k < 2; k++ {
					if flat, err = m.flat(d, s.offset+j, side, k); err != nil {
						return err
					}
				}
				if flat {
					where := ""
					if n > 1 {
						where = fmt.Sprintf(", element %d", j)
					}
					return fmt.Errorf("prob: variable %q%s: improper density: it does not fall to 0 as the variable goes to %s; give it a proper prior or data", s.name, where, toward(side))
				}
			}
		}
	}
	return nil
}

// toward names the end of the real line.
func toward(side float64) string {
	if side < 0 {
		return "the lower end of its range"
	}
	return "the upper end of its range"
}

// flat tells whether ln p does not fall along coordinate j, from a random point.
func (m *Model) flat(d *density, j int, side float64, k uint64) (bool, error) {
	u, v := make([]float64, m.dim), make([]float64, m.dim)
	rng.New(101 + k).NormalFloat64(u)
	v[j] = 1
	return d.flatAlong(u, v, side, reaches)
}

// reaches are the pairs of distances between which a log-density has to fall. An exponential of 600
// is still a number; a prior on the real line may be as wide as 1e12.
var reaches = [][2]float64{{1e2, 6e2}, {1e6, 1e8}, {1e12, 1e15}}

// flatAlong tells whether ln p falls by less than that of 1/t along the line u + t·v, from the near
// to the far end of every one of the reaches at which it is a number.
func (d *density) flatAlong(u, v []float64, side float64, reaches [][2]float64) (bool, error) {
	p, seen := make([]float64, len(u)), false
	for _, r := range reaches {
		var lp [2]float64
		for i, t := range r {
			for j := range p {
				p[j] = u[j] + side*t*v[j]
			}
			var err error
			if lp[i], err = d.at(p); err != nil {
				return false, err
			}
		}
		switch {
		case math.IsInf(lp[1], 1):
			return true, nil
		case !finite(lp[:]...):
			continue
		case lp[1]-lp[0] <= -math.Log(r[1]/r[0])*(1+1e-6):
			return false, nil
		}
		seen = true
	}
	return seen, nil
}
