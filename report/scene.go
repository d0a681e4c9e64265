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
	seen        []float32 // the rows as the model sees them, with their class where it makes use of it
	x           []float32 // their values, n×D
	mean        []float32 // means of q(z|x), n×L; nil if the model does not encode
	variance    []float32 // its variances, n×L
	class       []float32 // classes of the codes, n; nil if the model makes no use of classes
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
	width := in.Net.Width()
	for _, i := range order {
		s.seen = append(s.seen, in.TestX[i*width:(i+1)*width]...)
	}
	s.x, _ = cutOff(s.seen, width, s.dim)
	if !s.can["encode"] || s.n == 0 {
		return s, nil
	}
	mean, variance, err := in.Net.Encode(ctx, s.seen)
	s.mean, s.class = cutOff(mean, in.Net.CodeWidth(), s.latent)
	s.variance, _ = cutOff(variance, in.Net.CodeWidth(), s.latent)
	return s, err
}

// key names a random stream of the report.
func (s *scene) key(name string) rng.Key { return rng.New(s.Seed).Named("report").Named(name) }

// row is the i-th row as the model sees it, code the mean of q(z|x) there.
func (s *scene) row(i int) []float32  { return s.x[i*s.dim : (i+1)*s.dim] }
func (s *scene) code(i int) []float32 { return s.mean[i*s.latent : (i+1)*s.latent] }

// decode returns the means of p(x|z) for each code, of the class of the row of the given number where
// the model makes use of it; a single number stands for all.
func (s *scene) decode(ctx context.Context, codes [][]float32, of ...int) ([][]float32, error) {
	var all []float32
	for i, z := range codes {
		all = append(all, z...)
		if s.class != nil {
			all = append(all, s.class[of[min(i, len(of)-1)]])
		}
	}
	x, err := s.Net.Decode(ctx, all)
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
	if kl := s.klByDim(); kl != nil {
		return descending(kl)
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
