package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Jackknife is the standard error of a statistic of n rows by leaving out one of G groups at a time
// (Efron & Tibshirani 1993, section 11.5, with groups in place of rows),
//
//	se² = ((G − 1)/G) Σ_g (t_g − mean t)²,
//
// where t_g is the statistic without group g, and groups are drawn by the key. Of a mean with groups
// of one row it is exactly the sample deviation over √n. Unlike the bootstrap it repeats no row, which
// would pass for mutual information.
func Jackknife(ctx context.Context, n, groups int, key rng.Key, statistic func(rows []int) (float64, error)) (float64, error) {
	if groups < 2 || groups > n {
		return 0, fmt.Errorf("eval: Jackknife: groups: got %d of %d rows, want 2 to the number of rows", groups, n)
	}
	order := key.Perm(n)
	t, mean := make([]float64, groups), 0.
	for g := range t {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		first, end := g*n/groups, (g+1)*n/groups
		rows := append(append(make([]int, 0, n), order[:first]...), order[end:]...)
		v, err := statistic(rows)
		if err != nil {
			return 0, err
		}
		t[g] = v
		mean += v / float64(groups)
	}
	sum := 0.
	for _, v := range t {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum * float64(groups-1) / float64(groups)), nil
}
