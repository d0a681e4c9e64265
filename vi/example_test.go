package vi_test

import (
	"fmt"

	"github.com/elbo-go/elbo/vi"
)

// β rises to its value in the first half of a run of 100 steps.
func ExampleSchedule() {
	s := vi.Schedule{Kind: "linear", Beta: 4, Warmup: 50, Total: 100}
	if err := s.Validate(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(s.At(0), s.At(25), s.At(50), s.At(99))
	// Output: 0 2 4 4
}

// Three importance weights of one datum, given by their logarithms 0, ln 2 and ln 3.
func ExampleImportanceSum() {
	var s vi.ImportanceSum
	for _, logW := range []float64{0, 0.6931471805599453, 1.0986122886681098} {
		s.Add(logW)
	}
	fmt.Printf("ln p(x) ≈ ln 2 = %.4f, effective sample size 36/14 = %.4f of %d\n", s.LogEvidence(), s.ESS(), s.K())
	// Output: ln p(x) ≈ ln 2 = 0.6931, effective sample size 36/14 = 2.5714 of 3
}

// An alarm that lasts three evaluations becomes a warning.
func ExampleMonitor() {
	var m vi.Monitor
	idle := vi.Telemetry{Latent: 10, ActiveUnits: 5, Rate: .02, ShuffledGap: 1}
	for range 3 {
		for _, w := range m.Observe(idle) {
			fmt.Println(w)
		}
	}
	// Output: low-rate: the latent code carries 0.020 nats; try --beta below 1, --beta-schedule cyclical or --free-bits 0.1
}

// Two groups of five draws: ten draws of z a datum.
func ExampleBoundConfig() {
	c := vi.BoundConfig{Name: "miwae", M: 2, K: 5}
	if err := c.Validate(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(c.Objective().Kind(), c.Objective().Draws())
	// Output: MIWAE-2×5 10
}

// Two data whose codes tell them apart for certain: the code carries ln 2 = .6931 nats.
func ExampleDissect() {
	s, err := vi.Dissect([][]float64{{1, 0}, {0, 1}}, []float64{.5, .5})
	fmt.Printf("%.4f = %.4f + %.4f, %v\n", s.Rate, s.MutualInfo, s.MarginalKL, err)
	// Output: 0.6931 = 0.6931 + 0.0000, <nil>
}
