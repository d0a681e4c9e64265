package eval

// Confusion counts rows by true class (first index) and most probable class (second), the first
// of several that are as probable.
func Confusion(probs [][]float64, labels []int) ([][]int, error) {
	if err := checkProbs("Confusion", probs, labels); err != nil {
		return nil, err
	}
	out := make([][]int, len(probs[0]))
	for k := range out {
		out[k] = make([]int, len(out))
	}
	for i, row := range probs {
		k, _ := top(row)
		out[labels[i]][k]++
	}
	return out, nil
}
