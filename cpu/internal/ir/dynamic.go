package ir

// Attributes of operations on shapes with named axes. They stand only in a graph that is not yet
// specialised: package cpu records it where parameters have named axes, and replays it for each
// set of sizes, which leaves none of these.

// Dim is one dimension of a target shape.
type Dim struct {
	// Static is the size where Name is empty; else it is in input Input, or follows from the rest
	// where Input is −1.
	Static int
	Name   string
	Input  int
}

// DynamicDims is the attribute of DynamicReshape, DynamicBroadcastInDim (Axes as for
// BroadcastInDim) and DynamicIota (Axes holds its axis).
type DynamicDims struct {
	// Dims is the target shape; Axes depend on the operation.
	Dims []Dim
	Axes []int
}

// PadSize is an amount of padding.
type PadSize struct {
	// Static is the amount, unless it is in input Input, which is −1 otherwise.
	Static, Input int
}

// DynamicPad is the attribute of DynamicPad, one entry an axis: start, end, interior.
type DynamicPad struct {
	// Sizes has start, end and interior of each axis.
	Sizes [][3]PadSize
	Names []string // of the padded axes
}
