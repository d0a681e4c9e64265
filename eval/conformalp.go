package eval

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// ConformalPValues returns, for each score, the share of normal rows that are at least as strange,
//
//	p = (1 + #{i : s_i ≥ s}) / (n + 1),
//
// with s_i the scores of n normal rows held out from training. For a new row that is exchangeable
// with them P(p ≤ α) ≤ α for every α, whatever the distribution (Vovk, Gammerman & Shafer 2005,
// ch. 2; Laxhammar & Falkman 2010). The p-values of several rows share their calibration and so are
// not independent, but positively dependent, under which the procedure of Benjamini & Hochberg
// holds its rate (Bates et al. 2023, theorem 2).
func ConformalPValues(calibration, scores []float64) ([]float64, error) {
	if len(calibration) == 0 {
		return nil, fmt.Errorf("eval: ConformalPValues: normal scores: got none, want at least 1")
	}
	for _, part := range []struct {
		name string
		x    []float64
	}{{"normal score", calibration}, {"score", scores}} {
		if i := slices.IndexFunc(part.x, math.IsNaN); i >= 0 {
			return nil, fmt.Errorf("eval: ConformalPValues: %s %d: got NaN, want a number", part.name, i)
		}
	}
	sorted := slices.Clone(calibration)
	slices.Sort(sorted)
	n := len(sorted)
	out := make([]float64, len(scores))
	for i, s := range scores {
		out[i] = float64(1+n-sort.SearchFloat64s(sorted, s)) / float64(n+1)
	}
	return out, nil
}
