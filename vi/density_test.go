package vi_test

import (
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

func TestCompiledTargetsGiveValueAndGradient(t *testing.T) {
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	quartic := func(_ *model.Scope, u *g.Node) *g.Node { return g.Neg(g.ReduceAllSum(g.Square(g.Square(u)))) }
	d, err := vi.Compile(vi.Target{Dim: 2, LogDensity: quartic}, b)
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, 2)
	v, err := d.Gradient([]float64{1, -2}, grad)
	if err != nil || d.Dim() != 2 {
		t.Fatalf("got %v with %d dimensions", err, d.Dim())
	}
	tk.Close(t, "value", v, -17, 1e-14)
	tk.Close(t, "first slope", grad[0], -4, 1e-14)
	tk.Close(t, "second slope", grad[1], 32, 1e-14)
	v, err = d.At([]float64{.5, 0})
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "value alone", v, -.0625, 1e-15)

	for _, c := range []struct {
		want   string
		target vi.Target
		u      []float64
	}{
		{"got 0 dimensions", vi.Target{LogDensity: quartic}, nil},
		{"log-density present: false", vi.Target{Dim: 2}, nil},
		{"got a point of 3 numbers, want 2", vi.Target{Dim: 2, LogDensity: quartic}, []float64{1, 2, 3}},
		{"want a scalar", vi.Target{Dim: 2, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node { return u }}, []float64{1, 2}},
	} {
		d, err := vi.Compile(c.target, b)
		if err == nil {
			_, err = d.At(c.u)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want %q", err, c.want)
		}
		if d != nil {
			if _, err := d.Gradient(c.u, make([]float64, len(c.u))); err == nil {
				t.Errorf("%q: no error from the gradient", c.want)
			}
		}
	}
}
