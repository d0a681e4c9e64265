package regress

import (
	"reflect"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestPassesOverRowsAreTheirDefinitions(t *testing.T) {
	r := rng.New(6).Rand()
	for _, n := range []int{1, 127, 128, 129, 1025, 20001} {
		const d = 3
		x, c := mat.NewDense(n, d, nil), make([]float64, n)
		want := mat.NewSymDense(d, nil)
		for i := range n {
			for j := range d {
				x.Set(i, j, r.NormFloat64())
			}
			c[i] = r.Float64()
			want.SymRankOne(want, c[i], x.RowView(i))
		}
		rows := newRows(x)
		// Twice, for what a pass leaves in the scratch.
		for range 2 {
			if got := rows.gram(func(i int) float64 { return c[i] }); !mat.EqualApprox(got, want, 1e-12*float64(n+10)) {
				t.Errorf("%d rows: Gram matrix: got %v, want %v", n, mat.Formatted(got), mat.Formatted(want))
			}
			w := Config{Fixed: 1}.newWeights(d)
			if err := w.solve(want, []float64{1, -2, 3}); err != nil {
				t.Fatal(err)
			}
			mean, variance := rows.activations(w)
			for _, i := range []int{0, n / 2, n - 1} {
				row := x.RowView(i)
				near(t, "mean", mean[i], mat.Dot(row, mat.NewVecDense(d, w.Mean)), 1e-12)
				near(t, "variance", variance[i], mat.Inner(row, &w.cov, row), 1e-12)
			}
		}
	}
}

func TestTheNumberOfProcessorsDoesNotChangeAFit(t *testing.T) {
	x, y := made(8, 5000, []float64{1, -1, .3}, 1)
	for i, v := range y {
		y[i] = 0
		if v > 0 {
			y[i] = 1
		}
	}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var fits []*Logistic
	for _, n := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(n)
		m, err := FitLogistic(ctx, x, y, Default())
		if err != nil {
			t.Fatal(err)
		}
		fits = append(fits, m)
	}
	for _, m := range fits[1:] {
		if !reflect.DeepEqual(m.Mean, fits[0].Mean) || !reflect.DeepEqual(m.Bound, fits[0].Bound) {
			t.Error("the fits differ")
		}
	}
}
