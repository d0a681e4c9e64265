package eval

import "math"

// ClassNLL is the mean of −ln p(label), in nats: +Inf if a label was given probability 0.
func ClassNLL(probs [][]float64, labels []int) (float64, error) {
	if err := checkProbs("ClassNLL", probs, labels); err != nil {
		return 0, err
	}
	sum := 0.
	for i, row := range probs {
		sum -= math.Log(row[labels[i]])
	}
	return sum / float64(len(labels)), nil
}
