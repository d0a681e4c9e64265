package dist

import (
	"fmt"
	"math"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
)

// require panics with a message that names the distribution unless ok; [model.Program.Run] turns
// that into an error.
func require(ok bool, name, what string, got, want any) {
	if !ok {
		panic(fmt.Errorf("dist: %s: %s: got %v, want %v", name, what, got, want))
	}
}

// lead gives x leading axes of size 1 up to a rank.
func lead(x *g.Node, rank int) *g.Node {
	for x.Rank() < rank {
		x = g.ExpandAxes(x, 0)
	}
	return x
}

// jointDims is the shape that shapes broadcast to, aligned at the last axis.
func jointDims(name string, all ...[]int) []int {
	var joint []int
	for _, d := range all {
		if len(d) > len(joint) {
			joint = append(slices.Repeat([]int{1}, len(d)-len(joint)), joint...)
		}
		for i, n := range d {
			j := len(joint) - len(d) + i
			require(n == joint[j] || n == 1 || joint[j] == 1, name, "batch axes", all, "shapes that broadcast")
			if joint[j] == 1 {
				joint[j] = n
			}
		}
	}
	return joint
}

// batchOf is the shape of x without its last event axes.
func batchOf(x *g.Node, event int) []int { return dims(x)[:x.Rank()-event] }

// spread broadcasts the axes of x before its last event axes to a shape.
func spread(x *g.Node, batch []int, event int) *g.Node {
	full := append(slices.Clone(batch), dims(x)[x.Rank()-event:]...)
	if slices.Equal(full, x.Shape().Dimensions) {
		return x
	}
	return g.BroadcastToDims(lead(x, len(full)), full...)
}

// trailing lists the last k axes.
func trailing(k int) []int {
	axes := make([]int, k)
	for i := range axes {
		axes[i] = i - k
	}
	return axes
}

// sumLast sums over the last k axes.
func sumLast(x *g.Node, k int) *g.Node {
	if k == 0 {
		return x
	}
	return g.ReduceSum(x, trailing(k)...)
}

// tailAxes gives x k more axes of size 1 at the end.
func tailAxes(x *g.Node, k int) *g.Node {
	for range k {
		x = g.ExpandAxes(x, -1)
	}
	return x
}

// total adds arrays that broadcast, the longest shapes included.
func total(name string, parts ...*g.Node) *g.Node {
	var shapes [][]int
	for _, p := range parts {
		shapes = append(shapes, dims(p))
	}
	joint := jointDims(name, shapes...)
	sum := spread(parts[0], joint, 0)
	for _, p := range parts[1:] {
		sum = g.Add(sum, spread(p, joint, 0))
	}
	return sum
}

// element returns x[…, i].
func element(x *g.Node, i int) *g.Node {
	return g.Squeeze(g.SliceAxis(x, -1, g.AxisElem(i)), -1)
}

// filled is an array of one value in the shape of x.
func filled(x *g.Node, v float64) *g.Node { return g.AddScalar(g.ZerosLike(x), v) }

// logTwoPi is ln 2π.
var logTwoPi = math.Log(2 * math.Pi)
