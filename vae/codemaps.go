package vae

// CodeMap is a map of a code of indices, row by row, the numbers of a place together; of several maps a
// code holds one after the other.
type CodeMap struct {
	Height, Width int // its sides
	Depth         int // numbers of a place
	Values        int // which they are below
}

// Count is the number of numbers of the map.
func (m CodeMap) Count() int { return m.Height * m.Width * m.Depth }

// Gridded models have codes of indices on maps.
type Gridded interface {
	// CodeMaps returns the maps of a code, the coarsest first, all with the same values.
	CodeMaps() []CodeMap
}

// CodeMaps returns the maps that a code consists of, one after the other; none where codes are no maps
// of indices.
func (n *Network) CodeMaps() []CodeMap {
	if m, ok := n.Model.(Gridded); ok {
		return m.CodeMaps()
	}
	return nil
}

// PriorLearner models learn p(z) of a code of indices in the last stage of training.
type PriorLearner interface {
	// LearnsCodePrior marks the model.
	LearnsCodePrior()
}

// LearnsCodePrior tells whether the last stage of training learns p(z) of a code of indices; else it
// is uniform.
func (n *Network) LearnsCodePrior() bool { _, ok := n.Model.(PriorLearner); return ok }

// CodeBooks tells which codebook each number of a code belongs to, 0, 1, …: a map has one for each
// number of a place, the same for all places.
func (n *Network) CodeBooks() (out []int) {
	first := 0
	for _, m := range n.CodeMaps() {
		for i := range m.Count() {
			out = append(out, first+i%m.Depth)
		}
		first += m.Depth
	}
	return out
}
