package mixture

import (
	"math"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestBlocksHoldTheRowsColumnByColumn(t *testing.T) {
	for _, n := range []int{1, 255, 256, 257, 1000} {
		x := drawn(n, 3, 2, 1)
		b, seen := blocked(x), 0
		for i := range b.count() {
			v, rows := b.block(i)
			for r := range rows {
				for j, want := range x.Row(seen) {
					if got := v[j*blockRows+r]; got != want {
						t.Fatalf("%d rows: row %d, column %d: got %v, want %v", n, seen, j, got, want)
					}
				}
				seen++
			}
		}
		if seen != n {
			t.Errorf("got %d rows in blocks, want %d", seen, n)
		}
	}
}

func TestMomentsAgreeWithTwoPasses(t *testing.T) {
	x := Data{[]float64{1, 10, 2, 20, 3, 60}, 2}
	mean, cov := x.moments()
	for i, want := range []float64{2, 30} {
		tk.Close(t, "mean", mean[i], want, 1e-15)
	}
	for i, want := range []float64{2. / 3, 50. / 3, 50. / 3, 1400. / 3} {
		tk.Close(t, "covariance", cov[i], want, 1e-14)
	}
}

// scored are responsibilities and ln Σ_k ρ_nk of a row, by definition.
func scored(q *posterior, x []float64) (r []float64, log float64) {
	logs, d, top := q.w.logs(), q.d, math.Inf(-1)
	z := make([]float64, d)
	for k := range q.k {
		for j := range z {
			z[j] = x[j] - q.mean[k*d+j]
		}
		e := float64(d)/q.beta[k] + q.nu[k]*quadratic(q.root[k*d*d:(k+1)*d*d], z)
		r = append(r, logs[k]+q.logDet[k]/2-float64(d)/2*math.Log(2*math.Pi)-e/2)
		top = max(top, r[k])
	}
	sum := 0.
	for k, v := range r {
		r[k] = math.Exp(v - top)
		sum += r[k]
	}
	for k := range r {
		r[k] /= sum
	}
	return r, top + math.Log(sum)
}

func TestSweepsAgreeWithTheirDefinitionInEveryShape(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		for _, n := range []int{60, 256, 700} {
			x := drawn(n, 3, 4, uint64(n))
			q, _, b := sweeper(t, x, c)
			got, want, d := q.sweep(b, 2), newSums(q.k, 3), 3
			for i := range n {
				r, log := scored(q, x.Row(i))
				want.logs += log
				for k, p := range r {
					want.count[k] += p
					for j := range d {
						zj := x.Row(i)[j] - q.mean[k*d+j]
						want.first[k*d+j] += p * zj
						for l := range j + 1 {
							want.second[(k*d+j)*d+l] += p * zj * (x.Row(i)[l] - q.mean[k*d+l])
						}
					}
				}
			}
			tk.Close(t, "logs", got.logs, want.logs, 1e-11)
			for k := range q.k {
				tk.Close(t, "count", got.count[k], want.count[k], 1e-10)
				for j := range d {
					tk.Close(t, "first", got.first[k*d+j], want.first[k*d+j], 1e-10)
					for l := range j + 1 {
						if l == j || !q.scorer().diag {
							tk.Close(t, "second", got.second[(k*d+j)*d+l], want.second[(k*d+j)*d+l], 1e-10)
						}
					}
				}
			}
		}
	})
}

// TestUpdatesAreStationary moves each parameter a little: with the responsibilities of the update
// the bound can only fall. The bound for fixed r is Σ r_nk ln ρ_nk − Σ r_nk ln r_nk − KL.
func TestUpdatesAreStationary(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		x := drawn(120, 2, 3, 6)
		c.Components, c.Alpha = 3, .7
		q, p, b := sweeper(t, x, c)
		var r [][]float64
		for n := range x.N() {
			v, _ := scored(q, x.Row(n))
			r = append(r, v)
		}
		if err := q.update(p, q.sweep(b, 1)); err != nil {
			t.Fatal(err)
		}
		fixed := func() float64 {
			if err := q.prepare(); err != nil {
				t.Fatal(err)
			}
			l := -q.kl(p)
			for n := range x.N() {
				now, log := scored(q, x.Row(n))
				for k, v := range r[n] {
					if v > 0 {
						l += v * (math.Log(now[k]) + log)
					}
				}
			}
			return l
		}
		best := fixed()
		for name, at := range movable(q) {
			for _, h := range []float64{-1e-2, 1e-2} {
				old := make([]float64, len(at))
				for i, v := range at {
					old[i] = *v
					*v *= 1 + h
				}
				if l := fixed(); l > best {
					t.Errorf("%s by %v: the bound rose from %v to %v", name, h, best, l)
				}
				for i, v := range at {
					*v = old[i]
				}
			}
		}
	})
}

// movable names places of q that may be scaled together without leaving its shape.
func movable(q *posterior) map[string][]*float64 {
	places := map[string][]*float64{"mean": {&q.mean[0]}, "beta": {&q.beta[1]}, "weight": {&q.w.a[0]}}
	if q.w.kind == Sticks {
		places["stick"] = []*float64{&q.w.b[0]}
	}
	for k := range q.k {
		if q.cov != Tied && k > 0 {
			break
		}
		places["nu"] = append(places["nu"], &q.nu[k])
		for i := range q.d * q.d {
			places["scale"] = append(places["scale"], &q.scale[k*q.d*q.d+i])
		}
		if q.cov != Spherical {
			places["corner"] = append(places["corner"], &q.scale[k*q.d*q.d])
		}
	}
	return places
}
