package mixture

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// lloydSweeps bounds the sweeps of k-means before a start.
const lloydSweeps = 20

// kmeans returns labels of the rows: centres by k-means++ (Arthur & Vassilvitskii 2007), moved
// by Lloyd's sweeps. Columns count by their spread.
func kmeans(x Data, k int, key rng.Key) []int {
	spread := x.spread()
	r := key.Rand()
	centres := x.seeds(k, spread, r)
	labels, before := make([]int, x.N()), []int(nil)
	for range lloydSweeps {
		for n := range labels {
			labels[n] = nearest(x.Row(n), centres, spread)
		}
		if slices.Equal(labels, before) {
			break
		}
		before = append(before[:0], labels...)
		move(x, centres, labels)
	}
	return labels
}

// spread holds 1/variance of each column, 0 for a constant one.
func (x Data) spread() []float64 {
	_, cov := x.moments()
	out := make([]float64, x.D)
	for j := range out {
		if v := cov[j*x.D+j]; v > 0 {
			out[j] = 1 / v
		}
	}
	return out
}

// seeds draws centres, each with a chance in proportion to its squared distance from the nearest before it.
func (x Data) seeds(k int, spread []float64, r *rand.Rand) (centres [][]float64) {
	far := make([]float64, x.N())
	for n := range far {
		far[n] = math.Inf(1)
	}
	pick := r.IntN(x.N())
	for len(centres) < k {
		centres = append(centres, slices.Clone(x.Row(pick)))
		sum := 0.
		for n := range far {
			far[n] = min(far[n], distance(x.Row(n), centres[len(centres)-1], spread))
			sum += far[n]
		}
		u := r.Float64() * sum
		pick = len(far) - 1
		for n, v := range far {
			if u -= v; u < 0 {
				pick = n
				break
			}
		}
	}
	return centres
}

// distance is Σ_j s_j (x_j − y_j)².
func distance(x, y, s []float64) (q float64) {
	for j, v := range x {
		q += s[j] * (v - y[j]) * (v - y[j])
	}
	return q
}

// nearest is the index of the nearest centre.
func nearest(x []float64, centres [][]float64, spread []float64) (at int) {
	best := math.Inf(1)
	for k, c := range centres {
		if q := distance(x, c, spread); q < best {
			best, at = q, k
		}
	}
	return at
}

// move puts each centre at the mean of its rows; one without rows stays.
func move(x Data, centres [][]float64, labels []int) {
	count := make([]float64, len(centres))
	for _, k := range labels {
		count[k]++
	}
	for k, c := range centres {
		if count[k] > 0 {
			clear(c)
		}
	}
	for n, k := range labels {
		for j, v := range x.Row(n) {
			centres[k][j] += v / count[k]
		}
	}
}

// start sets q to the optimum for responsibilities 0 and 1 by k-means.
func (q *posterior) start(p *prior, x Data, key rng.Key) error {
	labels, s, d := kmeans(x, q.k, key), newSums(q.k, q.d), q.d
	centres := make([][]float64, q.k)
	for k := range centres {
		centres[k] = q.mean[k*d : (k+1)*d]
		copy(centres[k], p.mean)
	}
	move(x, centres, labels)
	z := make([]float64, d)
	for n, k := range labels {
		s.count[k]++
		for j, v := range x.Row(n) {
			z[j] = v - centres[k][j]
			s.first[k*d+j] += z[j]
			for i, u := range z[:j+1] {
				s.second[(k*d+j)*d+i] += z[j] * u
			}
		}
	}
	q.sort(s)
	return q.update(p, s)
}
