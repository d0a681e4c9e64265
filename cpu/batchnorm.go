package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"
)

// norm holds what the three batch normalizations share; it is spelled out in other operations.
//
//	y = scale · (x − μ) / √(σ² + ε) + offset, μ and σ² over all axes but the feature axis
type norm struct {
	chain
	shape   shapes.Shape // of the operand
	feature int
	others  []int
	epsilon float32
}

func (f *Function) norm(op compute.OpType, x compute.Value, epsilon float32, feature int, perFeature ...compute.Value) (*norm, error) {
	in, err := f.use(op, append([]compute.Value{x}, perFeature...)...)
	if err != nil {
		return nil, err
	}
	n := &norm{chain: chain{f: f}, shape: in[0].Shape, feature: feature, epsilon: epsilon}
	if n.shape.IsDynamic() {
		return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: %s: named axes", op)
	}
	if feature < 0 || feature >= n.shape.Rank() || !n.shape.DType.IsFloat() {
		return nil, errors.Errorf("cpu: %s: feature axis %d of %s", op, feature, n.shape)
	}
	for i, v := range in[1:] {
		if v.Shape.DType != n.shape.DType || !slices.Equal(v.Shape.Dimensions, n.shape.Dimensions[feature:feature+1]) {
			return nil, errors.Errorf("cpu: %s: operand %d: got %s, want one %s a feature", op, i+1, v.Shape, n.shape.DType)
		}
	}
	for i := range n.shape.Rank() {
		if i != feature {
			n.others = append(n.others, i)
		}
	}
	return n, nil
}

// spread repeats one number a feature over the operand's shape.
func (n *norm) spread(v compute.Value) compute.Value {
	return n.do(n.f.BroadcastInDim(v, n.shape, []int{n.feature}))
}

// mean averages over all axes but the feature axis.
func (n *norm) mean(v compute.Value) compute.Value {
	count := n.shape.Size() / max(n.shape.Dimensions[n.feature], 1)
	return n.do(n.f.Div(n.sum(v), n.scalar(float64(count), n.shape.DType)))
}

func (n *norm) sum(v compute.Value) compute.Value {
	if len(n.others) == 0 {
		return v
	}
	return n.do(n.f.ReduceSum(v, n.others...))
}

// deviation gives 1 / √(σ² + ε).
func (n *norm) deviation(variance compute.Value) compute.Value {
	return n.do(n.f.Rsqrt(n.do(n.f.Add(variance, n.scalar(float64(n.epsilon), n.shape.DType)))))
}

// apply gives scale · (x − μ) · deviation + offset.
func (n *norm) apply(x, scale, offset, mean, variance compute.Value) compute.Value {
	centred := n.do(n.f.Sub(x, n.spread(mean)))
	factor := n.do(n.f.Mul(scale, n.deviation(variance)))
	return n.do(n.f.Add(n.do(n.f.Mul(centred, n.spread(factor))), n.spread(offset)))
}

// BatchNormForInference normalizes with the given mean and variance.
func (f *Function) BatchNormForInference(x, scale, offset, mean, variance compute.Value, epsilon float32, feature int) (compute.Value, error) {
	n, err := f.norm(compute.OpTypeBatchNormForInference, x, epsilon, feature, scale, offset, mean, variance)
	if err != nil {
		return nil, err
	}
	return n.apply(x, scale, offset, mean, variance), n.err
}

// BatchNormForTraining normalizes with the batch's mean and variance, and gives them.
func (f *Function) BatchNormForTraining(x, scale, offset compute.Value, epsilon float32, feature int) (y, mean, variance compute.Value, err error) {
	n, err := f.norm(compute.OpTypeBatchNormForTraining, x, epsilon, feature, scale, offset)
	if err != nil {
		return nil, nil, nil, err
	}
	mean = n.mean(x)
	centred := n.do(f.Sub(x, n.spread(mean)))
	variance = n.mean(n.do(f.Mul(centred, centred)))
	return n.apply(x, scale, offset, mean, variance), mean, variance, n.err
}

// BatchNormGradient gives the gradients of the operand, the scale and the offset: with
// x̂ = (x − μ) / √(σ² + ε),
//
//	∂offset = Σ g,  ∂scale = Σ g·x̂,  ∂x = scale / √(σ² + ε) · (g − mean(g) − x̂ · mean(g·x̂))
func (f *Function) BatchNormGradient(x, scale, mean, variance, g compute.Value, epsilon float32, feature int) (dx, dScale, dOffset compute.Value, err error) {
	n, err := f.norm(compute.OpTypeBatchNormGradient, x, epsilon, feature, scale, mean, variance)
	if err != nil {
		return nil, nil, nil, err
	}
	inverse := n.deviation(variance)
	normal := n.do(f.Mul(n.do(f.Sub(x, n.spread(mean))), n.spread(inverse)))
	product := n.do(f.Mul(g, normal))
	rest := n.do(f.Sub(g, n.spread(n.mean(g))))
	rest = n.do(f.Sub(rest, n.do(f.Mul(normal, n.spread(n.mean(product))))))
	dx = n.do(f.Mul(rest, n.spread(n.do(f.Mul(scale, inverse)))))
	return dx, n.sum(product), n.sum(g), n.err
}
