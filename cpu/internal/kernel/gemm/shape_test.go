package gemm

import (
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

func TestPanelsCoverEveryColumnOnce(t *testing.T) {
	for _, l := range isa.Available() {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			micros := Kernels(l, dt)
			for n := 1; n < 300; n++ {
				next := 0
				for _, p := range panels(micros, n) {
					if p.col != next || p.cols < 1 || p.cols > p.micro.Cols {
						t.Fatalf("%v %v n=%d: got a panel of %d at %d, want one of at most %d at %d", l, dt, n, p.cols, p.col, p.micro.Cols, next)
					}
					next += p.cols
				}
				if next != n {
					t.Fatalf("%v %v n=%d: got panels of %d columns", l, dt, n, next)
				}
			}
		}
	}
}

func TestRegionsCoverEveryElementOnce(t *testing.T) {
	for _, l := range isa.Available() {
		for _, s := range []Spec{
			plainSpec(1, 10, 1), plainSpec(1, 10, 1000), plainSpec(1000, 10, 1), plainSpec(333, 444, 555),
			plainSpec(20, 9000, 30), plainSpec(1024, 1024, 1024), plainSpec(50000, 64, 64), plainSpec(64, 64, 50000),
		} {
			s.DType = dtypes.Float32
			p := New(l, s).(*product)
			area := 0
			for i := range p.grid.blocks * p.grid.groups * p.grid.parts {
				r := p.region(i)
				if r.batch != 0 || r.rows == 0 || len(r.panels) == 0 {
					t.Fatalf("%v %s: got an empty region %+v", l, p.Name(), r)
				}
				for _, q := range r.panels {
					area += r.rows * q.cols
				}
			}
			if want := p.M * p.N * p.grid.parts; area != want {
				t.Errorf("%v %s: got regions of %d elements, want %d", l, p.Name(), area, want)
			}
		}
	}
}

func TestSmallProductsHaveFewUnitsAndLargeOnesEnough(t *testing.T) {
	for _, l := range isa.Available()[1:] {
		for _, c := range []struct {
			spec     Spec
			min, max int
		}{
			{plainSpec(16, 16, 16), 1, 1},
			{plainSpec(64, 64, 64), 1, 2},
			{plainSpec(128, 400, 20), 2, 4},
			{plainSpec(128, 784, 400), 24, 96},
			{plainSpec(784, 128, 400), 24, 96},
			{plainSpec(1024, 1024, 1024), 32, 400},
			{plainSpec(20, 20000, 128), 16, 64},
			{plainSpec(288, 50000, 64), 16, 200},
		} {
			c.spec.DType = dtypes.Float32
			k := New(l, c.spec)
			phases := k.Phases()
			if k.Shared() > 0 {
				phases = phases[:1]
			}
			if got := phases[0]; got < c.min || got > c.max && k.Shared() == 0 {
				t.Errorf("%v %s: got %d units, want %d to %d", l, k.Name(), got, c.min, c.max)
			}
		}
	}
}

func TestOperandsThatSuitTheCachesAreNotPacked(t *testing.T) {
	for _, s := range []Spec{plainSpec(128, 784, 400), transposed(plainSpec(784, 128, 400), true, false), plainSpec(64, 64, 64), plainSpec(1, 4096, 4096)} {
		s.DType = dtypes.Float32
		if k := New(isa.Best(), s); k.Shared() != 0 || len(k.Phases()) != 1 {
			t.Errorf("%s: got %d bytes of shared memory and phases %v, want none and one", k.Name(), k.Shared(), k.Phases())
		}
	}
}

func TestColumnsAreComputedAsRows(t *testing.T) {
	s := plainSpec(1000, 300, 1)
	s.DType = dtypes.Float32
	p := New(isa.Best(), s).(*product)
	if p.M != 1 || p.N != 1000 || !p.dot || p.ArgA != 2 || p.ArgB != 1 {
		t.Errorf("got %+v with dot %v, want one row of 1000 columns, operands exchanged, sums along lines", p.Spec, p.dot)
	}
}
