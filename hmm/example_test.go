package hmm_test

import (
	"fmt"

	"github.com/elbo-go/elbo/hmm"
)

// Rain or no rain, seen by whether someone carries an umbrella (Russell and Norvig, chapter
// on reasoning over time).
func ExampleModel_Smooth() {
	emit, err := hmm.NewDiscrete(2, []float64{.9, .1, .2, .8}) // umbrella, none: in rain, dry
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := hmm.New([]float64{.5, .5}, []float64{.7, .3, .3, .7}, emit)
	if err != nil {
		fmt.Println(err)
		return
	}
	days := []float64{0, 0, 1, 0, 0}
	p, err := m.Smooth(days)
	if err != nil {
		fmt.Println(err)
		return
	}
	for day := range days {
		fmt.Printf("day %d: rain %.4f, with the days after it %.4f\n", day+1, p.Filtered[2*day], p.Smoothed[2*day])
	}
	path, _, err := m.Viterbi(days)
	fmt.Println(path, err)
	// Output:
	// day 1: rain 0.8182, with the days after it 0.8673
	// day 2: rain 0.8834, with the days after it 0.8204
	// day 3: rain 0.1907, with the days after it 0.3075
	// day 4: rain 0.7308, with the days after it 0.8204
	// day 5: rain 0.8673, with the days after it 0.8673
	// [0 0 1 0 0] <nil>
}
