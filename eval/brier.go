package eval

// Brier is the mean over rows of Σ_k (p_k − 1{k = label})², the form for many classes (Brier
// 1950): 0 is perfect, 2 the worst, (C−1)/C the score of equal probabilities. For two classes it
// is twice the score of the probability of one.
func Brier(probs [][]float64, labels []int) (float64, error) {
	if err := checkProbs("Brier", probs, labels); err != nil {
		return 0, err
	}
	sum := 0.
	for i, row := range probs {
		for k, p := range row {
			d := p - float64(b2i(k == labels[i]))
			sum += d * d
		}
	}
	return sum / float64(len(labels)), nil
}
