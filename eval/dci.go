package eval

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// DCIScore says how codes and factors belong together (Eastwood & Williams 2018, section 2).
type DCIScore struct {
	Disentanglement float64     // whether an element of the code is for one factor
	Completeness    float64     // whether one element of the code says all of a factor
	Informativeness float64     // accuracy of the factors read off the code, mean over factors
	Importance      [][]float64 // R, L×F: of each element for each factor
	Accuracy        []float64   // F, of each factor on rows held out
}

// DCI measures codes, N×L, by a [Forest] for each factor, grown on four rows in five and judged on
// the rest; R is the fall of the Gini impurity. With P_jk = R_jk / Σ_k R_jk and Q_jk = R_jk / Σ_j R_jk,
//
//	D = Σ_j ρ_j (1 − H_F(P_j)),  ρ_j = Σ_k R_jk / ΣR,   C = (1/F) Σ_k (1 − H_L(Q_k)),
//
// where H_n is the entropy to the base n. The paper takes 1 minus an error for informativeness; with
// classes that is the accuracy. It wants two factors and two elements.
func DCI(codes [][]float64, factors []Factor, o ForestOptions, key rng.Key) (*DCIScore, error) {
	d, err := newFactored("DCI", codes, factors)
	if err != nil {
		return nil, err
	}
	if err := atLeastTwo("DCI", len(factors)); err != nil {
		return nil, err
	}
	if len(codes[0]) < 2 || len(codes) < 10 {
		return nil, fmt.Errorf("eval: DCI: codes: got %d of %d values, want at least 10 of 2", len(codes), len(codes[0]))
	}
	order := key.Named("held out").Perm(len(codes))
	held, rest := order[:len(order)/5], order[len(order)/5:]
	s := &DCIScore{Importance: make([][]float64, len(codes[0]))}
	for k, level := range d.level {
		f, err := GrowForest(gather(codes, rest), gather(level, rest), d.levels[k], o, key.Named("forest").At(uint64(k)))
		if err != nil {
			return nil, err
		}
		for j, v := range f.Importance {
			s.Importance[j] = append(s.Importance[j], v)
		}
		a, err := newAccuracy(f.Classify(gather(codes, held)), gather(level, held))
		if err != nil {
			return nil, err
		}
		s.Accuracy = append(s.Accuracy, a.Score)
		s.Informativeness += a.Score / float64(len(factors))
	}
	s.Disentanglement, s.Completeness = DCIOf(s.Importance)
	return s, nil
}

// DCIOf returns disentanglement and completeness of a table of importances, L×F, none below 0. A
// table of zeros has neither.
func DCIOf(importance [][]float64) (disentanglement, completeness float64) {
	elements, factors := len(importance), len(importance[0])
	total := 0.
	for _, row := range importance {
		for _, v := range row {
			total += v
		}
	}
	if total == 0 {
		return 0, 0
	}
	for _, row := range importance {
		sum := 0.
		for _, v := range row {
			sum += v
		}
		disentanglement += sum / total * concentration(row, sum, factors)
	}
	for k := range factors {
		col := column(importance, k)
		sum := 0.
		for _, v := range col {
			sum += v
		}
		completeness += concentration(col, sum, elements) / float64(factors)
	}
	return disentanglement, completeness
}

// concentration is 1 − H_n of shares of a sum; 0 where there is nothing to share.
func concentration(values []float64, sum float64, n int) float64 {
	if sum == 0 || n < 2 {
		return 0
	}
	return 1 - entropyOf(values, sum)/math.Log(float64(n))
}

// gather returns the chosen rows.
func gather[T any](all []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = all[r]
	}
	return out
}
