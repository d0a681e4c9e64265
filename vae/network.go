package vae

import (
	"context"
	"errors"
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vi"
)

// Network is a model with its parameters, ready for host arrays: rows of float32 in, rows
// out, row-major. Its methods are safe for concurrent use as long as nobody trains it.
type Network struct {
	Name   string        // of the model in the registry
	Config Config        // what the model was built from
	Model  Model         // the model itself
	Params *model.Params // its parameters

	encode, decode *model.Program
}

// NewNetwork builds the named model over a set of parameters. If the set is sealed it must
// hold every parameter of the model.
func NewNetwork(name string, c Config, p *model.Params) (*Network, error) {
	m, err := New(name, c)
	if err != nil {
		return nil, err
	}
	n := &Network{Name: name, Config: c.Resolved(name), Model: m, Params: p}
	n.encode = model.NewProgram(p, "encode", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.completed(s, n.Batch(in[0], nil))
		mean, variance := m.(Encoder).Encode(s, b)
		return coded(mean, variance, b)
	})
	n.decode = model.NewProgram(p, "decode", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{m.(Decoder).Decode(s, n.Code(in[0])).Mean()}
	})
	return n, nil
}

// Can lists the abilities of the model: encode, decode, sample, bound, and interpolate, which also
// stands for walks along the axes of the code, classify, and complete.
func (n *Network) Can() map[string]bool {
	_, enc := n.Model.(Encoder)
	_, dec := n.Model.(Decoder)
	_, gen := n.Model.(Generator)
	_, seq := n.Model.(Ancestral)
	_, prob := n.Model.(Probabilistic)
	_, class := n.Model.(Classifier)
	_, comp := n.Model.(Completer)
	_, _, whole := n.Indices()
	return map[string]bool{"encode": enc, "decode": dec, "sample": (gen || seq) && dec, "bound": prob, "interpolate": enc && dec && !whole, "classify": class, "complete": comp}
}

// Kind is what the model's objective estimates, in the words of [vi.Record].
func (n *Network) Kind() string {
	if _, _, whole := n.Indices(); whole || n.Can()["bound"] {
		return vi.KindELBO // of a guide that is a point mass, where codes are indices
	}
	return vi.KindLogProb
}

// Momentum returns β₁ of Adam. Models of two players want less than usual: what a critic's gradient
// remembers of an adversary that has moved on makes both circle (Radford et al. 2016, section 4).
func (n *Network) Momentum() float64 {
	if m := n.spec().Momentum; m > 0 {
		return m
	}
	return optim.NewAdam().Beta1
}

// Ranked tells whether what the model reports ranks its epochs, so that the best can be kept.
func (n *Network) Ranked() bool { return !n.spec().Unranked }

// need reports the lack of an ability.
func (n *Network) need(ability string) error {
	if n.Can()[ability] {
		return nil
	}
	return fmt.Errorf("vae: model %s cannot %s", n.Name, ability)
}

// rowsOf copies the first rows×width values of a tensor into dst and frees the tensor.
func rowsOf(dst []float32, t *tensors.Tensor) error {
	v, err := model.Float32s(t)
	if err != nil {
		return err
	}
	copy(dst, v[:len(dst)])
	return t.FinalizeAll()
}

// Encode returns the means and variances of the codes of rows x, as N codes each.
func (n *Network) Encode(ctx context.Context, x []float32) (mean, variance []float32, err error) {
	if err := n.need("encode"); err != nil {
		return nil, nil, err
	}
	d, l := n.Width(), n.CodeWidth()
	mean, variance = make([]float32, len(x)/d*l), make([]float32, len(x)/d*l)
	err = batches(ctx, x, d, n.piece(1), func(x []float32, first, rows, full int) error {
		in, err := n.Params.Tensor(x, full, d)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		res, err := n.encode.Run(rng.Key{}, in)
		if err != nil {
			return err
		}
		if err := rowsOf(mean[first*l:(first+rows)*l], res.Outputs[0]); err != nil {
			return err
		}
		return rowsOf(variance[first*l:(first+rows)*l], res.Outputs[1])
	})
	return mean, variance, err
}

// Decode returns the means of p(x|z) of N codes z, as N×D.
func (n *Network) Decode(ctx context.Context, z []float32) ([]float32, error) {
	if err := n.need("decode"); err != nil {
		return nil, err
	}
	d, l := n.Config.Dim, n.CodeWidth()
	out := make([]float32, len(z)/l*d)
	err := batches(ctx, z, l, n.piece(1), func(z []float32, first, rows, full int) error {
		in, err := n.Params.Tensor(z, full, l)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		res, err := n.decode.Run(rng.Key{}, in)
		if err != nil {
			return err
		}
		return rowsOf(out[first*d:(first+rows)*d], res.Outputs[0])
	})
	return out, err
}

// Apply returns what f makes of rows x, N×[Network.Width], in float64: as many values for each row, such
// as features that a stage of training starts from.
func (n *Network) Apply(ctx context.Context, x []float32, f func(s *model.Scope, b Batch) *g.Node) (out []float64, err error) {
	prog := model.NewProgram(n.Params, "apply", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{f(s, n.Batch(in[0], nil))}
	})
	w := n.Width()
	err = batches(ctx, x, w, n.piece(1), func(x []float32, _, rows, full int) error {
		in, err := n.Params.Tensor(x, full, w)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		v, err := prog.Values(rng.Key{}, in)
		if err == nil {
			out = append(out, v[0][:len(v[0])/full*rows]...)
		}
		return err
	})
	return out, err
}

// Reconstruct returns the decoded means of the codes' means of rows x, as N×D.
func (n *Network) Reconstruct(ctx context.Context, x []float32) ([]float32, error) {
	z, _, err := n.Encode(ctx, x)
	if err != nil {
		return nil, err
	}
	return n.Decode(ctx, z)
}

// Prior draws count codes from the prior, of all classes in turn where codes end with one.
func (n *Network) Prior(ctx context.Context, count int, key rng.Key) ([]float32, error) {
	return n.PriorOf(ctx, count, -1, key)
}

// PriorOf draws count codes of a class from the prior; −1 stands for all classes in turn.
func (n *Network) PriorOf(ctx context.Context, count, class int, key rng.Key) ([]float32, error) {
	if err := n.need("sample"); err != nil {
		return nil, err
	}
	if count < 0 {
		return nil, fmt.Errorf("vae: samples: got %d, want at least 0", count)
	}
	if class >= 0 && n.tail() == 0 {
		return nil, fmt.Errorf("vae: samples: got class %d for model %s, which makes no use of classes", class, n.Name)
	}
	if class >= n.Config.Classes && class >= 0 {
		return nil, fmt.Errorf("vae: samples: got class %d, want 0 to %d", class, n.Config.Classes-1)
	}
	label := n.turns(count, class)
	z := make([]float32, count*n.Config.Latent)
	if _, ok := n.Model.(Ancestral); ok {
		z = n.classed(z, label)
		return z, n.ancestral(ctx, z, key)
	}
	if err := n.fromPrior(ctx, z, label, key); err != nil {
		return nil, err
	}
	return n.classed(z, label), nil
}

// fromPrior draws codes of the given classes, N×L.
func (n *Network) fromPrior(ctx context.Context, z, label []float32, key rng.Key) error {
	prog := model.NewProgram(n.Params, "prior", func(s *model.Scope, in []*g.Node) []*g.Node {
		if m, ok := n.Model.(Conditional); ok {
			return []*g.Node{m.PriorOf(s, in[0]).Sample(s, "z", 1)}
		}
		return []*g.Node{n.Model.(Generator).Prior(s, chunk).Sample(s, "z", 1)}
	})
	l := n.Config.Latent
	count := len(z) / l
	of := make([]float32, chunk)
	for first := 0; first < count; first += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := min(count, first+chunk)
		copy(of, label[first:last])
		in, err := n.Params.Tensor(of, chunk)
		if err != nil {
			return err
		}
		res, err := prog.Run(key.At(uint64(first)), in)
		if err != nil {
			return err
		}
		if err := errors.Join(rowsOf(z[first*l:last*l], res.Outputs[0]), in.FinalizeAll()); err != nil {
			return err
		}
	}
	return nil
}

// turns are the classes of count codes: the given one, or all in turn for −1.
func (n *Network) turns(count, class int) []float32 {
	out := make([]float32, count)
	for i := range out {
		out[i] = float32(class)
		if class < 0 {
			out[i] = float32(i % max(1, n.Config.Classes))
		}
	}
	return out
}

// classed ends codes, N×L, with their classes, where codes have one.
func (n *Network) classed(z, label []float32) []float32 {
	if n.tail() == 0 {
		return z
	}
	l := n.Config.Latent
	out := make([]float32, 0, len(label)*n.CodeWidth())
	for i, c := range label {
		out = append(append(out, z[i*l:(i+1)*l]...), c)
	}
	return out
}

// Sample draws from the prior and returns the decoded means, count×D.
func (n *Network) Sample(ctx context.Context, count int, key rng.Key) ([]float32, error) {
	z, err := n.Prior(ctx, count, key)
	if err != nil {
		return nil, err
	}
	return n.Decode(ctx, z)
}
