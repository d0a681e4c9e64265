package quant

import (
	"math"
	"math/rand/v2"
)

// KMeans returns k centres of the points x, row-major with d numbers each, by k-means++ (Arthur &
// Vassilvitskii 2007, section 2.2) and at most so many iterations of Lloyd's, and the mean squared
// distance of a point to its centre. Centres that no point chooses stay where they were.
func KMeans(x []float64, d, k, iterations int, r *rand.Rand) (centres []float64, distortion float64) {
	n := len(x) / d
	centres = seeds(x, d, k, r)
	nearest := make([]int, n)
	for i := 0; ; i++ {
		var moved bool
		distortion, moved = assign(x, centres, d, nearest)
		if i >= iterations || i > 0 && !moved {
			return centres, distortion
		}
		means(x, centres, d, nearest)
	}
}

// seeds draws k points, each with a probability in proportion to its squared distance to the ones
// before it; where that is 0 for all, evenly.
func seeds(x []float64, d, k int, r *rand.Rand) []float64 {
	n := len(x) / d
	centres := make([]float64, 0, k*d)
	weight := make([]float64, n)
	for i := range weight {
		weight[i] = math.Inf(1)
	}
	at := r.IntN(n)
	for {
		c := x[at*d : (at+1)*d]
		centres = append(centres, c...)
		if len(centres) == k*d {
			return centres
		}
		total := 0.
		for i := range weight {
			weight[i] = math.Min(weight[i], apart(x[i*d:(i+1)*d], c))
			total += weight[i]
		}
		at = r.IntN(n)
		if u := r.Float64() * total; total > 0 {
			for at = 0; at < n-1 && u >= weight[at]; at++ {
				u -= weight[at]
			}
		}
	}
}

// assign finds the centre of each point, the first of equals, and tells whether one has changed.
func assign(x, centres []float64, d int, nearest []int) (distortion float64, moved bool) {
	for i := range nearest {
		p := x[i*d : (i+1)*d]
		best, at := math.Inf(1), 0
		for k := 0; k*d < len(centres); k++ {
			if v := apart(p, centres[k*d:(k+1)*d]); v < best {
				best, at = v, k
			}
		}
		moved = moved || nearest[i] != at
		nearest[i] = at
		distortion += best / float64(len(nearest))
	}
	return distortion, moved
}

// means puts each centre in the middle of its points.
func means(x, centres []float64, d int, nearest []int) {
	sum, n := make([]float64, len(centres)), make([]float64, len(centres)/d)
	for i, k := range nearest {
		n[k]++
		for j := range d {
			sum[k*d+j] += x[i*d+j]
		}
	}
	for k, c := range n {
		for j := k * d; c > 0 && j < (k+1)*d; j++ {
			centres[j] = sum[j] / c
		}
	}
}

// apart is the squared distance of two points.
func apart(a, b []float64) (sum float64) {
	for j, v := range a {
		sum += (v - b[j]) * (v - b[j])
	}
	return sum
}
