// Package judge holds fixed classifiers of 28×28 grey images, whose features and verdicts measure the
// samples of other models. What is measured with one depends on it, so every judge has a name with the
// hash of its weights, which belongs beside every figure: a Fréchet distance of its features is an "own
// FID" and compares with no other one, least of all with those of the Inception net.
//
// The judge "digits" is part of the program. It has seen generated digits alone (see bench/judge, which
// trained it); judges of other data are trained by [Fit] or the same command and loaded from their file.
//
// Package eval/quality measures samples with a judge (quality.SampleQuality). [Judge.Layers] puts a judge
// into the graph of another model, for losses on its features.
package judge

import (
	"context"
	_ "embed"
	"fmt"
	"os"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Digits is the name of the judge that is part of the program.
const Digits = "digits"

//go:embed digits.f16
var digits []byte

// Judge is a classifier with fixed weights. It is safe for concurrent use.
type Judge struct {
	name   string
	values [][]float32 // by array of weights
	prog   *model.Program
	params *model.Params
}

// Load returns the judge "digits", or that of a file written by [Judge.Save].
func Load(name string) (*Judge, error) {
	if name == Digits {
		return parse(Digits, digits)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("judge: got %q, want %s or a file: %w", name, Digits, err)
	}
	return parse(baseName(name), raw)
}

// newJudge prepares a judge of checked weights.
func newJudge(name string, values [][]float32) (*Judge, error) {
	b, err := backend.Open("")
	if err != nil {
		return nil, err
	}
	j := &Judge{name: name, values: values, params: model.NewParams(b, dtypes.Float32, rng.Key{})}
	j.prog = model.NewProgram(j.params, "judge", func(_ *model.Scope, in []*g.Node) []*g.Node {
		l := j.Layers(in[0])
		logits := l[len(l)-1]
		return []*g.Node{l[len(l)-2], g.Exp(g.Sub(logits, g.ExpandAxes(special.LogSumExp(logits, -1), -1)))}
	})
	return j, nil
}

// Name returns what the judge was trained on and the first digits of the hash of its weights.
func (j *Judge) Name() string { return j.name }

// Layers returns the layers of the net for images x, B×784 with values from 0 to 1, as nodes of the
// graph of x with fixed weights: feature maps B×14×14×16 and B×7×7×32, the features B×64, and the
// logits B×10.
func (j *Judge) Layers(x *g.Node) []*g.Node {
	return looks(func(i int) *g.Node {
		array := tensors.FromFlatDataAndDimensions(j.values[i], weights[i].dims...)
		return g.ConvertDType(g.ConstTensor(x.Graph(), array), x.DType())
	}, x)
}

// rowsAtATime is the number of images of one execution; the last one is filled up.
const rowsAtATime = 250

// Look returns the features, N×64, and the probabilities of the classes, N×10, of images, N×784 with
// values from 0 to 1.
func (j *Judge) Look(ctx context.Context, images []float32) (features, probabilities [][]float64, err error) {
	if len(images) == 0 || len(images)%Dim != 0 {
		return nil, nil, fmt.Errorf("judge: images: got %d values, want a multiple of %d, at least one image", len(images), Dim)
	}
	in, err := j.params.Input(rowsAtATime, Dim)
	if err != nil {
		return nil, nil, err
	}
	defer in.Tensor.FinalizeAll()
	for first := 0; first < len(images)/Dim; first += rowsAtATime {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		part := images[first*Dim : min(len(images), (first+rowsAtATime)*Dim)]
		err := in.Write(func(x []float32) error {
			clear(x[copy(x, part):])
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		v, err := j.prog.Values(rng.Key{}, in.Tensor)
		if err != nil {
			return nil, nil, err
		}
		for i := range len(part) / Dim {
			features = append(features, v[0][i*Width:(i+1)*Width:(i+1)*Width])
			probabilities = append(probabilities, v[1][i*Classes:(i+1)*Classes:(i+1)*Classes])
		}
	}
	return features, probabilities, nil
}

// Features returns the features of images (see [Judge.Look]).
func (j *Judge) Features(ctx context.Context, images []float32) ([][]float64, error) {
	f, _, err := j.Look(ctx, images)
	return f, err
}

// Classify returns the probabilities of the classes of images (see [Judge.Look]).
func (j *Judge) Classify(ctx context.Context, images []float32) ([][]float64, error) {
	_, p, err := j.Look(ctx, images)
	return p, err
}

// Accuracy returns the share of images whose most probable class is their own.
func (j *Judge) Accuracy(ctx context.Context, images []float32, labels []int32) (float64, error) {
	p, err := j.Classify(ctx, images)
	if err != nil {
		return 0, err
	}
	if len(labels) != len(p) {
		return 0, fmt.Errorf("judge: classes: got %d for %d images, want one each", len(labels), len(p))
	}
	right := 0
	for i, row := range p {
		if Most(row) == int(labels[i]) {
			right++
		}
	}
	return float64(right) / float64(len(p)), nil
}

// Most returns the class of the largest probability, of equals the first.
func Most(probabilities []float64) int {
	best := 0
	for k, v := range probabilities {
		if v > probabilities[best] {
			best = k
		}
	}
	return best
}
