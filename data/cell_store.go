package data

// cellStore holds rows of numbers in blocks, since their count is not known beforehand; growing
// one slice would copy it, and cost several times its size.
type cellStore[T float32 | float64] struct {
	blocks [][]T // each of whole rows
}

// row returns space for one more row of d values.
func (s *cellStore[T]) row(d int) []T {
	const most = 1 << 16 // values a block
	n := len(s.blocks)
	if n == 0 || len(s.blocks[n-1])+d > cap(s.blocks[n-1]) {
		size := 64
		if n > 0 {
			size = min(2*cap(s.blocks[n-1]), most)
		}
		s.blocks = append(s.blocks, make([]T, 0, max(size/d, 1)*d))
		n++
	}
	b := &s.blocks[n-1]
	*b = (*b)[:len(*b)+d]
	return (*b)[len(*b)-d:]
}
