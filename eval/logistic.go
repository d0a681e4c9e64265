package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/vi/lbfgs"
)

// Logistic is a multinomial logistic regression on standardised values,
//
//	p(c|x) ∝ exp(b_c + Σ_j W_cj (x_j − m_j)/s_j).
type Logistic struct {
	Weights [][]float64 // W, C×D
	Bias    []float64   // b, C
	Mean    []float64   // m, D
	Scale   []float64   // s, D; 1 for a value that does not vary
}

// FitLogistic minimises −(1/N) Σ_n ln p(y_n|x_n) + (λ/2) ‖W‖² over rows x, N×D, of classes y below
// C, by L-BFGS in float64. The loss is convex; λ > 0 makes its minimum one point, but for a constant
// that all b_c may share. The biases go free of λ.
func FitLogistic(ctx context.Context, x [][]float64, y []int, classes int, lambda float64) (*Logistic, error) {
	d, err := width("FitLogistic", x)
	if err != nil {
		return nil, err
	}
	if err := checkClasses("FitLogistic", y, len(x), classes); err != nil {
		return nil, err
	}
	if !(lambda >= 0) || math.IsInf(lambda, 0) {
		return nil, fmt.Errorf("eval: FitLogistic: lambda: got %v, want a finite number of at least 0", lambda)
	}
	m := &Logistic{Mean: make([]float64, d), Scale: make([]float64, d)}
	for j := range d {
		values := column(x, j)
		for _, v := range values {
			m.Mean[j] += v / float64(len(x))
		}
		if m.Scale[j] = math.Sqrt(varianceOf(values)); m.Scale[j] == 0 {
			m.Scale[j] = 1
		}
	}
	p := &logisticLoss{x: m.standardized(x), y: y, classes: classes, width: d + 1, lambda: lambda}
	r, err := lbfgs.Minimize(ctx, p.at, make([]float64, classes*(d+1)), lbfgs.Options{MaxIterations: 500}, nil)
	if err != nil {
		return nil, err
	}
	for c := range classes {
		row := r.X[c*p.width : (c+1)*p.width]
		m.Weights, m.Bias = append(m.Weights, row[:d]), append(m.Bias, row[d])
	}
	return m, nil
}

// checkClasses checks that n rows have a class each, below the number of classes.
func checkClasses(what string, y []int, n, classes int) error {
	if len(y) != n || n == 0 || classes < 2 {
		return fmt.Errorf("eval: %s: got %d rows, %d labels and %d classes, want as many and at least one, and two classes", what, n, len(y), classes)
	}
	for i, c := range y {
		if c < 0 || c >= classes {
			return fmt.Errorf("eval: %s: label %d: got %d, want 0 to %d", what, i, c, classes-1)
		}
	}
	return nil
}

// standardized returns (x − m)/s with a 1 at the end of each row, for the bias.
func (m *Logistic) standardized(x [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for i, row := range x {
		out[i] = make([]float64, len(row)+1)
		for j, v := range row {
			out[i][j] = (v - m.Mean[j]) / m.Scale[j]
		}
		out[i][len(row)] = 1
	}
	return out
}

// logisticLoss is the loss of [FitLogistic] over weights with the bias last, C×(D+1).
type logisticLoss struct {
	x              [][]float64
	y              []int
	classes, width int
	lambda         float64
}

// at returns the loss and writes its gradient.
func (p *logisticLoss) at(w, grad []float64) (float64, error) {
	clear(grad)
	loss, n := 0., float64(len(p.x))
	logit := make([]float64, p.classes)
	for i, x := range p.x {
		for c := range logit {
			logit[c] = dotOf(w[c*p.width:(c+1)*p.width], x)
		}
		own := logit[p.y[i]]
		loss += (softmax(logit) - own) / n
		for c, q := range logit {
			r := (q - float64(b2i(c == p.y[i]))) / n
			for j, v := range x {
				grad[c*p.width+j] += r * v
			}
		}
	}
	for k, v := range w {
		if (k+1)%p.width != 0 {
			loss += p.lambda / 2 * v * v
			grad[k] += p.lambda * v
		}
	}
	return loss, nil
}

// dotOf is Σ a_i b_i.
func dotOf(a, b []float64) float64 {
	sum := 0.
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// softmax replaces logits by their probabilities and returns ln Σ exp.
func softmax(logit []float64) float64 {
	top, _, _ := topTwo(logit)
	sum := 0.
	for c, v := range logit {
		logit[c] = math.Exp(v - top)
		sum += logit[c]
	}
	for c := range logit {
		logit[c] /= sum
	}
	return top + math.Log(sum)
}

// Probabilities returns p(c|x) of each row, N×C.
func (m *Logistic) Probabilities(x [][]float64) ([][]float64, error) {
	d, err := width("Logistic", x)
	if err != nil {
		return nil, err
	}
	if d != len(m.Mean) {
		return nil, fmt.Errorf("eval: Logistic: rows: got %d values, want %d as in the fit", d, len(m.Mean))
	}
	out := make([][]float64, len(x))
	for i, row := range m.standardized(x) {
		out[i] = make([]float64, len(m.Bias))
		for c, w := range m.Weights {
			out[i][c] = dotOf(w, row[:d]) + m.Bias[c]
		}
		softmax(out[i])
	}
	return out, nil
}

// Classify returns the likeliest class of each row, the first among equals.
func (m *Logistic) Classify(x [][]float64) ([]int, error) {
	p, err := m.Probabilities(x)
	if err != nil {
		return nil, err
	}
	out := make([]int, len(p))
	for i, row := range p {
		_, _, out[i] = topTwo(row)
	}
	return out, nil
}
