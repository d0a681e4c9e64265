package ir

// Attributes of operations on shapes with named axes. They stand only in a graph that is not yet
// specialised: package cpu records it where parameters have named axes, and replays it for each
// set of sizes, which leaves none of these.

// Dim is one dimension of a target shape: Static where Name is empty; else the size in input
// Input, or the one that follows from the rest where Input is −1.
type Dim struct {
	Static int
	Name   string
	Input  int
}

// DynamicDims is the attribute of DynamicReshape, DynamicBroadcastInDim (Axes as for
// BroadcastInDim) and DynamicIota (Axes holds its axis).
type DynamicDims struct {
	Dims []Dim
	Axes []int
}

// PadSize is an amount of padding: Static, or the value of input Input where that is not −1.
type PadSize struct{ Static, Input int }

// DynamicPad is the attribute of DynamicPad, one entry an axis: start, end, interior.
type DynamicPad struct {
	Sizes [][3]PadSize
	Names []string // of the padded axes
}
