package pgm

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// random is a factor over some of the variables, with every fifth entry 0.
func random(t testing.TB, r *rand.Rand, card []int, vars ...int) *Factor {
	t.Helper()
	size, own := 1, make([]int, len(vars))
	for i, v := range vars {
		own[i] = card[v]
		size *= card[v]
	}
	values := make([]float64, size)
	for i := range values {
		if r.IntN(5) > 0 {
			values[i] = math.Exp(3 * r.NormFloat64())
		}
	}
	f, err := NewFactor(vars, own, values)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// each calls f with every assignment.
func each(card []int, f func(x []int)) {
	x := make([]int, len(card))
	for {
		f(x)
		v := len(x) - 1
		for ; v >= 0; v-- {
			if x[v]++; x[v] < card[v] {
				break
			}
			x[v] = 0
		}
		if v < 0 {
			return
		}
	}
}

// subset is a random list of variables in random order.
func subset(r *rand.Rand, n int) []int { return r.Perm(n)[:r.IntN(n+1)] }

func cards(r *rand.Rand, n int) []int {
	card := make([]int, n)
	for i := range card {
		card[i] = 1 + r.IntN(4)
	}
	return card
}

func TestProductsAreProductsAtEveryAssignment(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var buf []float64
	for range 300 {
		card := cards(r, 5)
		var fs []*Factor
		for range r.IntN(4) {
			fs = append(fs, random(t, r, card, subset(r, 5)...))
		}
		vars := r.Perm(5)
		own := make([]int, 5)
		for i, v := range vars {
			own[i] = card[v]
		}
		p := Product(vars, own, buf, fs...)
		buf = p.Log
		each(card, func(x []int) {
			want := 0.
			for _, f := range fs {
				want += f.At(x)
			}
			tk.Close(t, "product", p.At(x), want, 1e-14)
		})
	}
}

func TestMarginalsAndMaximaAreOverWhatIsNotKept(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 300 {
		card := cards(r, 5)
		f, keep := random(t, r, card, r.Perm(5)...), subset(r, 5)
		linear := make([]float64, len(f.Log))
		for i, x := range f.Log {
			linear[i] = math.Exp(x)
		}
		sum, top, plain := f.Marginal(keep), f.Max(keep), f.Sum(linear, keep)
		wantSum, wantTop := map[int]float64{}, map[int]float64{}
		place := func(x []int) (at int) {
			for i, v := range sum.Vars {
				at = at*sum.Card[i] + x[v]
			}
			return at
		}
		each(card, func(x []int) {
			p := math.Exp(f.At(x))
			wantSum[place(x)] += p
			wantTop[place(x)] = max(wantTop[place(x)], p)
		})
		for at := range sum.Log {
			tk.Close(t, "marginal", math.Exp(sum.Log[at]), wantSum[at], 1e-12)
			tk.Close(t, "maximum", math.Exp(top.Log[at]), wantTop[at], 1e-12)
			tk.Close(t, "sum", plain.Log[at], wantSum[at], 1e-12)
		}
		if len(sum.Vars) != len(keep) {
			t.Errorf("got variables %d, want %d", sum.Vars, keep)
		}
	}
}

func TestEvidencePicksTheCellsThatAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 300 {
		card := cards(r, 5)
		f, e := random(t, r, card, subset(r, 5)...), Evidence{}
		for _, v := range subset(r, 5) {
			e[v] = r.IntN(card[v])
		}
		g := f.Reduce(e)
		for _, v := range g.Vars {
			if _, seen := e[v]; seen {
				t.Errorf("got evidence variable %d in the scope", v)
			}
		}
		each(card, func(x []int) {
			for v, s := range e {
				if x[v] != s {
					return
				}
			}
			tk.Close(t, "reduced", g.At(x), f.At(x), 0)
		})
	}
}

func TestDivisionUndoesAProductAndKeeps0(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	card := []int{2, 3, 4}
	for range 100 {
		f, g := random(t, r, card, 0, 1, 2), random(t, r, card, 2, 0)
		p := Product(f.Vars, f.Card, nil, f, g)
		p.Divide(g)
		each(card, func(x []int) {
			want := f.At(x)
			if math.IsInf(g.At(x), -1) {
				want = math.Inf(-1)
			}
			tk.Close(t, "quotient", p.At(x), want, 1e-13)
		})
	}
}

// e^−2000 and e^2000 are 0 and ∞ in float64; their logarithms are no trouble.
func TestSumsOfLogsNeitherVanishNorOverflow(t *testing.T) {
	for _, shift := range []float64{-2000, 0, 2000} {
		f := &Factor{Vars: []int{0}, Card: []int{3}, Log: []float64{shift, shift + math.Log(2), math.Inf(-1)}}
		tk.Close(t, "ln sum", f.LogSum(), shift+math.Log(3), 1e-15)
		tk.Close(t, "ln of what it summed to", f.Normalise(), shift+math.Log(3), 1e-15)
		tk.Close(t, "normalised", math.Exp(f.Log[0]), 1./3, 1e-12)
	}
	zero := &Factor{Vars: []int{0}, Card: []int{2}, Log: []float64{math.Inf(-1), math.Inf(-1)}}
	if z := zero.Normalise(); !math.IsInf(z, -1) || !math.IsInf(zero.Log[0], -1) {
		t.Errorf("got %v, want a factor of zeros left as it is", zero.Log)
	}
}

func TestFactorsOfWrongTablesAreErrors(t *testing.T) {
	for _, c := range []struct {
		vars, card []int
		values     []float64
	}{
		{[]int{0, 0}, []int{2, 2}, []float64{1, 1, 1, 1}},
		{[]int{0}, []int{2}, []float64{1}},
		{[]int{0}, []int{1}, []float64{1, 1}},
		{[]int{0}, []int{0}, nil},
		{[]int{0, 1}, []int{1 << 62, 1 << 62}, []float64{1}},
		{nil, nil, nil},
		{[]int{0}, []int{2}, []float64{1, -1}},
		{[]int{0}, []int{2}, []float64{1, math.NaN()}},
		{[]int{0}, []int{2}, []float64{1, math.Inf(1)}},
	} {
		if f, err := NewFactor(c.vars, c.card, c.values); err == nil {
			t.Errorf("%v: got %v, want an error", c, f)
		}
	}
}

func three() []Variable {
	return []Variable{Numbered("a", 2), Numbered("b", 2), {Name: "c", States: []string{"low", "mid", "high"}}}
}

func chain(t *testing.T) *Network {
	t.Helper()
	n, err := NewNetwork(three(), [][]int{{1}, nil, {0}}, [][]float64{{.1, .9, .7, .3}, {.4, .6}, {.2, .3, .5, 0, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestANetworkIsTheProductOfItsTables(t *testing.T) {
	n := chain(t)
	g, sum := n.Graph(), 0.
	each(g.Card(), func(x []int) { sum += math.Exp(g.LogValue(x)) })
	tk.Close(t, "sum of the joint", sum, 1, 1e-15)
	tk.Close(t, "p(a=1, b=0, c=high)", math.Exp(g.LogValue([]int{1, 0, 2})), .4*.9*1, 1e-15)
	order, err := n.Order()
	if err != nil || !slices.Equal(order, []int{1, 0, 2}) {
		t.Errorf("got order %d and %v, want parents first", order, err)
	}
	if c := n.Children(); !slices.Equal(c[1], []int{0}) || !slices.Equal(c[0], []int{2}) || c[2] != nil {
		t.Errorf("got children %d", c)
	}
}

func TestAnInterventionCutsTheParents(t *testing.T) {
	n := chain(t)
	m, err := n.Do(Evidence{0: 1})
	if err != nil {
		t.Fatal(err)
	}
	if m.Parents[0] != nil || n.Parents[0] == nil {
		t.Errorf("got parents %d and %d, want none in the copy only", m.Parents[0], n.Parents[0])
	}
	tk.Close(t, "p(b=0, a=1, c=high)", math.Exp(m.Graph().LogValue([]int{1, 0, 2})), .4, 1e-15)
	tk.Close(t, "p(b=0, a=0, c=high)", math.Exp(m.Graph().LogValue([]int{0, 0, 2})), 0, 0)
	if _, err := n.Do(Evidence{0: 2}); err == nil {
		t.Error("got no error of a state that is not there")
	}
}

func TestNetworksThatAreNoneAreErrors(t *testing.T) {
	half := []float64{.5, .5}
	quarter := []float64{.5, .5, .5, .5}
	for name, c := range map[string]struct {
		vars    []Variable
		parents [][]int
		rows    [][]float64
	}{
		"cycle":      {three()[:2], [][]int{{1}, {0}}, [][]float64{quarter, quarter}},
		"own parent": {three()[:1], [][]int{{0}}, [][]float64{quarter}},
		"sum":        {three()[:1], [][]int{nil}, [][]float64{{.5, .6}}},
		"parent":     {three()[:1], [][]int{{1}}, [][]float64{quarter}},
		"tables":     {three()[:1], [][]int{nil}, nil},
		"length":     {three()[:1], [][]int{nil}, [][]float64{{1}}},
		"names":      {[]Variable{Numbered("a", 2), Numbered("a", 2)}, [][]int{nil, nil}, [][]float64{half, half}},
		"no states":  {[]Variable{{Name: "a"}}, [][]int{nil}, [][]float64{nil}},
	} {
		if _, err := NewNetwork(c.vars, c.parents, c.rows); err == nil {
			t.Errorf("%s: got no error", name)
		} else if !strings.HasPrefix(err.Error(), "pgm: ") || !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: got %q, want what was got and wanted", name, err)
		}
	}
}

func TestEvidenceIsByName(t *testing.T) {
	vars := three()
	e, err := Observe(vars, map[string]string{"c": "high", "a": "1"})
	if err != nil || len(e) != 2 || e[2] != 2 || e[0] != 1 {
		t.Errorf("got %v and %v", e, err)
	}
	for _, seen := range []map[string]string{{"d": "0"}, {"a": "2"}} {
		if _, err := Observe(vars, seen); err == nil {
			t.Errorf("%v: got no error", seen)
		}
	}
	if err := (Evidence{-1: 0}).Check(vars); err == nil {
		t.Error("got no error of a variable that is not there")
	}
}

func TestGraphsThatDoNotFitTheirVariablesAreErrors(t *testing.T) {
	for _, f := range []*Factor{
		{Vars: []int{3}, Card: []int{2}, Log: make([]float64, 2)},
		{Vars: []int{2}, Card: []int{2}, Log: make([]float64, 2)},
	} {
		if _, err := NewGraph(three(), []*Factor{f}); err == nil {
			t.Errorf("%v: got no error", f)
		}
	}
	g, err := NewGraph(three(), []*Factor{{Vars: []int{0}, Card: []int{2}, Log: []float64{0, math.Inf(-1)}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.Reduce(Evidence{0: 1}); !errors.Is(err, ErrImpossible) {
		t.Errorf("got %v, want evidence that is impossible", err)
	}
	if factors, c, err := g.Reduce(Evidence{0: 0}); err != nil || c != 0 || len(factors) != 0 {
		t.Errorf("got %v, %v and %v", factors, c, err)
	}
}

func TestFormatErrorsSayLineFieldGotAndWant(t *testing.T) {
	for want, e := range map[string]*FormatError{
		"pgm: bif: line 3: variable: got x, want y": {Format: "bif", Line: 3, Field: "variable", Got: "x", Want: "y"},
		"pgm: uai: file: got x, want y":             {Format: "uai", Field: "file", Got: "x", Want: "y"},
		"pgm: bif: network: got z":                  {Format: "bif", Field: "network", Got: "x", Want: "y", Cause: errors.New("pgm: network: got z")},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e, want)
		}
	}
}
