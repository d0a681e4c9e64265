package gmm

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/train/engine"
)

// generated is the name of the table that is drawn.
const generated = "clouds"

// rows are the standardised rows of a table.
type rows struct {
	name        string
	columns     []data.Column // of the training rows, with their standardisation
	train, test mixture.Data
	labels      []int // of the training rows, nil where there are none; −1 is not known
	classes     []string
	notes       []string
}

// read reads the table of a config.
func read(ctx context.Context, c engine.Config) (*rows, error) {
	t, notes, err := table(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &rows{name: t.Name, notes: notes, classes: t.Classes}
	keep := s.varying(t)
	if len(keep) == 0 {
		return nil, fmt.Errorf("gmm: %s: got no column with two different values in %d rows, want at least one", t.Name, t.Len())
	}
	held := int(math.Round(c.Number("held-out") * float64(t.Len())))
	order := rng.New(c.Seed).Named("held-out").Perm(t.Len())
	if held == 0 {
		order = nil
		for i := range t.Len() {
			order = append(order, i)
		}
	}
	if t.Len()-held < 2 {
		return nil, fmt.Errorf("gmm: %s: got %d rows, of which %d are held out, want at least 2 to fit", t.Name, t.Len(), held)
	}
	pick := func(at []int) mixture.Data {
		x := mixture.Data{D: len(keep)}
		for _, i := range at {
			for _, j := range keep {
				x.X = append(x.X, t.X[i*len(t.Columns)+j])
			}
		}
		return x
	}
	train := slices.Sorted(slices.Values(order[held:]))
	s.train, s.test = pick(train), pick(slices.Sorted(slices.Values(order[:held])))
	if t.Labels != nil {
		for _, i := range train {
			s.labels = append(s.labels, int(t.Labels[i]))
		}
	}
	for _, j := range keep {
		s.columns = append(s.columns, data.Column{Name: t.Columns[j], Scale: 1})
	}
	if c.On("standardize") {
		s.standardise()
	}
	apply(s.train, s.columns)
	apply(s.test, s.columns)
	return s, nil
}

// table reads or draws the table of a config.
func table(ctx context.Context, c engine.Config) (*data.Table, []string, error) {
	opt := data.ReadOptions{Label: c.Text("label"), Drop: c.List("drop"), AllowNaN: c.On("allow-nan")}
	if c.Data == generated {
		if opt.Label != "" || opt.Drop != nil {
			return nil, nil, fmt.Errorf("gmm: %s: got columns to drop or of a label, want none: its columns are given", generated)
		}
		return clouds(600, rng.New(cloudSeed)), nil, nil
	}
	if _, ok := data.Lookup(c.Data); ok {
		s, err := data.Open(ctx, data.Spec{Name: c.Data, Label: opt.Label, Drop: opt.Drop, Raw: true})
		if err != nil {
			return nil, nil, err
		}
		return tableOf(s.Train, s.Valid), nil, nil // nothing is chosen by validation rows
	}
	t, rep, err := data.ReadTable(c.Data, opt)
	if err != nil {
		return nil, nil, err
	}
	return t, rep.Notes, nil
}

// tableOf makes a table of the rows of sets.
func tableOf(sets ...*data.Set) *data.Table {
	first := sets[0]
	t := &data.Table{Name: first.Name, Classes: first.Classes}
	for _, s := range sets {
		for _, v := range s.X {
			t.X = append(t.X, float64(v))
		}
		t.Labels = append(t.Labels, s.Labels...)
	}
	for j := range first.Dim() {
		name := fmt.Sprintf("c%d", j+1)
		if first.Columns != nil {
			name = first.Columns[j].Name
		}
		t.Columns = append(t.Columns, name)
	}
	return t
}

// varying lists the columns that have two different values; the others tell nothing and would
// leave no covariance.
func (s *rows) varying(t *data.Table) (keep []int) {
	d := len(t.Columns)
	for j, name := range t.Columns {
		same := true
		for i := j; i < len(t.X); i += d {
			same = same && t.X[i] == t.X[j]
		}
		if same {
			s.notes = append(s.notes, fmt.Sprintf("column %s has one value, %v, and is left out", name, t.X[j]))
			continue
		}
		keep = append(keep, j)
	}
	return keep
}

// standardise finds mean and standard deviation of the training rows.
func (s *rows) standardise() {
	n, d := float64(s.train.N()), s.train.D
	for j := range s.columns {
		mean, squares := 0., 0.
		for i := j; i < len(s.train.X); i += d {
			mean += s.train.X[i] / n
		}
		for i := j; i < len(s.train.X); i += d {
			squares += (s.train.X[i] - mean) * (s.train.X[i] - mean) / n
		}
		s.columns[j].Mean = mean
		if squares > 0 { // not of a column that varies in held-out rows alone
			s.columns[j].Scale = math.Sqrt(squares)
		}
	}
}

// apply standardises rows in place.
func apply(x mixture.Data, columns []data.Column) {
	for i := range x.X {
		c := columns[i%x.D]
		x.X[i] = (x.X[i] - c.Mean) / c.Scale
	}
}

// spreads are the variances of the columns on the diagonal of a D×D matrix.
func spreads(x mixture.Data) []float64 {
	out, n := make([]float64, x.D*x.D), float64(x.N())
	for j := range x.D {
		mean, squares := 0., 0.
		for i := j; i < len(x.X); i += x.D {
			mean += x.X[i] / n
		}
		for i := j; i < len(x.X); i += x.D {
			squares += (x.X[i] - mean) * (x.X[i] - mean) / n
		}
		out[j*x.D+j] = max(squares, 1e-12)
	}
	return out
}

// String counts the rows.
func (s *rows) String() string {
	out := fmt.Sprintf("%s: %s rows of %d columns", s.name, text.Thousands(s.train.N()), s.train.D)
	if s.test.N() > 0 {
		out += fmt.Sprintf(", %s held out", text.Thousands(s.test.N()))
	}
	return out
}

// fingerprint is the sha256 of columns and rows.
func (s *rows) fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", names(s.columns))
	for _, x := range []mixture.Data{s.train, s.test} {
		b := make([]byte, 0, 8*len(x.X))
		for _, v := range x.X {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// names lists the names of columns.
func names(columns []data.Column) (out []string) {
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

const cloudSeed = 0xc10d

// clouds draws n rows of two columns from four Gaussians of different shape and weight, with the
// Gaussian of each as its class.
func clouds(n int, key rng.Key) *data.Table {
	parts := []struct {
		to, x, y float64    // share of the rows up to this part, and where it is
		root     [3]float64 // of the covariance: xx, xy, yy
	}{
		{.4, 0, 0, [3]float64{1, .7, .5}}, {.7, 6, 1, [3]float64{.6, -.9, 1.2}}, {.9, 2, 6, [3]float64{1.6, .2, .4}}, {1, 8, 7, [3]float64{.4, 0, .4}},
	}
	t := &data.Table{Name: generated, Columns: []string{"x", "y"}, Classes: []string{"a", "b", "c", "d"}}
	r := key.Rand()
	for range n {
		u, k := r.Float64(), int32(0)
		for parts[k].to < u {
			k++
		}
		p, a, b := parts[k], r.NormFloat64(), r.NormFloat64()
		t.X = append(t.X, round(p.x+p.root[0]*a), round(p.y+p.root[1]*a+p.root[2]*b))
		t.Labels = append(t.Labels, k)
	}
	return t
}

// round makes numbers of few digits, the same on every processor.
func round(x float64) float64 { return math.Round(1000*x) / 1000 }
