package prob

import (
	"fmt"
	"math"
	"slices"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// constraint is a support with the independent coordinates of its values.
type constraint struct {
	name  string
	on    func(p *Trace) dist.Support
	dims  []int
	free  []int  // indices of independent coordinates among the values; nil is all
	inner region // where values have to lie
}

func set(s dist.Set) func(*Trace) dist.Support {
	return func(*Trace) dist.Support { return dist.Support{Set: s} }
}

var constraints = []constraint{
	{"real", set(dist.Real), []int{3}, nil, region{}},
	{"positive", set(dist.Positive), []int{3}, nil, region{must: dist.Support{Set: dist.Positive}}},
	{"non-negative", set(dist.NonNegative), nil, nil, region{must: dist.Support{Set: dist.NonNegative}}},
	{"unit", set(dist.Unit), []int{2}, nil, region{must: dist.Support{Set: dist.Unit}}},
	{"circle", set(dist.Circle), []int{2}, nil, region{must: dist.Support{Set: dist.Circle}}},
	{"interval", func(p *Trace) dist.Support {
		return dist.Support{Set: dist.Interval, Low: p.Const(-2), High: p.Const(5)}
	}, []int{2}, nil, region{must: dist.Support{Set: dist.Interval}, low: []float64{-2}, high: []float64{5}}},
	{"at least", func(p *Trace) dist.Support { return dist.Support{Set: dist.AtLeast, Low: p.Const(3)} },
		[]int{2}, nil, region{must: dist.Support{Set: dist.AtLeast}, low: []float64{3}}},
	{"simplex", set(dist.Simplex), []int{4}, []int{0, 1, 2}, region{must: dist.Support{Set: dist.Simplex}}},
	{"ordered", set(dist.Ordered), []int{4}, nil, region{must: dist.Support{Set: dist.Ordered}}},
	{"vector", set(dist.Vector), []int{4}, nil, region{must: dist.Support{Set: dist.Vector}}},
	{"Cholesky factor", set(dist.LowerCholesky), []int{3, 3}, []int{0, 3, 4, 6, 7, 8}, region{must: dist.Support{Set: dist.LowerCholesky}}},
	{"correlation factor", set(dist.CorrCholesky), []int{3, 3}, []int{3, 6, 7}, region{must: dist.Support{Set: dist.CorrCholesky}}},
	{"covariance", set(dist.PositiveDefinite), []int{3, 3}, []int{0, 3, 4, 6, 7, 8}, region{must: dist.Support{Set: dist.PositiveDefinite}}},
}

// flatModel has one unknown with density one on a set, which New would refuse.
func flatModel(t *testing.T, c constraint) *Model {
	m := New(func(p *Trace) { p.Flat("x", c.on(p), c.dims...) }, nil)
	m.byName, m.groups = map[string]*site{}, map[string]*group{"": {}}
	if err := m.find(); err != nil {
		t.Fatal(err)
	}
	m.once.Do(func() {})
	return m
}

// The log-density of u under a flat prior is the logarithm of the volume of the map, which is held
// to the determinant of differences within 1e-7.
func TestLogJacobiansMatchDifferences(t *testing.T) {
	for _, c := range constraints {
		m := flatModel(t, c)
		for k := range uint64(5) {
			u := make([]float64, m.dim)
			rng.New(k).NormalFloat64(u)
			got, err := m.LogDensity(u)
			if err != nil {
				t.Fatal(c.name, err)
			}
			free := c.free
			if free == nil {
				for i := range m.dim {
					free = append(free, i)
				}
			}
			if len(free) != m.dim {
				t.Fatalf("%s: got %d unconstrained reals, want %d", c.name, m.dim, len(free))
			}
			tk.Close(t, fmt.Sprint(c.name, " at ", u), got, math.Log(math.Abs(jacobian(t, m, u, free))), 1e-7)
		}
	}
}

// jacobian is the determinant of ∂x/∂u by differences of the fourth order.
func jacobian(t *testing.T, m *Model, u []float64, free []int) float64 {
	n := len(u)
	a := make([]float64, n*n)
	const h = 2e-3
	for j := range n {
		var points [][]float64
		for _, step := range []float64{-2, -1, 1, 2} {
			p := slices.Clone(u)
			p[j] += step * h
			points = append(points, p)
		}
		x, err := m.Constrain(points)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range free {
			v := x["x"]
			a[i*n+j] = (v[0][f] - 8*v[1][f] + 8*v[2][f] - v[3][f]) / (12 * h)
		}
	}
	return determinant(a, n)
}

// determinant by elimination with pivots.
func determinant(a []float64, n int) float64 {
	det := 1.
	for c := range n {
		p := c
		for i := c + 1; i < n; i++ {
			if math.Abs(a[i*n+c]) > math.Abs(a[p*n+c]) {
				p = i
			}
		}
		if p != c {
			det = -det
			for j := range n {
				a[c*n+j], a[p*n+j] = a[p*n+j], a[c*n+j]
			}
		}
		det *= a[c*n+c]
		for i := c + 1; i < n; i++ {
			f := a[i*n+c] / a[c*n+c]
			for j := c; j < n; j++ {
				a[i*n+j] -= f * a[c*n+j]
			}
		}
	}
	return det
}

func TestValuesLieInTheirSupport(t *testing.T) {
	for _, c := range constraints {
		m := flatModel(t, c)
		for k := range uint64(20) {
			u := make([]float64, m.dim)
			rng.New(100 + k).NormalFloat64(u)
			for i := range u {
				u[i] *= 3
			}
			x, err := m.Constrain([][]float64{u})
			if err != nil {
				t.Fatal(c.name, err)
			}
			q := c.inner
			q.dims = c.dims
			if at, got, want := q.outside(x["x"][0]); at >= 0 {
				t.Errorf("%s at %v: got %s, want %s", c.name, u, got, want)
			}
		}
	}
}

// What is not in a region is found, with its index.
func TestRegionsRefuseWhatIsOutside(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		q    region
		v    []float64
		at   int
		want string
	}{
		{region{}, []float64{1, 2, math.NaN()}, 2, "a finite number"},
		{region{}, []float64{1, inf}, 1, "a finite number"},
		{region{must: dist.Support{Set: dist.Positive}}, []float64{1, 0}, 1, "a number above 0"},
		{region{must: dist.Support{Set: dist.NonNegative}}, []float64{0, -1e-9}, 1, "a number of 0 or more"},
		{region{must: dist.Support{Set: dist.Unit}}, []float64{0, 1, 1.1}, 2, "a number from 0 to 1"},
		{region{must: dist.Support{Set: dist.Interval}, low: []float64{1, 2}, lowD: []int{2}, high: []float64{3}},
			[]float64{1, 1.5}, 1, "a number from 2 to 3"},
		{region{must: dist.Support{Set: dist.AtLeast}, low: []float64{4}}, []float64{5, 3}, 1, "a number of 4 or more"},
		{region{must: dist.Support{Set: dist.Count}, low: []float64{0}, high: []float64{3}}, []float64{3, 2.5}, 1, "a whole number from 0 to 3"},
		{region{must: dist.Support{Set: dist.Circle}}, []float64{3.2}, 0, "an angle from −π to π"},
		{region{must: dist.Support{Set: dist.Boolean}}, []float64{1, 0, .5}, 2, "0 or 1"},
		{region{must: dist.Support{Set: dist.Natural}}, []float64{7, -1}, 1, "a whole number of 0 or more"},
		{region{must: dist.Support{Set: dist.OneHot}}, []float64{1, 0, 0, 1, 1, 0}, 1, "zeros and a single one"},
		{region{must: dist.Support{Set: dist.Counts}}, []float64{1, 0, 0, 1, -1, 0}, 1, "whole numbers of 0 or more"},
		{region{must: dist.Support{Set: dist.Simplex}}, []float64{.5, .25, .25, .5, .5, .1}, 1, "numbers of 0 or more with sum 1"},
		{region{must: dist.Support{Set: dist.Ordered}}, []float64{1, 2, 3, 1, 1, 3}, 1, "increasing numbers"},
		{region{must: dist.Support{Set: dist.Sphere}}, []float64{1, 0, 0, .5, .5, .5}, 1, "a vector of length 1"},
		{region{must: dist.Support{Set: dist.Vector}}, []float64{1, 0, 0, .5, inf, .5}, 4, "a finite number"},
	} {
		c.q.dims = []int{len(c.v)}
		if c.q.must.Set >= dist.Vector {
			c.q.dims = []int{2, 3}
		}
		if at, _, want := c.q.outside(c.v); at != c.at || want != c.want {
			t.Errorf("%v in %v: got index %d and %q, want %d and %q", c.v, c.q.must.Set, at, want, c.at, c.want)
		}
		if at, _, _ := c.q.outside(c.v[:0]); at != -1 {
			t.Errorf("nothing: got index %d, want none", at)
		}
	}
	for v, ok := range map[[4]float64]bool{{1, 0, 2, 3}: true, {1, .1, 2, 3}: false, {1, 0, 2, 0}: false} {
		for _, s := range []dist.Set{dist.LowerCholesky, dist.CorrCholesky} {
			q := region{must: dist.Support{Set: s}, dims: []int{2, 2}}
			if at, _, _ := q.outside(v[:]); (at < 0) != ok {
				t.Errorf("factor %v: got index %d, want ok = %v", v, at, ok)
			}
		}
	}
	for v, ok := range map[[4]float64]bool{{2, 1, 1, 2}: true, {1, 2, 2, 1}: false} {
		q := region{must: dist.Support{Set: dist.PositiveDefinite}, dims: []int{2, 2}}
		if at, _, _ := q.outside(v[:]); (at < 0) != ok {
			t.Errorf("covariance %v: got index %d, want ok = %v", v, at, ok)
		}
	}
}

func TestBroadcastIndices(t *testing.T) {
	for i := range 24 { // of shape 2×3×4
		a, b, c := i/12, i/4%3, i%4
		for _, q := range []struct {
			from []int
			want int
		}{{nil, 0}, {[]int{4}, c}, {[]int{3, 1}, b}, {[]int{3, 4}, b*4 + c}, {[]int{2, 1, 4}, a*4 + c}, {[]int{1, 1, 1}, 0}} {
			if got := broadcastIndex(i, []int{2, 3, 4}, q.from); got != q.want {
				t.Errorf("index %d of 2×3×4 in %v: got %d, want %d", i, q.from, got, q.want)
			}
		}
	}
}

// The angle's map has an inverse.
func TestCircleGoesRound(t *testing.T) {
	x := []float64{-5, -.3, 0, 2, 9}
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		y, l := circle{}.Forward(in[0])
		back, r := circle{}.Inverse(y)
		return []*g.Node{back, g.Add(l, r)}
	}, tk.Vector(x...))
	for i := range x {
		tk.Close(t, "round trip", out[0][i], x[i], 1e-10)
		tk.Close(t, "sum of volumes", out[1][i], 0, 1e-10)
	}
}
