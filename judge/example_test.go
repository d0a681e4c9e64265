package judge_test

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/judge"
)

// The shipped judge reads ten generated digits.
func ExampleLoad() {
	j, err := judge.Load(judge.Digits)
	if err != nil {
		fmt.Println(err)
		return
	}
	set := data.Digits(10, rng.New(1))
	p, err := j.Classify(context.Background(), set.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	right := 0
	for i, row := range p {
		if judge.Most(row) == int(set.Labels[i]) {
			right++
		}
	}
	fmt.Println(right, "of", len(p))
	// Output: 10 of 10
}
