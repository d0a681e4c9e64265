package forecast

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// scene is an input together with what several figures need of it.
type scene struct {
	Input
	ctx  context.Context
	n, d int

	// Of a regression, by row:
	u      []float64 // probability that the target is at most the true one
	errors []float64 // true minus predicted mean
	sd     []float64 // predicted deviation

	// Of classes, by row:
	labels []int
	probs  [][]float64 // as predicted
	heated [][]float64 // after the temperature; nil for none
	wrong  []float64   // 1 where the most probable class is not the true one
	scores [3][]float64
}

// newScene checks the input and prepares it.
func newScene(ctx context.Context, in Input) (*scene, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s := &scene{Input: in, ctx: ctx, n: len(in.Predictions)}
	if len(in.X) > 0 {
		s.d = len(in.X[0])
	}
	if s.n == 0 {
		return s, nil
	}
	if in.Classes == nil {
		s.numbers()
	} else {
		s.classes()
	}
	return s, nil
}

// numbers prepares a regression.
func (s *scene) numbers() {
	for i, p := range s.Predictions {
		s.u = append(s.u, math.Max(0, cdf(p, s.Y[i])))
		s.errors = append(s.errors, s.Y[i]-p.Mean)
		s.sd = append(s.sd, p.SD)
	}
}

// classes prepares a classification.
func (s *scene) classes() {
	heat := s.Temperature > 0 && s.Temperature != 1
	for i, p := range s.Predictions {
		s.labels = append(s.labels, int(s.Y[i]))
		s.probs = append(s.probs, p.Probs)
		s.wrong = append(s.wrong, b2f(best(p.Probs) != int(s.Y[i])))
		for j, v := range []float64{p.SD, p.Aleatoric, p.Epistemic} {
			s.scores[j] = append(s.scores[j], v)
		}
		if heat {
			logits := make([]float64, len(p.Probs))
			for k, v := range p.Probs {
				logits[k] = math.Log(v)
			}
			s.heated = append(s.heated, eval.Softmax(logits, s.Temperature))
		}
	}
}

// key names a random stream of the report.
func (s *scene) key(name string) rng.Key { return rng.New(s.Seed).Named("forecast").Named(name) }

// some returns at most so many row numbers, drawn without replacement, in rising order.
func (s *scene) some(name string, most int) []int {
	if s.n <= most {
		return count(s.n)
	}
	rows := s.key(name).Perm(s.n)[:most]
	slices.Sort(rows)
	return rows
}

// covered tells whether the true target of a row lies in its central 90 % interval.
func (s *scene) covered(i int) bool { return math.Abs(s.u[i]-.5) <= .45 }

// pick returns the values of some rows.
func pick(v []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}

// spaced returns at most so many of n places, evenly spaced.
func spaced(n, most int) []int {
	if n <= most {
		return count(n)
	}
	out := make([]int, most)
	for i := range out {
		out[i] = (2*i + 1) * n / (2 * most)
	}
	return out
}

// count returns 0 … n−1.
func count(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// rising lists the indices of v, smallest value first, equal ones in their order.
func rising(v []float64) []int {
	order := count(len(v))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	return order
}

// means returns the predicted means.
func means(ps []bnn.Prediction) []float64 {
	out := make([]float64, len(ps))
	for i, p := range ps {
		out[i] = p.Mean
	}
	return out
}

// best is the first of the most probable classes.
func best(probs []float64) int {
	k := 0
	for c, v := range probs {
		if v > probs[k] {
			k = c
		}
	}
	return k
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// rms is √ of the mean square.
func rms(v []float64) float64 {
	top := 0.
	for _, x := range v {
		top = math.Max(top, math.Abs(x))
	}
	if top == 0 {
		return 0
	}
	sum := 0.
	for _, x := range v { // scaled, for squares may overflow
		sum += x / top * (x / top) / float64(len(v))
	}
	return top * math.Sqrt(sum)
}

// spreadOf is the standard deviation about the mean, with the divisor n.
func spreadOf(v []float64) float64 {
	mean := 0.
	for _, x := range v {
		mean += x / float64(len(v))
	}
	off := make([]float64, len(v))
	for i, x := range v {
		off[i] = x - mean
	}
	return rms(off)
}
