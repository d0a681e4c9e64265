package elbo

import (
	"context"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// maxDraws bounds the rows that one call makes.
const maxDraws = 1 << 24

// canSample tells whether n rows can be drawn.
func (m *Model) canSample(n int) error {
	if n < 1 || n > maxDraws {
		return fmt.Errorf("elbo: sample: got %d rows, want 1 to %d", n, maxDraws)
	}
	if !m.run.Net.Can()["sample"] {
		return fmt.Errorf("elbo: sample: model %s has no prior to draw from; train one that has, such as vae", m.run.Config.Model)
	}
	return nil
}

// Sample draws n codes from the prior and decodes them to means; those of models that make use of
// classes are of all classes in turn. Equal seeds give equal rows.
func (m *Model) Sample(ctx context.Context, n int, seed uint64) ([][]float32, error) {
	if err := m.canSample(n); err != nil {
		return nil, err
	}
	x, err := m.run.Net.Sample(ctx, n, rng.New(seed).Named("sample"))
	if err != nil {
		return nil, err
	}
	return m.fromModel(x), nil
}

// Continuous tells whether codes are numbers that can be moved a little: nil, or an error that says
// what the model has instead.
func (m *Model) Continuous() error {
	if m.run.Net.Can()["interpolate"] {
		return nil
	}
	return fmt.Errorf("elbo: model %s has no codes between codes: want an encoder and a decoder of codes of real numbers, as those of vae", m.run.Config.Model)
}

// PathKinds are the kinds of path between two codes: those of [eval.PathKinds], and "geodesic", the shortest
// curve of decoded rows.
var PathKinds = append(slices.Clone(eval.PathKinds), "geodesic")

// geodesicSteps is the number of steps down the energy of a curve.
const geodesicSteps = 200

// Walk returns the codes of a path of one of [PathKinds] between two, both ends included.
func (m *Model) Walk(ctx context.Context, kind string, a, b []float32, steps int) ([][]float32, error) {
	if kind != "geodesic" {
		return m.Path(kind, a, b, steps)
	}
	codes, err := m.Path("linear", a, b, steps)
	if err != nil || steps < 3 {
		return codes, err
	}
	c, err := m.run.Net.Geodesic(ctx, slices.Concat(codes...), geodesicSteps)
	if err != nil {
		return nil, err
	}
	return data.Rows(c.Codes, m.CodeWidth()), nil
}

// Interpolate decodes a path between the codes of rows a and b, both ends included. The path is one of
// [PathKinds]: "linear", "slerp", on the sphere, or "geodesic".
func (m *Model) Interpolate(ctx context.Context, a, b []float32, steps int, path string) ([][]float32, error) {
	if steps < 2 || steps > maxDraws {
		return nil, fmt.Errorf("elbo: interpolate: got %d steps, want 2 to %d", steps, maxDraws)
	}
	if err := m.Continuous(); err != nil {
		return nil, err
	}
	codes, _, err := m.Encode(ctx, [][]float32{a, b})
	if err != nil {
		return nil, err
	}
	points, err := m.Walk(ctx, path, codes[0], codes[1], steps)
	if err != nil {
		return nil, err
	}
	return m.Decode(ctx, points)
}

// Traverse decodes the code of a row with one latent dimension moved over values, counted from the
// prior's mean in units of its standard deviation; the other dimensions stay.
func (m *Model) Traverse(ctx context.Context, row []float32, dim int, values []float32) ([][]float32, error) {
	if dim < 0 || dim >= m.Latent() {
		return nil, fmt.Errorf("elbo: traverse: latent dimension: got %d, want 0 to %d", dim, m.Latent()-1)
	}
	if err := m.Continuous(); err != nil {
		return nil, err
	}
	codes, _, err := m.Encode(ctx, [][]float32{row})
	if err != nil {
		return nil, err
	}
	mean, sd, err := m.PriorSpread(ctx)
	if err != nil {
		return nil, err
	}
	path := make([][]float32, len(values))
	for i, v := range values {
		path[i] = append([]float32(nil), codes[0]...)
		path[i][dim] = float32(mean[dim] + sd[dim]*float64(v))
	}
	return m.Decode(ctx, path)
}

// PriorSpread returns mean and standard deviation of each element of codes under the prior, 0 and 1
// for a model without.
func (m *Model) PriorSpread(ctx context.Context) (mean, sd []float64, err error) {
	if m.run.Net.Can()["sample"] {
		return m.run.Net.PriorSpread(ctx)
	}
	mean, sd = make([]float64, m.Latent()), make([]float64, m.Latent())
	for j := range sd {
		sd[j] = 1
	}
	return mean, sd, nil
}
