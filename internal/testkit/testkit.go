// Package testkit is what tests of several packages share: graphs evaluated in float64,
// gradients against differences, samplers against distribution functions, quadrature, the laws of
// distributions ([DistributionLaws], [VectorLaws]) and of maps ([BijectorLaws]), calibration by
// simulation ([SBC]), and the folder of real data.
package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Params returns an empty set of parameters of a type on the default backend, with seed 1.
func Params(t testing.TB, dtype dtypes.DType) *model.Params {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return model.NewParams(b, dtype, rng.New(1))
}

// Vector returns values as a float64 tensor of one axis.
func Vector(values ...float64) *tensors.Tensor { return Matrix(values, len(values)) }

// Matrix returns row-major values as a float64 tensor.
func Matrix(values []float64, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// Graph evaluates a function of graph nodes in float64, with the noise of a seed.
func Graph(t testing.TB, seed uint64, fn model.Func, in ...*tensors.Tensor) [][]float64 {
	t.Helper()
	return Values(t, model.NewProgram(Params(t, dtypes.Float64), "test", fn), rng.New(seed), in...)
}

// Values runs a program and fails the test on an error.
func Values(t testing.TB, p *model.Program, key rng.Key, in ...*tensors.Tensor) [][]float64 {
	t.Helper()
	out, err := p.Values(key, in...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Elementwise evaluates f at xs in float64.
func Elementwise(t testing.TB, f func(x *g.Node) *g.Node, xs ...float64) []float64 {
	t.Helper()
	return Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{f(in[0])} }, Vector(xs...))[0]
}

// DataDir returns the folder of real data sets: the environment variable ELBO_DATA, else
// ../shared/data beside the module. Without one the test is skipped.
func DataDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("ELBO_DATA")
	if dir == "" {
		root, err := moduleRoot()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		t.Skipf("no real data sets in %s; set ELBO_DATA to their folder", dir)
	}
	return dir
}

// moduleRoot returns the folder of go.mod at or above the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			return dir, err
		}
		dir = filepath.Dir(dir)
	}
}
