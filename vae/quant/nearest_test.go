package quant

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// nearest runs [Nearest] in a type.
func nearest(t *testing.T, dtype dtypes.DType, z, e []float64, d int) []float64 {
	t.Helper()
	p := tk.Params(t, dtype)
	prog := model.NewProgram(p, "nearest", func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.ConvertDType(Nearest(g.ConvertDType(in[0], dtype), g.ConvertDType(in[1], dtype)), dtype)}
	})
	return tk.Values(t, prog, key, tk.Matrix(z, len(z)/d, d), tk.Matrix(e, len(e)/d, d))[0]
}

// 500 features of 1 to 40 numbers among 1 to 300 codes.
func TestTheNearestCodeIsThatOfPlainLoops(t *testing.T) {
	for _, c := range []struct{ d, k int }{{1, 1}, {1, 7}, {2, 16}, {3, 300}, {16, 128}, {40, 33}} {
		z, e := normals(1, 500*c.d), normals(2, c.k*c.d)
		got := nearest(t, dtypes.Float64, z, e, c.d)
		for i, v := range got {
			if want, _ := closest(z[i*c.d:(i+1)*c.d], e); int(v) != want {
				t.Fatalf("D %d, K %d, feature %d: got code %v, want %d", c.d, c.k, i, v, want)
			}
		}
	}
}

// Equal codes have equal distances to the last bit, whichever tile of the product they fall in.
func TestOfEqualDistancesTheLowestNumberWins(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		for _, c := range []struct{ d, k, copies int }{{2, 3, 50}, {16, 20, 13}, {5, 1, 200}, {64, 9, 31}} {
			once := normals(3, c.k*c.d)
			var e []float64
			for range c.copies {
				e = append(e, once...)
			}
			z := normals(4, 200*c.d)
			copy(z, once)
			for i, v := range nearest(t, dtype, z, e, c.d) {
				if int(v) >= c.k {
					t.Fatalf("%v, D %d: feature %d: got code %v, want one of the first %d", dtype, c.d, i, v, c.k)
				}
			}
		}
	}
	if got := nearest(t, dtypes.Float64, []float64{0, 0}, []float64{1, 0, 0, 1, -1, 0, 0, -1}, 2); got[0] != 0 {
		t.Errorf("four codes about the feature: got %v, want 0", got)
	}
}

// Far from the origin ‖z‖² would swallow the differences in float32: 1e4² has a spacing of 8.
func TestDistancesFarFromTheOriginKeepTheirDigits(t *testing.T) {
	e := []float64{10000, 0, 10000.25, 0, 10000.5, 0}
	got := nearest(t, dtypes.Float64, []float64{10000.3, 0, 10000.4, 0, 9999, 0}, e, 2)
	same(t, "codes", got, []float64{1, 2, 0}, 0)
}

// 3 groups of features of which the last is short.
func TestGroupsOfFeaturesGiveTheSameCodes(t *testing.T) {
	const d, k = 2, maxDistances / 100
	z, e := normals(5, 250*d), normals(6, k*d)
	all := nearest(t, dtypes.Float64, z, e, d)
	for i := 0; i < 250; i += 49 {
		alone := nearest(t, dtypes.Float64, z[i*d:(i+1)*d], e, d)
		if alone[0] != all[i] {
			t.Errorf("feature %d: got code %v in groups and %v alone", i, all[i], alone[0])
		}
	}
}

func TestRowsAndCountsAndTheirGradients(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		e, k := in[0], g.ConvertDType(in[1], dtypes.Int32)
		rows := Rows(e, in[1])
		loss := g.ReduceAllSum(g.Mul(rows, in[2]))
		return []*g.Node{rows, Counts(k, 4, e.DType()), sums(k, 4, in[2]), g.Gradient(loss, e)[0]}
	}, tk.Matrix([]float64{1, 2, 3, 4, 5, 6, 7, 8}, 4, 2), tk.Vector(3, 0, 3), tk.Matrix([]float64{10, 20, 30, 40, 50, 60}, 3, 2))
	same(t, "rows", out[0], []float64{7, 8, 1, 2, 7, 8}, 0)
	same(t, "counts", out[1], []float64{1, 0, 0, 2}, 0)
	same(t, "sums", out[2], []float64{30, 40, 0, 0, 0, 0, 60, 80}, 0)
	same(t, "gradient of the codes", out[3], []float64{30, 40, 0, 0, 0, 0, 60, 80}, 0)
}
