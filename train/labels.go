package train

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
)

// unknown stands for a class that a model does not see.
const unknown = -1

// classes says which rows show a model their class, for models that make use of it.
type classes struct {
	train []int32 // of the training rows
	hide  bool    // rows that are not trained on hide theirs
}

// CheckClasses tells whether the rows of a data set have the classes that a resolved config wants.
func (c Config) CheckClasses(s *data.Splits) error {
	_, err := newClasses(c, s)
	return err
}

// newClasses returns nil for a model that makes no use of classes. A model that finds them itself
// is judged on rows that hide them, and needs those of --labels training rows alone.
func newClasses(c Config, s *data.Splits) (*classes, error) {
	if !c.Network(FactsOf(s.Train)).Labelled() {
		return nil, nil
	}
	for _, part := range []*data.Set{s.Train, s.Valid, s.Test} {
		if part.Labels == nil && part.Len() > 0 {
			return nil, fmt.Errorf("train: model %s: got rows of %s without classes, want the class of each; name the column of a table that holds it with --label, or take a model that does without, such as vae", c.Model, part.Name)
		}
	}
	m, err := vae.New(c.Model, c.Network(FactsOf(s.Train)))
	if err != nil {
		return nil, err
	}
	out := &classes{train: s.Train.Labels}
	_, out.hide = m.(vae.Classifier)
	for _, part := range []*data.Set{s.Train, s.Valid, s.Test} {
		if n := without(part.Labels); n > 0 && !out.hide {
			return nil, fmt.Errorf("train: model %s: got %d of %d rows of %s without a class, want the class of each; remove them, or take a model that finds classes, such as m2", c.Model, n, part.Len(), part.Name)
		}
	}
	if c.Labels == 0 {
		return out, nil
	}
	if !out.hide {
		return nil, fmt.Errorf("train: labels: got %d for model %s, want 0: it needs the class of every row", c.Labels, c.Model)
	}
	out.train, err = shown(s.Train.Labels, len(s.Train.Classes), c.Labels, rng.New(c.Seed).Named("labels"))
	return out, err
}

// without counts rows that have no class.
func without(labels []int32) (n int) {
	for _, l := range labels {
		if l < 0 {
			n++
		}
	}
	return n
}

// shown keeps the classes of n rows, which the key draws, and makes the others unknown. All
// classes that have rows keep equally many, or as many as they have.
func shown(labels []int32, count, n int, key rng.Key) ([]int32, error) {
	rows := byClass(labels, count)
	if most := len(labels) - without(labels); n < len(rows) || n > most {
		return nil, fmt.Errorf("train: labels: got %d, want %d (one of each class) to %d (all training rows that have one)", n, len(rows), most)
	}
	for c, r := range rows {
		order := key.Named("rows").At(uint64(c)).Perm(len(r))
		for i, j := range order {
			order[i] = r[j]
		}
		rows[c] = order
	}
	out := make([]int32, len(labels))
	for i := range out {
		out[i] = unknown
	}
	order := key.Named("classes").Perm(len(rows)) // of those that keep one more
	for round := 0; n > 0; round++ {
		for _, c := range order {
			if round < len(rows[c]) && n > 0 {
				i := rows[c][round]
				out[i] = labels[i]
				n--
			}
		}
	}
	return out, nil
}

// byClass lists the rows that show their class, for each class that has any.
func byClass(labels []int32, count int) (out [][]int) {
	rows := make([][]int, count)
	for i, c := range labels {
		if c >= 0 {
			rows[c] = append(rows[c], i)
		}
	}
	return slices.DeleteFunc(rows, func(r []int) bool { return len(r) == 0 })
}

// with returns the rows of a step and n rows beside them that show their class, taken from the
// classes in turn and from each class in orders that the key draws.
func (r *Rows) with(rows []int, n int, step int64, key rng.Key) []int {
	if n == 0 || len(r.shown) == 0 {
		return rows
	}
	out := append(make([]int, 0, len(rows)+n), rows...)
	orders := map[[2]int][]int{} // by class and by passes over it
	for i := range n {
		at := int(step)*n + i
		class, turn := at%len(r.shown), at/len(r.shown)
		of := r.shown[class]
		pass := [2]int{class, turn / len(of)}
		if orders[pass] == nil {
			orders[pass] = key.At(uint64(class)).At(uint64(pass[1])).Perm(len(of))
		}
		out = append(out, of[orders[pass][turn%len(of)]])
	}
	return out
}

// end returns rows that end with the class that the model sees of each; those of training have the
// name "train".
func (c *classes) end(x []float32, s *data.Set, part string) []float32 {
	if c == nil {
		return x
	}
	labels := s.Labels
	if part == "train" {
		labels = c.train
	}
	d := s.Dim()
	out := make([]float32, 0, len(x)+s.Len())
	for i := range s.Len() {
		label := float32(unknown)
		if part == "train" || !c.hide {
			label = float32(labels[i])
		}
		out = append(append(out, x[i*d:(i+1)*d]...), label)
	}
	return out
}
