package gmm

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

// generated is the name of the table that is drawn.
const generated = "clouds"

// rows are the rows of a table as mixtures take them.
type rows struct {
	*tables.Set
	train, test mixture.Data
}

// read reads the table of a config.
func read(ctx context.Context, c engine.Config) (*rows, error) {
	s, err := tables.Read(ctx, tables.Request{Config: c, Label: c.Text("label"), Drawn: generated, Draw: func() *data.Table { return clouds(600, rng.New(cloudSeed)) }})
	if err != nil {
		return nil, err
	}
	return &rows{s, mixture.Data(s.Train), mixture.Data(s.Test)}, nil
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
