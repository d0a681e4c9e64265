package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// SBCRank is the rank of the true parameter among L posterior draws, how many of them are
// smaller: 0 … L. Draw θ from the prior, data from p(y|θ), the L draws from the posterior that an
// algorithm gives for them; if it is right, ranks of many replicates are uniform on 0 … L (Talts
// et al. 2018, theorem 1). Draws have to be independent, as those of a variational guide are.
// A draw equal to the truth does not count as smaller, so a discrete parameter needs ties broken
// at random beforehand.
func SBCRank(truth float64, draws []float64) (rank int) {
	for _, d := range draws {
		rank += b2i(d < truth)
	}
	return rank
}

// SBC judges ranks of simulation-based calibration.
type SBC struct {
	Counts []int   // of ranks by bin
	Chi2   float64 // Σ (count − expected)²/expected
	PValue float64 // of that value or a larger one, for uniform ranks
}

// SBCTest gathers ranks on 0 … draws in bins of equal size, draws + 1 being a multiple of their
// number, and tests that they are uniform. Five thousand replicates with 99 draws in 20 bins
// notice a posterior that is 10 % too narrow, and one that is off by .1 of its deviation; one
// thousand mostly do not.
func SBCTest(ranks []int, draws, bins int) (s SBC, err error) {
	if draws < 1 || bins < 2 || (draws+1)%bins != 0 {
		return s, fmt.Errorf("eval: SBCTest: got %d bins for ranks 0 … %d, want at least 2 that divide %d", bins, draws, draws+1)
	}
	expected := float64(len(ranks)) / float64(bins)
	if expected < 5 {
		return s, fmt.Errorf("eval: SBCTest: got %d ranks for %d bins, want at least %d for the test to hold", len(ranks), bins, 5*bins)
	}
	s.Counts = make([]int, bins)
	for i, r := range ranks {
		if r < 0 || r > draws {
			return s, fmt.Errorf("eval: SBCTest: rank %d: got %d, want 0 … %d", i, r, draws)
		}
		s.Counts[r*bins/(draws+1)]++
	}
	for _, c := range s.Counts {
		s.Chi2 += math.Pow(float64(c)-expected, 2) / expected
	}
	s.PValue = distuv.ChiSquared{K: float64(bins - 1)}.Survival(s.Chi2)
	return s, nil
}
