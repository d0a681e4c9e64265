package report

import (
	"cmp"
	"context"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
)

// maxCodes is the number of test rows that the latent pictures are made from.
const maxCodes = 2000

// scene is an input together with what several figures need of it. Its rows are test rows in a
// fixed random order, so that classes mix.
type scene struct {
	Input
	can         map[string]bool
	dim, latent int
	n           int       // rows: at most maxCodes of the test set
	show        *data.Set // shape, labels and factors of the rows
	x           []float32 // the rows as the model sees them, n×D
	mean        []float32 // means of q(z|x), n×L; nil if the model does not encode
	variance    []float32 // its variances, n×L
}

// newScene checks the input, chooses the rows and encodes them.
func newScene(ctx context.Context, in Input) (*scene, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s := &scene{Input: in, can: in.Net.Can(), dim: in.Net.Config.Dim, latent: in.Net.Config.Latent}
	order := s.key("rows").Perm(in.Show.Len())
	order = order[:min(len(order), maxCodes)]
	s.n = len(order)
	s.show = in.Show.Select(order)
	s.x = make([]float32, 0, s.n*s.dim)
	for _, i := range order {
		s.x = append(s.x, in.TestX[i*s.dim:(i+1)*s.dim]...)
	}
	if !s.can["encode"] || s.n == 0 {
		return s, nil
	}
	var err error
	s.mean, s.variance, err = in.Net.Encode(ctx, s.x)
	return s, err
}

// key names a random stream of the report.
func (s *scene) key(name string) rng.Key { return rng.New(s.Seed).Named("report").Named(name) }

// row is the i-th row as the model sees it, code the mean of q(z|x) there.
func (s *scene) row(i int) []float32  { return s.x[i*s.dim : (i+1)*s.dim] }
func (s *scene) code(i int) []float32 { return s.mean[i*s.latent : (i+1)*s.latent] }

// decode returns the means of p(x|z) for each code.
func (s *scene) decode(ctx context.Context, codes [][]float32) ([][]float32, error) {
	x, err := s.Net.Decode(ctx, slices.Concat(codes...))
	return data.Rows(x, s.dim), err
}

// moments returns mean and variance over the rows of each latent dimension's posterior mean.
func (s *scene) moments() (mean, variance []float64) {
	mean, variance = make([]float64, s.latent), make([]float64, s.latent)
	for j := range s.latent {
		for i := range s.n {
			mean[j] += float64(s.code(i)[j]) / float64(s.n)
		}
		for i := range s.n {
			d := float64(s.code(i)[j]) - mean[j]
			variance[j] += d * d / float64(s.n)
		}
	}
	return mean, variance
}

// active flags the dimensions in use. Their number is that of the telemetry, which may have
// seen other rows, so that picture and text agree.
func (s *scene) active() []bool {
	_, variance := s.moments()
	out := make([]bool, s.latent)
	if s.Telemetry.Latent != s.latent {
		post := vi.Posterior{Mean: make([]float64, len(s.mean)), N: s.n, L: s.latent}
		for i, v := range s.mean {
			post.Mean[i] = float64(v)
		}
		return post.Active()
	}
	for _, j := range descending(variance)[:min(max(0, s.Telemetry.ActiveUnits), s.latent)] {
		out[j] = true
	}
	return out
}

// byUse lists the latent dimensions, most used first: by KL, else by the variance of the means.
func (s *scene) byUse() []int {
	if len(s.Record.KLPerDim) == s.latent {
		return descending(s.Record.KLPerDim)
	}
	_, variance := s.moments()
	return descending(variance)
}

// descending lists the indices of x, largest value first.
func descending(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[b], x[a]) })
	return order
}
