package eval

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// rotation is an orthonormal basis of R^3 with no zero entry.
var rotation = [][]float64{{2.0 / 3, 2.0 / 3, 1.0 / 3}, {-2.0 / 3, 1.0 / 3, 2.0 / 3}, {1.0 / 3, -2.0 / 3, 2.0 / 3}}

func dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// The rows ±s_i r_i about a mean have the covariance Σ 2 s_i²/(n−1) r_i r_iᵀ exactly.
func TestPCARecoversAKnownCovariance(t *testing.T) {
	mean, scale := []float64{10, -5, 3}, []float64{3, 2, 0.5}
	var rows [][]float64
	for i, r := range rotation {
		for _, sign := range []float64{1, -1} {
			row := slices.Clone(mean)
			for j := range row {
				row[j] += sign * scale[i] * r[j]
			}
			rows = append(rows, row)
		}
	}
	p := must(PCA(rows, 2))(t)
	for j := range mean {
		near(t, "mean", p.Mean[j], mean[j], 1e-14)
	}
	near(t, "total variance", p.Total, 2*(9+4+0.25)/5, 1e-13)
	for i := range 2 {
		near(t, "explained", p.Explained[i], 2*scale[i]*scale[i]/5, 1e-13)
		near(t, "alignment", math.Abs(dot(p.Components[i], rotation[i])), 1, 1e-14)
		for n, row := range p.Scores {
			want := 0.0
			if n/2 == i {
				want = scale[i]
			}
			near(t, "score", math.Abs(row[i]), want, 1e-13)
		}
	}
	// The first component has two equal largest entries, 2/3; the second −2/3 and 2/3:
	// the first of them decides the sign.
	if p.Components[0][0] < 0 || p.Components[1][0] < 0 {
		t.Errorf("signs: got %v, want the first largest entry positive", p.Components)
	}
}

// Full PCA loses nothing: mean + scores · components gives the rows back, whether there
// are more rows than columns or fewer.
func TestPCAReconstructsTheRows(t *testing.T) {
	for _, size := range [][2]int{{40, 5}, {5, 12}, {2, 1}} {
		n, d := size[0], size[1]
		rows := make([][]float64, n)
		for i := range rows {
			rows[i] = make([]float64, d)
			rng.New(21).At(uint64(n)).At(uint64(i)).NormalFloat64(rows[i])
		}
		k := min(n, d)
		p := must(PCA(rows, k))(t)
		var kept float64
		for i, row := range rows {
			for j, want := range row {
				got := p.Mean[j]
				for c := range k {
					got += p.Scores[i][c] * p.Components[c][j]
				}
				near(t, "reconstruction", got, want, 1e-12)
			}
		}
		for i := range k {
			kept += p.Explained[i]
			for j := range k {
				near(t, "inner product", dot(p.Components[i], p.Components[j]), float64(b2i(i == j)), 1e-12)
			}
		}
		near(t, "share of the variance", kept/p.Total, 1, 1e-12)
	}
}

func TestPCARefusesBadInput(t *testing.T) {
	_, err := PCA(nil, 1)
	fails(t, err, "PCA", "rows")
	_, err = PCA([][]float64{{}, {}}, 1)
	fails(t, err, "rows")
	_, err = PCA([][]float64{{1, 2}}, 1)
	fails(t, err, "at least 2")
	_, err = PCA([][]float64{{1, 2}, {3}}, 1)
	fails(t, err, "row 1", "1 values")
	_, err = PCA([][]float64{{1, 2}, {3, math.Inf(1)}}, 1)
	fails(t, err, "row 1, column 1", "+Inf")
	for _, k := range []int{0, 3} {
		_, err = PCA([][]float64{{1, 2}, {3, 4}, {5, 7}}, k)
		fails(t, err, "components")
	}
	p := must(PCA([][]float64{{1, 2}, {1, 2}, {1, 2}}, 2))(t) // constant rows are no mistake
	near(t, "variance of constant rows", p.Total, 0, 0)
}

func TestPrincipalAnglesOfKnownSubspaces(t *testing.T) {
	angles := func(a, b [][]float64) []float64 { return must(PrincipalAngles(a, b))(t) }
	line := func(theta float64) [][]float64 { return [][]float64{{5 * math.Cos(theta), 5 * math.Sin(theta)}} }
	// 1e-9 is below what arccos alone resolves (1.5e-8).
	for _, theta := range []float64{0, 1e-12, 1e-9, 0.3, math.Pi / 4, 1.2, math.Pi / 2} {
		near(t, "angle of two lines", angles(line(0), line(theta))[0], theta, 1e-15+1e-14*theta)
		near(t, "angle of two lines", angles(line(theta), line(0))[0], theta, 1e-15+1e-14*theta)
	}
	// Planes in R^4 that turn by 0.2 and 1.1 in two orthogonal planes; the bases are skew.
	u := []float64{math.Cos(0.2), 0, math.Sin(0.2), 0}
	v := []float64{0, math.Cos(1.1), 0, math.Sin(1.1)}
	w := make([]float64, 4)
	for i := range w {
		w[i] = 2*u[i] - 3*v[i]
	}
	got := angles([][]float64{{1, 1, 0, 0}, {1, -2, 0, 0}}, [][]float64{u, w})
	near(t, "first angle", got[0], 0.2, 1e-14)
	near(t, "second angle", got[1], 1.1, 1e-14)
	// A line inside a plane, and one 0.5 off it: one angle each, in either order.
	plane := [][]float64{{1, 0, 0}, {0, 1, 0}}
	for _, c := range []struct {
		line []float64
		want float64
	}{{[]float64{3, 4, 0}, 0}, {[]float64{0.6 * math.Cos(0.5), 0.8 * math.Cos(0.5), math.Sin(0.5)}, 0.5}} {
		for _, got := range [][]float64{angles(plane, [][]float64{c.line}), angles([][]float64{c.line}, plane)} {
			if len(got) != 1 {
				t.Fatalf("line and plane: got %d angles, want 1", len(got))
			}
			near(t, "angle of line and plane", got[0], c.want, 1e-15)
		}
	}
}

func TestPrincipalAnglesRefusesBadBases(t *testing.T) {
	good := [][]float64{{1, 0}}
	_, err := PrincipalAngles([][]float64{{1, 2}, {2, 4}}, good)
	fails(t, err, "first basis", "dependent")
	_, err = PrincipalAngles(good, [][]float64{{1, 2}, {2, 1}, {1, 1}})
	fails(t, err, "second basis", "dependent")
	_, err = PrincipalAngles(good, [][]float64{{0, 0}})
	fails(t, err, "dependent")
	_, err = PrincipalAngles(good, [][]float64{{1, 0, 0}})
	fails(t, err, "dimensions")
	_, err = PrincipalAngles(nil, good)
	fails(t, err, "rows")
}
