package gmm

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/train/engine"
)

// readRows reads the rows of a table.
func readRows(t *testing.T, text string, options map[string]string) *rows {
	t.Helper()
	s, err := read(context.Background(), settings(csvFile(t, text), options).Resolved())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRowsAreStandardisedByThoseThatAreFitted(t *testing.T) {
	s := readRows(t, "a,b\n1,10\n2,40\n3,10\n6,20\n", nil)
	mean, sd := []float64{3, 20}, []float64{math.Sqrt((4 + 1 + 9) / 4.), math.Sqrt((100 + 400 + 100) / 4.)}
	for j, c := range s.Columns {
		tk.Close(t, "mean", c.Mean, mean[j], 1e-15)
		tk.Close(t, "scale", c.Scale, sd[j], 1e-15)
	}
	for i, v := range []float64{1, 10, 2, 40, 3, 10, 6, 20} {
		tk.Close(t, "value", s.train.X[i], (v-mean[i%2])/sd[i%2], 1e-15)
	}
	if v := spreads(s.train); len(v) != 4 || math.Abs(v[0]-1) > 1e-15 || math.Abs(v[3]-1) > 1e-15 || v[1] != 0 {
		t.Errorf("got the spreads %v, want the unit matrix", v)
	}
	raw := readRows(t, "a,b\n1,10\n2,40\n3,10\n6,20\n", map[string]string{"standardize": "false"})
	if !slices.Equal(raw.train.X, []float64{1, 10, 2, 40, 3, 10, 6, 20}) {
		t.Errorf("got %v", raw.train.X)
	}
	if v := spreads(raw.train); math.Abs(v[0]-3.5) > 1e-12 || math.Abs(v[3]-150) > 1e-10 {
		t.Errorf("got the spreads %v, want the variances", v)
	}
}

func TestHeldOutRowsAreTheRest(t *testing.T) {
	text := "a\n"
	for i := range 40 {
		text += strings.Repeat("0", i%3) + string(rune('1'+i%9)) + "." + strings.Repeat("7", 1+i/9) + "\n"
	}
	whole := readRows(t, text, map[string]string{"standardize": "false"})
	part := readRows(t, text, map[string]string{"standardize": "false", "held-out": "0.3"})
	if part.train.N() != 28 || part.test.N() != 12 || whole.test.N() != 0 {
		t.Fatalf("got %d and %d rows", part.train.N(), part.test.N())
	}
	all := slices.Concat(part.train.X, part.test.X)
	slices.Sort(all)
	want := slices.Clone(whole.train.X)
	slices.Sort(want)
	if !slices.Equal(all, want) {
		t.Error("some rows are lost or doubled")
	}
	if !strings.Contains(part.String(), "28 rows of 1 columns, 12 held out") {
		t.Errorf("got %q", part)
	}
}

func TestTheFingerprintSeesEveryValue(t *testing.T) {
	base := readRows(t, "a,b\n1,10\n2,40\n3,10\n", nil).Fingerprint()
	for _, other := range []string{"a,c\n1,10\n2,40\n3,10\n", "a,b\n1,10\n2,40\n3,11\n", "a,b\n1,10\n2,40\n", "a,b\n2,40\n1,10\n3,10\n"} {
		if readRows(t, other, nil).Fingerprint() == base {
			t.Errorf("%q has the fingerprint of another table", other)
		}
	}
	if readRows(t, "a,b\n1.0,10\n2,4e1\n3,10\n", nil).Fingerprint() != base {
		t.Error("the same numbers have another fingerprint")
	}
}

func TestLabelsFollowTheirRows(t *testing.T) {
	s := readRows(t, "a,kind\n1,x\n2,y\n3,\n4,x\n", map[string]string{"label": "kind"})
	if !slices.Equal(s.Labels, []int{0, 1, -1, 0}) || !slices.Equal(s.Classes, []string{"x", "y"}) {
		t.Errorf("got %v of %v", s.Labels, s.Classes)
	}
	m := run(t, settings(csvFile(t, "a,kind\n1,x\n2,y\n3,\n4,x\n"), map[string]string{"label": "kind", "components": "2", "restarts": "1"}))
	figure(t, m.Outcome, "adjusted Rand index")
}

func TestTheDrawnTableIsAlwaysTheSame(t *testing.T) {
	a, b := clouds(50, rng.New(cloudSeed)), clouds(600, rng.New(cloudSeed))
	if !slices.Equal(a.X, b.X[:100]) || len(b.Labels) != 600 || a.Len() != 50 {
		t.Error("a shorter table does not begin the longer one")
	}
	count := map[int32]float64{}
	for _, l := range clouds(20000, rng.New(7)).Labels {
		count[l]++
	}
	for k, want := range []float64{.4, .3, .2, .1} { // 5 deviations of a share
		if got := count[int32(k)] / 20000; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/20000) {
			t.Errorf("part %d: got the share %v, want %v", k, got, want)
		}
	}
	for i, v := range b.X {
		if v != round(v) {
			t.Fatalf("value %d: got %v, want three decimals", i, v)
		}
	}
}

// Of rows of a component the ellipse of radius r holds 1 − exp(−r²/2), within 5 deviations.
func TestEllipsesHoldTheirShareOfRows(t *testing.T) {
	const n = 40000
	p := mixture.Component{Mean: []float64{1, -2}, Nu: 10, Scale: []float64{40, -25, -25, 30}, Weight: 1, Count: 9}
	m := &Model{Columns: []data.Column{{Name: "a", Mean: 5, Scale: 2}, {Name: "b", Mean: -1, Scale: .5}}}
	s := &rows{train: mixture.Data{X: make([]float64, 20), D: 2}}
	v := newView(m, s)
	r := rng.New(4).Rand()
	for _, radius := range []float64{1, 2} {
		edge := v.ellipse(p, radius, 3)
		inside := 0
		for range n {
			a, b := r.NormFloat64(), r.NormFloat64()
			// The root of the covariance 4, −2.5, 3.
			x, y := v.at([]float64{1 + 2*a, -2 - 1.25*a + math.Sqrt(3-1.25*1.25)*b})
			if within(edge.X, edge.Y, x, y) {
				inside++
			}
		}
		want := 1 - math.Exp(-radius*radius/2)
		if got := float64(inside) / n; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/n)+2e-3 {
			t.Errorf("radius %v: got the share %v, want %v", radius, got, want)
		}
		if edge.Color != 3 || edge.Dashed != (radius > 1) {
			t.Errorf("got %+v", edge)
		}
	}
	if v.labels != [2]string{"a", "b"} {
		t.Errorf("got the axes %v", v.labels)
	}
}

// within tells whether a polygon holds a point, by the crossings of a ray.
func within(px, py []float64, x, y float64) (in bool) {
	for i := range px[1:] {
		if (py[i] > y) != (py[i+1] > y) && x < px[i]+(y-py[i])/(py[i+1]-py[i])*(px[i+1]-px[i]) {
			in = !in
		}
	}
	return in
}

// More than two columns are seen along the axes of the largest variances.
func TestManyColumnsAreSeenAlongTheirPrincipalAxes(t *testing.T) {
	const n = 2000
	x := mixture.Data{D: 4}
	r := rng.New(5).Rand()
	for range n {
		a, b := 9*r.NormFloat64(), 4*r.NormFloat64()
		x.X = append(x.X, r.NormFloat64(), a, .5*r.NormFloat64(), b)
	}
	v := newView(&Model{Columns: make([]data.Column, 4)}, &rows{train: x})
	for i, column := range []int{1, 3} {
		if got := math.Abs(v.to.At(i, column)); got < .99 {
			t.Errorf("axis %d: got %v of column %d, want nearly all", i, got, column)
		}
	}
	if !strings.Contains(v.caption(), "4 standardised columns") {
		t.Errorf("got %q", v.caption())
	}
}

func TestAHistogramIsADensity(t *testing.T) {
	r := rng.New(5).Rand()
	for _, n := range []int{2, 30, 1000, 9000} {
		x := make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		b := histogram(x, 7, 3)
		mass := 0.
		for i, h := range b.Heights {
			mass += h * (b.Edges[i+1] - b.Edges[i])
		}
		tk.Close(t, "mass", mass, 1, 1e-12)
		if len(b.Heights) < 5 || len(b.Heights) > 60 || math.Abs(b.Edges[0]-(7+3*slices.Min(x))) > 1e-9 {
			t.Errorf("%d values: got %d bars from %v", n, len(b.Heights), b.Edges[0])
		}
	}
}

// Over random tables and settings the bound never falls within a start, the model is that of the best
// start, and rows belong to components with probabilities that are one in sum.
func TestRandomTablesAreFittedHonestly(t *testing.T) {
	r := rng.New(11).Rand()
	for trial := range 60 {
		d, n := 1+r.IntN(4), 5+r.IntN(60)
		var b strings.Builder
		b.WriteString(strings.Join([]string{"a", "b", "c", "d"}[:d], ",") + "\n")
		for range n {
			for j := range d {
				if j > 0 {
					b.WriteByte(',')
				}
				b.WriteString(decimal(math.Exp(3*r.NormFloat64()) + float64(r.IntN(3))*10))
			}
			b.WriteByte('\n')
		}
		c := settings(csvFile(t, b.String()), map[string]string{
			"components": []string{"1", "3", "8"}[r.IntN(3)], "covariance": []string{"full", "tied", "diag", "spherical"}[r.IntN(4)],
			"weights": []string{"dirichlet", "sticks"}[r.IntN(2)], "restarts": "2", "sweeps": "60", "tolerance": "1e-6",
		})
		got := run(t, c)
		best := math.Inf(-1)
		for i, h := range got.History {
			if i > 0 && got.History[i-1].Phase == h.Phase && *h.Bound < *got.History[i-1].Bound-1e-9*math.Abs(*h.Bound) {
				t.Errorf("trial %d: the bound falls at record %d", trial, i)
			}
			best = max(best, *h.Bound)
		}
		tk.Close(t, "bound", figure(t, got.Outcome, "ELBO"), best, 1e-12)
		x, err := got.Model.(engine.Assigner).Assign(t.Context(), c.Data)
		if err != nil || len(x.Rows) != n {
			t.Errorf("trial %d: got %v", trial, err)
		}
	}
}

// decimal prints a number of few digits.
func decimal(v float64) string { return strconv.FormatFloat(round(v), 'g', -1, 64) }
