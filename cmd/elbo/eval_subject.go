package main

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/eval/quality"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
)

// subject is a run with what several metrics need of it, each found once.
type subject struct {
	run     *train.Run
	key     rng.Key
	outcome *train.Outcome  // of the bound
	test    [][]float64     // codes of test rows
	train   [][]float64     // codes of training rows
	samples *quality.Report // of draws beside test rows
}

// Rows that metrics are taken of: enough for an error of a hundredth, few enough for seconds.
const (
	testRows  = 10_000
	trainRows = 5_000
)

// stream names the random numbers of a metric.
func (s *subject) stream(name string) rng.Key { return s.key.Named(name) }

// bound evaluates the bound on the test rows.
func (s *subject) bound(ctx context.Context) (*train.Outcome, error) {
	if s.outcome == nil {
		o, err := s.run.Evaluate(ctx, 2)
		if err != nil {
			return nil, err
		}
		s.outcome = &o
	}
	return s.outcome, nil
}

// testSet and trainSet are the first rows of each part, which are in random order.
func (s *subject) testSet() *data.Set  { return firstRows(s.run.Rows.Splits.Test, testRows) }
func (s *subject) trainSet() *data.Set { return firstRows(s.run.Rows.Splits.Train, trainRows) }

// firstRows keeps at most n rows.
func firstRows(set *data.Set, n int) *data.Set {
	rows := make([]int, min(n, set.Len()))
	for i := range rows {
		rows[i] = i
	}
	return set.Select(rows)
}

// testCodes are the means of the codes of the test rows, N×L.
func (s *subject) testCodes(ctx context.Context) (z [][]float64, err error) {
	if s.test == nil {
		s.test, err = s.codes(ctx, s.testSet(), "test")
	}
	return s.test, err
}

// trainCodes are those of training rows.
func (s *subject) trainCodes(ctx context.Context) (z [][]float64, err error) {
	if s.train == nil {
		s.train, err = s.codes(ctx, s.trainSet(), "train")
	}
	return s.train, err
}

// seen are rows as the model sees them.
func (s *subject) seen(set *data.Set, part string) ([]float32, error) {
	return train.Binarize(s.run.Rows.Mode, set, part, false)
}

// codes encodes rows, which are binarised as the run's test rows are. The model does not see their
// classes, even where it could, and codes come without them.
func (s *subject) codes(ctx context.Context, set *data.Set, part string) ([][]float64, error) {
	x, err := s.seen(set, part)
	if err != nil {
		return nil, err
	}
	net, n := s.run.Net, set.Len()
	mean, _, err := net.Encode(ctx, widened(x, set.Dim(), net.Width(), -1))
	if err != nil {
		return nil, err
	}
	out := make([][]float64, n)
	for i := range out {
		row := mean[i*net.CodeWidth():]
		for j := range net.Config.Latent {
			out[i] = append(out[i], float64(row[j]))
		}
	}
	return out, nil
}

// widened ends each row of width d with a value until it has width w.
func widened(x []float32, d, w int, end float32) []float32 {
	if d == w {
		return x
	}
	out := make([]float32, 0, len(x)/d*w)
	for i := 0; i < len(x); i += d {
		out = append(out, x[i:i+d]...)
		for range w - d {
			out = append(out, end)
		}
	}
	return out
}

// able says that the model lacks an ability.
func (s *subject) able(ability, what string) string {
	if s.run.Net.Can()[ability] {
		return ""
	}
	return fmt.Sprintf("model %s %s", s.run.Config.Model, what)
}

// Limits of generating factors: values up to factorLevels whole numbers are levels as they are,
// others are cut into factorBins of equal width.
const (
	factorLevels = 100
	factorBins   = 10
)

// factors are the generating factors of the test rows that vary. One that is the class has no order.
func (s *subject) factors() ([]eval.Factor, error) {
	set := s.testSet()
	var out []eval.Factor
	for _, f := range set.Factors {
		level, whole := wholeNumbers(f.Values)
		if !whole {
			values := make([]float64, len(f.Values))
			for i, v := range f.Values {
				values[i] = float64(v)
			}
			var err error
			if level, err = eval.Discretize(values, factorBins); err != nil {
				return nil, fmt.Errorf("factor %s: %w", f.Name, err)
			}
		}
		if eval.Entropy(level) > 0 {
			out = append(out, eval.Factor{Name: f.Name, Level: level, Ordered: !sameAs(set.Labels, level)})
		}
	}
	return out, nil
}

// wholeNumbers returns values as whole numbers if they are few of such.
func wholeNumbers(values []float32) (out []int, ok bool) {
	seen := map[int]bool{}
	for _, v := range values {
		n := int(v)
		if seen[n] = true; float32(n) != v || len(seen) > factorLevels {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// sameAs tells whether labels are these levels.
func sameAs(labels []int32, level []int) bool {
	if len(labels) != len(level) {
		return false
	}
	for i, l := range labels {
		if int(l) != level[i] {
			return false
		}
	}
	return true
}
