package vae

import (
	"slices"

	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Batch is what a model sees of B rows of data.
type Batch struct {
	// X holds their values, B×D.
	X *g.Node
	// Label holds the class of each, B, a whole number in the type of the model, −1 where it is not
	// known; nil for models that make no use of it (see [Spec.Labels]).
	Label *g.Node
	// Progress is the share of the training steps that are done, a scalar; 1 outside training.
	Progress *g.Node
	// Stage is the number of the stage of training that is under way, the last one outside training.
	Stage int
	// N is the number of training rows.
	N int
	// Labelled holds rows that all show their class, evenly of each, which a step of training has
	// beside its own; nil elsewhere (see [Spec.Labelled]).
	Labelled *Batch
}

// Code is what a decoder sees of B rows.
type Code struct {
	// Z holds the codes, B×L.
	Z *g.Node
	// Label holds the class that each is decoded for, B; nil as that of a batch is.
	Label *g.Node
}

// Size returns B.
func (b Batch) Size() int { return b.X.Shape().Dim(0) }

// tail is the number of values of a row beyond the D of the data: one for the class, where the
// model makes use of it. A code ends with it as well.
func (n *Network) tail() int {
	if n.Config.Labelled() {
		return 1
	}
	return 0
}

// Labelled tells whether rows and codes of a resolved configuration end with their class.
func (c Config) Labelled() bool {
	s := registry[c.model]
	return s.Labels || slices.ContainsFunc(s.Options, func(o Option) bool { return o.Labels && c.Options[o.Name] == "true" })
}

// Width returns the number of values of a row of data: D, and the class where the model makes use
// of it, −1 where that is not known.
func (n *Network) Width() int { return n.Config.Dim + n.tail() }

// CodeWidth returns the number of values of a code: L, and the class where the model makes use of
// it.
func (n *Network) CodeWidth() int { return n.Config.Latent + n.tail() }

// Code returns codes of the batch, M·B×L for M draws of each row, with the classes of their rows.
func (b Batch) Code(z *g.Node) Code {
	label := b.Label
	if m := z.Shape().Dim(0) / b.Size(); label != nil && m > 1 {
		label = g.Reshape(g.BroadcastToDims(g.ExpandAxes(label, 0), m, b.Size()), m*b.Size())
	}
	return Code{z, label}
}

// spec is the registration of the model.
func (n *Network) spec() Spec { return registry[n.Name] }

// parted cuts the class off rows of values, if they end with one.
func (n *Network) parted(rows *g.Node) (values, label *g.Node) {
	if n.tail() == 0 {
		return rows, nil
	}
	values = g.Slice(rows, g.AxisRange(), g.AxisRange(0, -1))
	return values, g.Squeeze(g.Slice(rows, g.AxisRange(), g.AxisRange(-1)), 1)
}

// Batch returns what the model sees of rows of [Network.Width] values when a share of the training
// steps is done; nil stands for all of them.
func (n *Network) Batch(rows, progress *g.Node) Batch {
	if progress == nil {
		progress = special.ScalarLike(rows, 1)
	}
	b := Batch{Progress: progress, Stage: n.Config.lastStage(), N: n.Config.Rows}
	b.X, b.Label = n.parted(rows)
	return b
}

// Labelled returns the number of rows that show their class which a step has beside its batch.
func (n *Network) Labelled() int { return n.spec().Labelled }

// Beside takes the last n rows of a batch, whose classes are known, out of it.
func (b Batch) Beside(n int) Batch {
	if n == 0 {
		return b
	}
	end := b
	end.X, end.Label = g.Slice(b.X, g.AxisRange(-n)), g.Slice(b.Label, g.AxisRange(-n))
	b.X, b.Label = g.Slice(b.X, g.AxisRange(0, -n)), g.Slice(b.Label, g.AxisRange(0, -n))
	b.Labelled = &end
	return b
}

// Code returns what the decoder sees of rows of [Network.CodeWidth] values.
func (n *Network) Code(rows *g.Node) (c Code) {
	c.Z, c.Label = n.parted(rows)
	return c
}

// coded puts the moments of codes together with the classes of their rows, whose variance is 0.
func coded(mean, variance *g.Node, b Batch) []*g.Node {
	if b.Label == nil {
		return []*g.Node{mean, variance}
	}
	label := g.ExpandAxes(b.Label, -1)
	return []*g.Node{g.Concatenate([]*g.Node{mean, label}, 1), g.Concatenate([]*g.Node{variance, g.ZerosLike(label)}, 1)}
}

// OneHot returns the classes of a batch as B×C; a row whose class is not known is zeros.
func (b Batch) OneHot(s *model.Scope, classes int) *g.Node { return OneHot(s, b.Label, classes) }

// OneHot returns the classes of codes as B×C; a row whose class is not known is zeros.
func (c Code) OneHot(s *model.Scope, classes int) *g.Node { return OneHot(s, c.Label, classes) }

// OneHot compares each class with all of them.
func OneHot(s *model.Scope, label *g.Node, classes int) *g.Node {
	all := g.Iota(s.Graph(), shapes.Make(s.DType(), 1, classes), 1)
	return g.ConvertDType(g.Equal(g.ExpandAxes(label, -1), all), s.DType())
}

// Copies returns k copies of rows one after the other, B×… to k·B×….
func Copies(x *g.Node, k int) *g.Node {
	if k == 1 {
		return x
	}
	d := x.Shape().Dimensions
	all := g.BroadcastToDims(g.ExpandAxes(x, 0), append([]int{k}, d...)...)
	return g.Reshape(all, append([]int{k * d[0]}, d[1:]...)...)
}
