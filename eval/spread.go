package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// SpreadBin sets the deviations that were predicted for some rows against their errors. Right
// predictions have RMSE = SD in each bin (Levi et al. 2022, eq. 7 and 8).
type SpreadBin struct {
	Count  int     // rows
	SD     float64 // √ of the mean predicted variance
	RMSE   float64 // √ of the mean squared error
	Lo, Hi float64 // 95 % confidence interval of √E error², if errors are normal: n·RMSE²/χ²_n
}

// SpreadSkill sorts rows by predicted deviation into bins of equal numbers of rows. Rows of one
// deviation are never parted, so that there may be fewer bins. ENCE, the expected normalised
// calibration error, is the mean over bins of |SD − RMSE|/SD (their eq. 9); it is +Inf where a bin
// of deviation 0 has an error.
func SpreadSkill(sds, errors []float64, bins int) (out []SpreadBin, ence float64, err error) {
	if len(sds) != len(errors) || len(sds) == 0 || bins < 1 {
		return nil, 0, fmt.Errorf("eval: SpreadSkill: got %d deviations, %d errors and %d bins, want as many of the first, and one of each", len(sds), len(errors), bins)
	}
	order := make([]int, len(sds))
	for i := range order {
		order[i] = i
		if !(sds[i] >= 0) || math.IsNaN(errors[i]) {
			return nil, 0, fmt.Errorf("eval: SpreadSkill: row %d: got deviation %v and error %v, want at least 0 and a number", i, sds[i], errors[i])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sds[a], sds[b]) })
	n, first := len(order), 0
	for b := range bins {
		end := max(first, (b+1)*n/bins)
		for end > first && end < n && sds[order[end]] == sds[order[end-1]] {
			end++
		}
		if end == first {
			continue
		}
		bin := spreadBin(order[first:end], sds, errors)
		out, first = append(out, bin), end
		if bin.SD != bin.RMSE { // 0 of 0 is right
			ence += math.Abs(bin.SD-bin.RMSE) / bin.SD
		}
	}
	return out, ence / float64(len(out)), nil
}

// spreadBin sums up some rows.
func spreadBin(rows []int, sds, errors []float64) SpreadBin {
	n := float64(len(rows))
	var sd, se float64
	for _, i := range rows {
		sd += sds[i] * sds[i] / n
		se += errors[i] * errors[i] / n
	}
	chi := distuv.ChiSquared{K: n}
	return SpreadBin{
		Count: len(rows), SD: math.Sqrt(sd), RMSE: math.Sqrt(se),
		Lo: math.Sqrt(n * se / chi.Quantile(.975)), Hi: math.Sqrt(n * se / chi.Quantile(.025)),
	}
}
