package eval_test

import (
	"fmt"

	"github.com/elbo-go/elbo/eval"
)

// The two strange rows score above all normal ones but one.
func ExampleAUROC() {
	scores := []float64{1, 2, 3, 4, 5, 6}
	strange := []bool{false, false, false, true, false, true}
	area, err := eval.AUROC(scores, strange)
	fmt.Println(area, err)
	// Output: 0.875 <nil>
}

// Of 19 normal scores, the largest keeps the rate of false alarms at 5 %.
func ExampleConformalThreshold() {
	scores := make([]float64, 19)
	for i := range scores {
		scores[i] = float64(i + 1)
	}
	t, err := eval.ConformalThreshold(scores, .05)
	fmt.Println(t, err)
	_, err = eval.ConformalThreshold(scores, .01)
	fmt.Println(err)
	// Output:
	// 19 <nil>
	// eval: ConformalThreshold: normal scores: got 19, want at least 99 for a false-positive rate of 0.01
}

// A quarter circle keeps its radius, where the straight line cuts the corner.
func ExamplePath() {
	for _, kind := range eval.PathKinds {
		p, err := eval.Path(kind, []float32{1, 0}, []float32{0, 1}, 3)
		fmt.Printf("%s %.3f %v\n", kind, p[1], err)
	}
	// Output:
	// linear [0.500 0.500] <nil>
	// slerp [0.707 0.707] <nil>
}
