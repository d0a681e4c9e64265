package judge

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
)

// Training is how a judge is fitted.
type Training struct {
	Epochs int                           // passes over the images; 0 is 4
	Seed   uint64                        // of weights and order
	Epoch  func(epoch int, loss float64) // called after each with the mean cross-entropy in nats; may be nil
}

// Steps of training.
const (
	batch = 128
	rate  = 2e-3 // falls to 0 in a straight line
)

// Fit trains a judge on images, N×784 with values from 0 to 1, and their classes, by Adam on the
// cross-entropy. Its weights are rounded to what [Judge.Save] writes. Equal arguments give equal
// judges on a machine.
func Fit(ctx context.Context, name string, images []float32, labels []int32, t Training) (*Judge, error) {
	n := len(labels)
	if n < batch || len(images) != n*Dim {
		return nil, fmt.Errorf("judge: fit: got %d values of %d images, want %d of each and at least %d images", len(images), n, Dim, batch)
	}
	for i, c := range labels {
		if c < 0 || c >= Classes {
			return nil, fmt.Errorf("judge: fit: image %d: got class %d, want 0 to %d", i, c, Classes-1)
		}
	}
	if t.Epochs == 0 {
		t.Epochs = 4
	}
	b, err := backend.Open("")
	if err != nil {
		return nil, err
	}
	params := model.NewParams(b, dtypes.Float32, rng.New(t.Seed))
	if err := descend(ctx, params, images, labels, t); err != nil {
		return nil, err
	}
	values, err := arrays(params)
	if err != nil {
		return nil, err
	}
	if err := level(ctx, values, images[:min(n, levelRows)*Dim]); err != nil {
		return nil, err
	}
	return parse(name, (&Judge{values: values}).bytes())
}

// levelRows is the number of images that features are levelled on.
const levelRows = 10_000

// level divides the features by the root of their mean square over units and images, and multiplies the
// weights behind them, which leaves the verdicts as they are: distances of features are then of
// order one.
func level(ctx context.Context, values [][]float32, images []float32) error {
	j, err := newJudge("", values)
	if err != nil {
		return err
	}
	features, err := j.Features(ctx, images)
	if err != nil {
		return err
	}
	sum := 0.
	for _, f := range features {
		for _, v := range f {
			sum += v * v / float64(len(f)*len(features))
		}
	}
	if sum == 0 {
		return nil
	}
	rms := float32(math.Sqrt(sum))
	for _, array := range values[4:6] {
		for i := range array {
			array[i] /= rms
		}
	}
	for i := range values[6] {
		values[6][i] *= rms
	}
	return nil
}

// descend makes the steps. The last rows of an epoch that fill no batch wait for the next one.
func descend(ctx context.Context, params *model.Params, images []float32, labels []int32, t Training) error {
	adam := optim.NewAdam()
	prog := model.NewProgram(params, "fit", func(s *model.Scope, in []*g.Node) []*g.Node {
		l := looks(trainable(s), in[0])
		logits := l[len(l)-1]
		loss := g.Sub(special.LogSumExp(logits, -1), g.ReduceSum(g.Mul(in[1], logits), -1))
		mean := g.ReduceAllMean(loss)
		adam.Update(s, mean, in[2], in[3])
		return []*g.Node{mean}
	}).Training()
	steps, step := t.Epochs*(len(labels)/batch), 0
	x, oneHot := make([]float32, batch*Dim), make([]float32, batch*Classes)
	for epoch := range t.Epochs {
		order := rng.New(t.Seed).Named("order").At(uint64(epoch)).Perm(len(labels))
		sum, count := 0., 0.
		for at := 0; at+batch <= len(order); at += batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			clear(oneHot)
			for i, row := range order[at : at+batch] {
				copy(x[i*Dim:(i+1)*Dim], images[row*Dim:(row+1)*Dim])
				oneHot[i*Classes+int(labels[row])] = 1
			}
			step++
			r, correct := adam.Scalars(int64(step), rate*(1-float64(step-1)/float64(steps)))
			v, err := prog.Values(rng.Key{}, model.Tensor(dtypes.Float32, x, batch, Dim), model.Tensor(dtypes.Float32, oneHot, batch, Classes),
				model.Scalar(dtypes.Float32, r), model.Scalar(dtypes.Float32, correct))
			if err != nil {
				return err
			}
			sum, count = sum+v[0][0], count+1
		}
		if t.Epoch != nil {
			t.Epoch(epoch+1, sum/count)
		}
	}
	return nil
}

// arrays are the trained weights in the order of a file.
func arrays(params *model.Params) ([][]float32, error) {
	all, err := params.Export()
	if err != nil {
		return nil, err
	}
	by := map[string][]float64{}
	for _, a := range all {
		by[a.Name] = a.Data
	}
	values := make([][]float32, len(weights))
	for i, w := range weights {
		for _, v := range by[w.name] {
			values[i] = append(values[i], float32(v))
		}
	}
	return values, nil
}
