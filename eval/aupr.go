package eval

// AUPR is the area under the precision–recall curve as average precision,
//
//	AP = Σ_k (R_k − R_{k−1}) P_k
//
// over the distinct thresholds from the highest score down; tied scores alarm together.
// A detector that knows nothing reaches the share of positives.
func AUPR(scores []float64, positive []bool) (float64, error) {
	r, err := newRanking("AUPR", scores, positive)
	if err != nil {
		return 0, err
	}
	var ap float64
	tp, seen := 0, 0
	for i := len(r.scores) - 1; i >= 0; {
		before := tp
		j := i
		for ; j >= 0 && r.scores[j] == r.scores[i]; j-- {
			tp += b2i(r.positive[j])
			seen++
		}
		ap += float64(tp-before) / float64(r.p) * float64(tp) / float64(seen)
		i = j
	}
	return ap, nil
}
