package train

import (
	"fmt"

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

// newClasses returns nil for a model that makes no use of classes. A model that finds them itself
// is judged on rows that hide them, and needs those of --labels training rows alone.
func newClasses(c Config, s *data.Splits) (*classes, error) {
	if spec, _ := vae.Lookup(c.Model); !spec.Labels {
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
	if _, out.hide = m.(vae.Classifier); c.Labels == 0 {
		return out, nil
	}
	if !out.hide {
		return nil, fmt.Errorf("train: labels: got %d for model %s, want 0: it needs the class of every row", c.Labels, c.Model)
	}
	out.train, err = shown(s.Train.Labels, len(s.Train.Classes), c.Labels, rng.New(c.Seed).Named("labels"))
	return out, err
}

// shown keeps the classes of n rows, which the key draws, and makes the others unknown. All
// classes that have rows keep equally many, or as many as they have.
func shown(labels []int32, count, n int, key rng.Key) ([]int32, error) {
	rows := make([][]int, count)
	for _, i := range key.Named("rows").Perm(len(labels)) {
		rows[labels[i]] = append(rows[labels[i]], i)
	}
	present := 0
	for _, r := range rows {
		if len(r) > 0 {
			present++
		}
	}
	if n < present || n > len(labels) {
		return nil, fmt.Errorf("train: labels: got %d, want %d, one of each class, to %d, all training rows", n, present, len(labels))
	}
	out := make([]int32, len(labels))
	for i := range out {
		out[i] = unknown
	}
	order := key.Named("classes").Perm(count) // of those that keep one more
	for round := 0; n > 0; round++ {
		for _, c := range order {
			if round < len(rows[c]) && n > 0 {
				out[rows[c][round]] = int32(c)
				n--
			}
		}
	}
	return out, nil
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
