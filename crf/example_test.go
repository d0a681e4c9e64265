package crf_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/elbo-go/elbo/crf"
)

func ExampleFit() {
	const text = "the DT B-NP\ndog NN I-NP\nbarks VB B-VP\n\na DT B-NP\ncat NN I-NP\nsleeps VB B-VP\n\n"
	data, err := crf.ReadColumns(strings.NewReader(text), true, crf.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := crf.Default()
	cfg.L2 = .1
	m, err := crf.Fit(context.Background(), data, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Predict([][]string{{"the", "DT"}, {"fish", "NN"}, {"swims", "VB"}}))
	// Output: [B-NP I-NP B-VP] <nil>
}

func ExampleChain() {
	c := crf.Chain{Labels: 2, Unary: []float64{1, 0, 0, 1, .5, 0}, Transition: []float64{.5, -.5, -.5, .5}}
	m, err := c.Marginals()
	if err != nil {
		fmt.Println(err)
		return
	}
	y, score, err := c.Viterbi()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("log Z %.10f\nP(y = 0) %.7f %.7f %.7f\nbest %v with score %v\n", m.LogZ, m.Node[0], m.Node[2], m.Node[4], y, score)
	// Output:
	// log Z 3.7052169386
	// P(y = 0) 0.6584424 0.4160809 0.5606303
	// best [0 0 0] with score 2.5
}
