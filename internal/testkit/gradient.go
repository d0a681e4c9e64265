package testkit

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Step is the step of central differences: the cube root of the float64 rounding unit,
// where truncation and rounding error are alike.
const Step = 6e-6

// Difference is the largest disagreement of a gradient with central differences.
type Difference struct {
	Where     string  // parameter and index
	Got, Want float64 // derivative of the graph and the difference quotient
	Scaled    float64 // |got − want| / max(1, |want|)
	Count     int     // derivatives compared
	Again     int     // of these, derivatives that a shorter step was needed for (see [Slopes.Within])
	Flat      int     // of these, derivatives that are 0 by the graph and by differences
}

// String prints the difference on one line.
func (d Difference) String() string {
	return fmt.Sprintf("%.1e at %s (got %v, want %v) of %d", d.Scaled, d.Where, d.Got, d.Want, d.Count)
}

// CompareGradient differentiates fn's first output, a scalar, by every trainable parameter
// of p that fn uses, and compares with central differences under the same noise. The
// parameters must be float64; they are left as they were.
func CompareGradient(t testing.TB, p *model.Params, fn model.Func, in ...*tensors.Tensor) Difference {
	t.Helper()
	var names []string
	withGrad := model.NewProgram(p, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss := fn(s, in)[0]
		var nodes []*g.Node
		names, nodes = s.Trainable()
		return g.Gradient(loss, nodes...)
	})
	loss := model.NewProgram(p, "loss", func(s *model.Scope, in []*g.Node) []*g.Node { return fn(s, in)[:1] })
	grads := Values(t, withGrad, rng.New(7), in...)
	arrays := map[string]model.Array{}
	for _, a := range Export(t, p) {
		arrays[a.Name] = a
	}
	worst := Difference{Scaled: -1}
	for i, name := range names {
		a := arrays[name]
		at := func(j int, h float64) float64 {
			moved := a
			moved.Data = append([]float64(nil), a.Data...)
			moved.Data[j] += h
			Import(t, p, moved)
			return Values(t, loss, rng.New(7), in...)[0][0]
		}
		for j, got := range grads[i] {
			want := (at(j, Step) - at(j, -Step)) / (2 * Step)
			worst.Count++
			if e := math.Abs(got-want) / math.Max(1, math.Abs(want)); e > worst.Scaled || math.IsNaN(e) {
				worst.Where, worst.Got, worst.Want, worst.Scaled = fmt.Sprintf("%s[%d]", name, j), got, want, e
			}
		}
		Import(t, p, a)
	}
	return worst
}

// GradientWithin fails the test if a derivative is off by more than tol (scaled), or if none
// was compared.
func GradientWithin(t testing.TB, tol float64, p *model.Params, fn model.Func, in ...*tensors.Tensor) Difference {
	t.Helper()
	d := CompareGradient(t, p, fn, in...)
	if d.Count == 0 || !(d.Scaled <= tol) {
		t.Errorf("gradient: worst difference %v, want at most %g", d, tol)
	}
	return d
}

// Export copies all parameters to the host.
func Export(t testing.TB, p *model.Params) []model.Array {
	t.Helper()
	a, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Import sets parameters.
func Import(t testing.TB, p *model.Params, arrays ...model.Array) {
	t.Helper()
	if err := p.Import(arrays); err != nil {
		t.Fatal(err)
	}
}
