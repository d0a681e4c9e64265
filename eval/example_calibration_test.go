package eval_test

import (
	"fmt"

	"github.com/elbo-go/elbo/eval"
)

// A classifier that is 90 % sure of everything and right four times in five.
func ExampleReliabilityCurve() {
	var probs [][]float64
	var labels []int
	for i := range 100 {
		probs = append(probs, []float64{.9, .1})
		if i%5 == 0 {
			labels = append(labels, 1)
		} else {
			labels = append(labels, 0)
		}
	}
	r, err := eval.ReliabilityCurve(probs, labels, 15)
	fmt.Printf("%.3f %v\n", r.ECE, err)
	for _, b := range r.Bins {
		if b.Count > 0 {
			fmt.Printf("confidence %.2f, accuracy %.2f, %d rows\n", b.Confidence, b.Accuracy, b.Count)
		}
	}
	// Output:
	// 0.100 <nil>
	// confidence 0.90, accuracy 0.80, 100 rows
}

// Its logits 2.2 : 0 are too far apart by ln 9/ln 4.
func ExampleTemperature() {
	var logits [][]float64
	var labels []int
	for i := range 100 {
		logits = append(logits, []float64{2.1972246, 0})
		if i%5 == 0 {
			labels = append(labels, 1)
		} else {
			labels = append(labels, 0)
		}
	}
	t, err := eval.Temperature(logits, labels)
	fmt.Printf("%.4f %v\n", t, err)
	fmt.Printf("%.2f\n", eval.Softmax(logits[0], t))
	// Output:
	// 1.5850 <nil>
	// [0.80 0.20]
}

// Intervals of ± 1.645 deviations that hold 90 % if the predictions are normal and right, on
// nineteen rows held out where the errors are up to three deviations.
func ExampleConformalScale() {
	var mean, sd, y []float64
	for i := range 19 {
		mean, sd, y = append(mean, 0), append(sd, .5), append(y, .5*3*float64(i+1)/19)
	}
	q, err := eval.ConformalScale(mean, sd, y, .9)
	fmt.Printf("mean ± %.2f deviations, %v\n", q, err)
	_, err = eval.ConformalScale(mean, sd, y, .99)
	fmt.Println(err)
	// Output:
	// mean ± 2.84 deviations, <nil>
	// eval: ConformalScale: rows: got 19, want at least 99 for a level of 0.99
}
