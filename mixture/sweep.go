package mixture

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/floats"

	"github.com/elbo-go/elbo/cpu/lanes"
)

// sums are the statistics of responsibilities r_nk about centres c_k, and the bound's sum over rows.
type sums struct {
	count  []float64 // K: N_k = Σ_n r_nk
	first  []float64 // K×D: Σ_n r_nk (x_n − c_k)
	second []float64 // K×D×D: Σ_n r_nk (x_n − c_k)(x_n − c_k)ᵀ, lower triangle
	logs   float64   // Σ_n ln Σ_k ρ_nk
}

func newSums(k, d int) *sums {
	return &sums{count: make([]float64, k), first: make([]float64, k*d), second: make([]float64, k*d*d)}
}

// add adds the statistics of other rows.
func (s *sums) add(o *sums) {
	add(s.count, o.count)
	add(s.first, o.first)
	add(s.second, o.second)
	s.logs += o.logs
}

// scorer computes ln ρ_nk for blocks of rows under a posterior.
type scorer struct {
	k, d  int
	diag  bool
	mean  []float64 // K×D
	root  []float64 // K×D×D: √ν_k A_k
	shift []float64 // K: E ln π_k + ½ E ln|Λ_k| − D/2 ln 2π − D/(2β_k)
}

// scorer prepares the scores of q.
func (q *posterior) scorer() *scorer {
	size := q.d * q.d
	s := &scorer{q.k, q.d, q.cov == Diagonal || q.cov == Spherical, q.mean, make([]float64, q.k*size), q.w.logs()}
	for k := range q.k {
		root := math.Sqrt(q.nu[k])
		for i := k * size; i < (k+1)*size; i++ {
			s.root[i] = root * q.root[i]
		}
		s.shift[k] += q.logDet[k]/2 - float64(q.d)*(half2Pi+.5/q.beta[k])
	}
	return s
}

// work is a worker's memory.
type work struct {
	z   []float64 // D×blockRows: x − m_k
	y   []float64 // blockRows
	rho []float64 // K×blockRows: ln ρ, then r
	sum []float64 // blockRows
}

func newWork(k, d int) *work {
	return &work{make([]float64, d*blockRows), make([]float64, blockRows), make([]float64, k*blockRows), make([]float64, blockRows)}
}

// column is the part of a block's column that holds rows.
func column(x []float64, j, rows int) []float64 { return x[j*blockRows:][:rows] }

// centre sets w.z to the columns of a block minus the mean of component k.
func (s *scorer) centre(w *work, x []float64, k, rows int) {
	for j, m := range s.mean[k*s.d : (k+1)*s.d] {
		lanes.Shift(column(w.z, j, rows), column(x, j, rows), -m)
	}
}

// score sets w.rho to ln ρ_nk of a block.
func (s *scorer) score(w *work, x []float64, rows int) {
	d := s.d
	for k := range s.k {
		s.centre(w, x, k, rows)
		rho, root := column(w.rho, k, rows), s.root[k*d*d:(k+1)*d*d]
		clear(rho)
		if s.diag {
			for j := range d {
				z, y := column(w.z, j, rows), w.y[:rows]
				lanes.Mul(y, z, z)
				lanes.ScaleAdd(rho, rho, root[j*d+j]*root[j*d+j], y)
			}
		} else {
			lanes.AddSquares(rho, w.z, blockRows, root, d)
		}
		for n, v := range rho {
			rho[n] = s.shift[k] - v/2
		}
	}
}

// respond turns ln ρ_nk into responsibilities (Bishop 2006, eq. 10.49) and returns Σ_n ln Σ_k ρ_nk.
func (s *scorer) respond(w *work, rows int) (logs float64) {
	top, sum := w.y[:rows], w.sum[:rows]
	copy(top, w.rho)
	for k := 1; k < s.k; k++ {
		lanes.Max(top, top, column(w.rho, k, rows))
	}
	clear(sum)
	for k := range s.k {
		rho := column(w.rho, k, rows)
		lanes.ExpSub(rho, rho, top)
		lanes.Add(sum, sum, rho)
	}
	for n, v := range sum {
		logs += top[n] + math.Log(v)
		sum[n] = 1 / v
	}
	for k := range s.k {
		rho := column(w.rho, k, rows)
		lanes.Mul(rho, rho, sum)
	}
	return logs
}

// gather adds a block's statistics about the means to t.
func (s *scorer) gather(t *sums, w *work, x []float64, rows int) {
	d := s.d
	for k := range s.k {
		r := column(w.rho, k, rows)
		n := floats.Sum(r)
		if n == 0 {
			continue
		}
		t.count[k] += n
		s.centre(w, x, k, rows)
		lanes.Dots(t.first[k*d:(k+1)*d], r, w.z, blockRows)
		for i := range d {
			rz, row := w.y[:rows], t.second[(k*d+i)*d:]
			lanes.Mul(rz, r, column(w.z, i, rows))
			if s.diag {
				lanes.Dots(row[i:i+1], rz, column(w.z, i, rows), blockRows)
			} else {
				lanes.Dots(row[:i+1], rz, w.z, blockRows)
			}
		}
	}
}

// sweep computes the statistics of all rows under q. The rows are cut in parts by their number alone, and
// the parts' sums are added in order.
func (q *posterior) sweep(b *blocks, threads int) *sums {
	s, parts := q.scorer(), min(maxParts, b.count())
	out := make([]*sums, parts)
	each(parts, threads, func() func(int) {
		w := newWork(q.k, q.d)
		return func(part int) {
			t := newSums(q.k, q.d)
			for i := part * b.count() / parts; i < (part+1)*b.count()/parts; i++ {
				x, rows := b.block(i)
				s.score(w, x, rows)
				t.logs += s.respond(w, rows)
				s.gather(t, w, x, rows)
			}
			out[part] = t
		}
	})
	for _, t := range out[1:] {
		out[0].add(t)
	}
	return out[0]
}

// each runs 0 … n−1 on some goroutines (0: one a processor), each with a function of its own.
func each(n, threads int, start func() func(i int)) {
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(threads, n) {
		wg.Go(func() {
			do := start()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
