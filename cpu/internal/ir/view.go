package ir

// Layout tells where the elements of a value lie: element (i₀, i₁, …) is element
// Offset + Σ iₖ·Stridesₖ of Base's memory.
type Layout struct {
	// Base owns the memory; Offset and Strides are counted in elements.
	Base    *Value // that owns the memory
	Offset  int    // elements from its beginning to element (0, 0, …)
	Strides []int  // one an axis
}

// LayoutOf follows views down to the value that owns the memory.
func LayoutOf(v *Value) Layout {
	if v.Def.Op == OpView {
		view := v.Def.Attr.(View)
		return Layout{Base: v.Def.In[0], Offset: view.Offset, Strides: view.Strides}
	}
	return Layout{Base: v, Strides: RowMajor(v.Shape.Dimensions)}
}

// RowMajor gives the strides, in elements, of a contiguous array: the last axis runs fastest.
func RowMajor(dims []int) []int {
	strides := make([]int, len(dims))
	size := 1
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = size
		size *= dims[i]
	}
	return strides
}

// Contiguous reports whether a layout of the given dimensions is row-major without gaps.
// Strides of axes of length 1 do not matter.
func Contiguous(dims, strides []int) bool {
	size := 1
	for i := len(dims) - 1; i >= 0; i-- {
		if dims[i] != 1 && strides[i] != size {
			return false
		}
		size *= dims[i]
	}
	return true
}
