package labels

import (
	"math"

	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
)

// enumerated returns the one-hot vectors of all classes for each of n rows, class by class, C·n×C.
func enumerated(s *model.Scope, n, classes int) *g.Node {
	shape := shapes.Make(s.DType(), classes, n, classes)
	hit := g.Equal(g.Iota(s.Graph(), shape, 0), g.Iota(s.Graph(), shape, 2))
	return g.Reshape(g.ConvertDType(hit, s.DType()), classes*n, classes)
}

// scaled is what networks see of one-hot classes: √C in place of 1, so that each value has a mean square
// of 1 over evenly many of all classes, as those of z have under N(0, I).
func scaled(c vae.Config, y *g.Node) *g.Node { return g.MulScalar(y, math.Sqrt(float64(c.Classes))) }

// featuresGiven are those of data x, B×D, and of one-hot classes y of k·B rows: of an MLP on x and y
// side by side, or of one more dense layer on the features of an image and y. What depends on x alone
// is computed once.
func featuresGiven(c vae.Config, s *model.Scope, x, y *g.Node) *g.Node {
	if c.NetConfig().Family().Images {
		return joined(c, s, c.Features(s, x), y)
	}
	return layers(c, s, x, scaled(c, y), c.Hidden)
}

// joined are features that a dense layer as wide as features h makes of them and classes.
func joined(c vae.Config, s *model.Scope, h, y *g.Node) *g.Node {
	return layers(c, s.In("given"), h, scaled(c, y), []int{h.Shape().Dim(1)})
}

// layers are dense layers with rectifiers, the first of x, B×D, and of one-hot classes y of k·B rows.
func layers(c vae.Config, s *model.Scope, x, y *g.Node, widths []int) *g.Node {
	k := y.Shape().Dim(0) / x.Shape().Dim(0)
	if len(widths) == 0 {
		return nn.Concat(vae.Copies(x, k), y)
	}
	first := s.In("hidden0")
	w := first.In("classes").Param("weight", model.FanIn(c.Classes), c.Classes, widths[0])
	h := nn.ReLU(g.Add(vae.Copies(nn.Dense(first, x, widths[0]), k), g.Dot(y, w).Product()))
	return nn.MLP(s.In("rest"), h, widths[1:])
}

// guideGiven is q(z|x, y), of k·B rows of classes.
func guideGiven(c vae.Config, s *model.Scope, x, y *g.Node) dist.Normal {
	return c.Heads(s, featuresGiven(c, s, x, y))
}

// mirroredGiven is p(x|z, y) by the net's outputs for codes and classes side by side.
func mirroredGiven(c vae.Config, s *model.Scope, z, y *g.Node) dist.Distribution {
	return c.Mirrored(s, nn.Concat(z, scaled(c, y)))
}
