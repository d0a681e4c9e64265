package eval

import "context"

// Accuracy is the share of rows whose class was found.
type Accuracy struct {
	Right, Rows int     // rows whose class was found, of how many
	Score       float64 // Right/Rows
	Lo, Hi      float64 // 95 % confidence interval (Clopper & Pearson 1934), for given training rows
}

// newAccuracy compares classes that were found with the true ones.
func newAccuracy(found, truth []int) (a Accuracy, err error) {
	for i, c := range found {
		a.Right += b2i(c == truth[i])
	}
	a.Rows = len(truth)
	a.Score = float64(a.Right) / float64(a.Rows)
	a.Lo, a.Hi, err = ProportionInterval(a.Right, a.Rows, .95)
	return a, err
}

// DefaultProbeL2 is the weight λ of a linear probe: the usual C = 1 for a thousand rows.
const DefaultProbeL2 = 1e-3

// Probe is the accuracy on test rows of a multinomial logistic regression on codes, fitted to
// training rows with an L2 penalty λ (Alain & Bengio 2017). It tells how much of the classes can be
// read off the codes along straight lines.
func Probe(ctx context.Context, trainCodes [][]float64, trainLabels []int, testCodes [][]float64, testLabels []int, classes int, lambda float64) (Accuracy, error) {
	if err := checkClasses("Probe: test", testLabels, len(testCodes), classes); err != nil {
		return Accuracy{}, err
	}
	m, err := FitLogistic(ctx, trainCodes, trainLabels, classes, lambda)
	if err != nil {
		return Accuracy{}, err
	}
	found, err := m.Classify(testCodes)
	if err != nil {
		return Accuracy{}, err
	}
	return newAccuracy(found, testLabels)
}
