package main

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/train"
)

// codeUse tells how test rows use the values of a code of indices, and how large their codes are.
type codeUse struct {
	Values       int     `json:"values"`        // of each number
	Numbers      int     `json:"numbers"`       // of a code
	Usage        float64 `json:"usage"`         // share of the values that occur
	Perplexity   float64 `json:"perplexity"`    // of a number, 1 to Values
	Bits         float64 `json:"bits"`          // of a code at a fixed length
	EntropyBits  float64 `json:"entropy_bits"`  // by the frequencies of the values
	AdaptiveBits float64 `json:"adaptive_bits"` // with a coder that learns them on the way
	LearnedPrior bool    `json:"learned_prior"` // p(z) was learned; else it is uniform
}

// codesOf describes the codes of the test rows; nil where codes are no indices.
func codesOf(ctx context.Context, run *train.Run) (*codeUse, error) {
	if len(run.Net.CodeMaps()) == 0 || len(run.Rows.TestX) == 0 {
		return nil, nil
	}
	c, err := train.Codebook(ctx, run.Net, run.Rows.TestX)
	if err != nil {
		return nil, err
	}
	return &codeUse{c.Values, c.Numbers, c.Usage, c.Perplexity, c.Bits, c.EntropyBits, c.AdaptiveBits, run.Net.LearnsCodePrior()}, nil
}

// lines are what people read of it.
func (c codeUse) lines() []string {
	prior := "the KL term is the constant of a uniform prior, ln K for each number"
	if c.LearnedPrior {
		prior = "the KL term is ln q(z|x) − ln p(z) with the learned prior"
	}
	return []string{
		fmt.Sprintf("codes: %d numbers below %d, %.1f %% of the values in use, perplexity %.1f; %s", c.Numbers, c.Values, 100*c.Usage, c.Perplexity, prior),
		fmt.Sprintf("size of a code: %.0f bits, %.1f by the frequencies of its values, %.1f with a coder that learns them on the way", c.Bits, c.EntropyBits, c.AdaptiveBits),
	}
}
