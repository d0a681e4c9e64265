package mixture

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/elbo-go/elbo/cpu/lanes"
	"github.com/elbo-go/elbo/internal/rng"
)

// lloydSweeps bounds the sweeps of k-means before a start.
const lloydSweeps = 20

// clusters are what k-means looks for: centres, and the nearest one of each row. Columns count by
// their spread.
type clusters struct {
	b       *blocks
	spread  []float64 // D: weights of the columns
	centre  []float64 // K×D
	label   []int     // N
	threads int
}

// kmeans finds K clusters: centres by k-means++ (Arthur & Vassilvitskii 2007), moved by Lloyd's sweeps.
func kmeans(b *blocks, spread []float64, k int, key rng.Key, threads int) *clusters {
	c := &clusters{b, spread, make([]float64, k*b.d), make([]int, b.n), threads}
	c.seed(key.Rand())
	before := []int(nil)
	for range lloydSweeps {
		c.assign()
		if slices.Equal(c.label, before) {
			break
		}
		before = append(before[:0], c.label...)
		c.move()
	}
	return c
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

// blockwise calls do for every block, with memory for distances and a column.
func (c *clusters) blockwise(do func(i int, x []float64, rows int, far, z []float64)) {
	each(c.b.count(), c.threads, func() func(int) {
		far, z := make([]float64, blockRows), make([]float64, blockRows)
		return func(i int) {
			x, rows := c.b.block(i)
			do(i, x, rows, far[:rows], z[:rows])
		}
	})
}

// distances sets far to Σ_j s_j (x_nj − y_j)² of the rows of a block; z is scratch.
func (c *clusters) distances(far, x, y, z []float64) {
	clear(far)
	for j, v := range y {
		lanes.Shift(z, column(x, j, len(z)), -v)
		lanes.Mul(z, z, z)
		lanes.ScaleAdd(far, far, c.spread[j], z)
	}
}

// seed draws the centres. A centre is the best of a few rows drawn with a chance in proportion to
// their squared distances from the nearest centre before it: the one that leaves the smallest sum of
// distances.
func (c *clusters) seed(r *rand.Rand) {
	d, k := c.b.d, len(c.centre)/c.b.d
	far := slices.Repeat([]float64{math.Inf(1)}, c.b.n)
	c.b.row(r.IntN(c.b.n), c.centre[:d])
	sum := c.nearer(far, far, c.centre[:d])
	best, tried := make([]float64, c.b.n), make([]float64, c.b.n)
	for i := 1; i < k; i++ {
		least := math.Inf(1)
		for range 2 + int(math.Log(float64(k))) {
			pick := draw(far, r.Float64()*sum)
			y := make([]float64, d)
			c.b.row(pick, y)
			if s := c.nearer(tried, far, y); s < least {
				least, best, tried = s, tried, best
				copy(c.centre[i*d:], y)
			}
		}
		far, best, sum = best, far, least
	}
}

// draw is the index at which the running sum of positive numbers passes u.
func draw(x []float64, u float64) int {
	for n, v := range x {
		if u -= v; u < 0 {
			return n
		}
	}
	return len(x) - 1
}

// nearer sets dst to the smaller of far and the distances from y, and returns the sum.
func (c *clusters) nearer(dst, far, y []float64) (sum float64) {
	sums := make([]float64, c.b.count())
	c.blockwise(func(i int, x []float64, rows int, q, z []float64) {
		c.distances(q, x, y, z)
		for n, v := range q {
			v = min(v, far[i*blockRows+n])
			dst[i*blockRows+n] = v
			sums[i] += v
		}
	})
	for _, v := range sums {
		sum += v
	}
	return sum
}

// assign sets the labels to the nearest centres.
func (c *clusters) assign() {
	d := c.b.d
	c.blockwise(func(i int, x []float64, rows int, q, z []float64) {
		label, least := c.label[i*blockRows:][:rows], slices.Repeat([]float64{math.Inf(1)}, rows)
		for k := range len(c.centre) / d {
			c.distances(q, x, c.centre[k*d:(k+1)*d], z)
			for n, v := range q {
				if v < least[n] {
					least[n], label[n] = v, k
				}
			}
		}
	})
}

// move puts each centre at the mean of its rows; one without rows stays.
func (c *clusters) move() {
	d, k := c.b.d, len(c.centre)/c.b.d
	count, sum := make([]float64, k), make([]float64, k*d)
	for i := range c.b.count() {
		x, rows := c.b.block(i)
		label := c.label[i*blockRows:][:rows]
		for _, k := range label {
			count[k]++
		}
		for j := range d {
			for n, v := range column(x, j, rows) {
				sum[label[n]*d+j] += v
			}
		}
	}
	for i, v := range sum {
		if n := count[i/d]; n > 0 {
			c.centre[i] = v / n
		}
	}
}

// start sets q to the optimum for responsibilities 0 and 1 by k-means.
func (q *posterior) start(p *prior, b *blocks, spread []float64, key rng.Key, threads int) error {
	c := kmeans(b, spread, q.k, key, threads)
	copy(q.mean, c.centre)
	s, t, w := &scorer{k: q.k, d: q.d, mean: q.mean}, newSums(q.k, q.d), newWork(q.k, q.d)
	for i := range b.count() {
		x, rows := b.block(i)
		clear(w.rho)
		for n, k := range c.label[i*blockRows:][:rows] {
			w.rho[k*blockRows+n] = 1
		}
		s.gather(t, w, x, rows)
	}
	q.sort(t)
	return q.update(p, t)
}
