package bnn

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Net is a fitted network: draws of its weights and what is needed to predict with them. It is
// safe for concurrent use.
type Net struct {
	c       Config
	shape   shape
	columns []scale
	target  scale
	classes int
	mean    weights   // mean of the weights, or their mode
	draws   []weights // K draws
	sigmas  []float64 // σ of a homoscedastic head by draw, standardised

	params  *model.Params
	forward *model.Program
	held    [][]*tensors.Tensor // the draws where the backend has them, after the mode if they are linear about it
}

// Draws returns K, the number of weight draws of a prediction.
func (n *Net) Draws() int { return len(n.draws) }

// Inputs returns the number of columns of a row.
func (n *Net) Inputs() int { return n.shape[0] }

// Classes returns C, 0 for a regression.
func (n *Net) Classes() int { return n.classes }

// Weights returns the number of weights and biases.
func (n *Net) Weights() (count int) {
	for l := range n.shape.layers() {
		count += (n.shape[l] + 1) * n.shape[l+1]
	}
	return count
}

// Noise returns the standard deviation of the target about its mean that a homoscedastic head
// has, in the target's units (the mean over the draws); 0 for other heads.
func (n *Net) Noise() float64 {
	sum := 0.
	for _, s := range n.sigmas {
		sum += s * n.target.SD / float64(len(n.sigmas))
	}
	return sum
}

// prepare makes the program that predicts and hands it the draws.
func (n *Net) prepare(b compute.Backend) error {
	n.params = model.NewParams(b, dtypes.Float32, rng.New(0))
	n.forward = model.NewProgram(n.params, "predict", func(_ *model.Scope, in []*g.Node) []*g.Node {
		if pairs := in[1:]; linearized[n.c.Method] {
			return []*g.Node{tangentOf(in[0], pairs[:len(pairs)/2], pairs[len(pairs)/2:])}
		}
		f, _, _ := layersOf(in[0], in[1:])
		return []*g.Node{f}
	})
	var mode []*tensors.Tensor
	if linearized[n.c.Method] {
		var err error
		if mode, err = n.tensors(n.mean); err != nil {
			return err
		}
	}
	n.held = nil
	for _, w := range n.draws {
		pairs, err := n.tensors(w)
		if err != nil {
			return err
		}
		n.held = append(n.held, append(mode[:len(mode):len(mode)], pairs...))
	}
	return nil
}

// tensors returns weights as inputs of a graph.
func (n *Net) tensors(w weights) (out []*tensors.Tensor, err error) {
	for l, at := range w {
		for _, a := range []struct {
			data []float64
			dims []int
		}{{at.W, n.shape[l : l+2]}, {at.B, n.shape[l+1 : l+2]}} {
			in, err := n.params.Input(a.dims...)
			if err != nil {
				return nil, err
			}
			if err := in.Set(a.data...); err != nil {
				return nil, err
			}
			out = append(out, in.Tensor)
		}
	}
	return out, nil
}

// chunk is the largest number of rows of one execution; fewer are padded to a power of two.
const chunk = 1024

// outputs calls fn with the outputs rows×outputs of each draw for each chunk of rows.
func (n *Net) outputs(x []float32, fn func(first, rows, draw int, f []float64)) error {
	d := n.shape[0]
	total := len(x) / d
	var values [][]float64
	for first := 0; first < total; first += chunk {
		rows := min(chunk, total-first)
		padded := 1
		for padded < rows {
			padded *= 2
		}
		buf := make([]float32, padded*d)
		copy(buf, x[first*d:(first+rows)*d])
		in, err := n.params.Tensor(buf, padded, d)
		if err != nil {
			return err
		}
		for k, pairs := range n.held {
			values, err = n.forward.ValuesInto(values, rng.Key{}, append([]*tensors.Tensor{in}, pairs...)...)
			if err != nil {
				return err
			}
			fn(first, rows, k, values[0])
		}
		_ = in.FinalizeAll()
	}
	return nil
}

// Predict returns the predictive distribution of each row's target.
func (n *Net) Predict(x [][]float32) ([]Prediction, error) {
	if len(x) == 0 {
		return nil, nil
	}
	if err := checkRows(x, n.shape[0]); err != nil {
		return nil, fmt.Errorf("bnn: predict: %w", err)
	}
	out := make([]Prediction, len(x))
	err := n.outputs(standardized(x, n.shape[0], n.columns), func(first, rows, draw int, f []float64) {
		for i := range rows {
			row := f[i*n.shape[len(n.shape)-1]:]
			if n.classes > 0 {
				out[first+i].addClasses(row[:n.classes])
				continue
			}
			sigma := n.sigmas[draw]
			if n.c.Head == "heteroscedastic" {
				sigma = rowScale(row[1])
			}
			out[first+i].addNormal(n.target.Mean+n.target.SD*row[0], n.target.SD*sigma)
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].summarize()
	}
	return out, nil
}
