package exact

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// randomScope is a table's variables with their numbers of states, of about size cells.
func randomScope(r *rand.Rand, size int) (vars, states []int) {
	cells := 1
	for v := 0; cells < size; v++ {
		k := 1 + r.IntN(4)
		if r.IntN(6) == 0 {
			k = 5 + r.IntN(9)
		}
		states, cells = append(states, k), cells*k
		vars = append(vars, v)
	}
	r.Shuffle(len(vars), func(i, j int) { vars[i], vars[j] = vars[j], vars[i] })
	return vars, states
}

// some variables of a scope, in any order.
func some(r *rand.Rand, vars []int, most int) []int {
	out := slices.Clone(vars)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:r.IntN(min(most, len(vars))+1)]
}

// place is the cell of a table over vars for an assignment.
func place(vars, states, x []int) (at int) {
	for _, v := range vars {
		at = at*states[v] + x[v]
	}
	return at
}

// visit goes through the cells of a layout in order by the definition of row-major.
func visit(l *layout, states []int, f func(cell int, x []int)) {
	x := make([]int, len(states))
	for cell := range l.size {
		for k, rest := len(l.vars)-1, cell; k >= 0; k-- {
			x[l.vars[k]] = rest % l.card[k]
			rest /= l.card[k]
		}
		f(cell, x)
	}
}

func TestViewsFindThePlacesOfRowMajorTables(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for range 60 {
		vars, states := randomScope(r, 1<<(r.IntN(15)))
		l := newLayout(vars, states)
		sub := some(r, vars, len(vars))
		w := l.view(sub)
		start := r.IntN(l.blocks())
		c := l.seek(start, []view{w})
		visit(l, states, func(cell int, x []int) {
			block, in := cell/l.block, cell%l.block
			if block < start {
				return
			}
			if block > start {
				c.next()
				start = block
			}
			at := c.at[0]
			if w.index != nil {
				at += int(w.index[in])
				if w.index[in/w.run*w.run] != w.index[in] {
					t.Fatalf("%v of %v: cell %d is not of a run of %d", sub, vars, cell, w.run)
				}
			}
			if want := place(sub, states, x); at != want {
				t.Fatalf("%v of %v: cell %d: got place %d, want %d", sub, vars, cell, at, want)
			}
		})
	}
}

// product is a random product over a scope: its pieces and, cell by cell, the logarithms of it.
func product(r *rand.Rand, p *problem, l *layout, count int, spread float64) (pieces []*piece, logs []float64) {
	logs = make([]float64, l.size)
	for range count {
		scope := some(r, l.vars, 6)
		f := &pgm.Factor{Vars: scope, Card: p.cardOf(scope), Log: make([]float64, p.size(scope))}
		for i := range f.Log {
			if f.Log[i] = spread * r.NormFloat64(); r.IntN(12) == 0 {
				f.Log[i] = math.Inf(-1)
			}
		}
		pieces = append(pieces, pieceOf(f))
		visit(l, p.card, func(cell int, x []int) { logs[cell] += f.Log[place(scope, p.card, x)] })
	}
	return pieces, logs
}

// Sums of numbers and of logarithms, and maxima, of tables of one block and of many, against their
// definitions. A spread of 300 is beyond what numbers hold.
func TestFoldsAreSumsAndMaximaOfProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for trial := range 120 {
		vars, states := randomScope(r, 1<<(2+r.IntN(15)))
		p, l := &problem{card: states}, newLayout(vars, states)
		pieces, logs := product(r, p, l, r.IntN(12), []float64{1, 30, 300}[trial%3])
		n := 1
		for k := len(l.vars) - r.IntN(len(l.vars)+1); k < len(l.vars); k++ {
			n *= l.card[k]
		}
		for _, m := range []*mode{sums, logSums, maxima} {
			got := p.fold(l, pieces, n, m).logarithms()
			want := make([]float64, l.size/n)
			m := map[bool]*mode{true: maxima, false: logSums}[m == maxima]
			m.runs(logs, n, want)
			for i := range want {
				if math.IsInf(want[i], -1) && math.IsInf(got[i], -1) {
					continue
				}
				tk.Close(t, "ln", got[i], want[i], 1e-11*max(1, math.Abs(want[i])))
			}
		}
	}
}

func TestRunsOfLogarithmsAreTheirDefinitions(t *testing.T) {
	inf := math.Inf(-1)
	out := make([]float64, 3)
	logSumRuns([]float64{0, math.Log(3), -1000, -1000, inf, inf}, 2, out)
	for i, want := range []float64{math.Log(4), -1000 + math.Ln2, inf} {
		if out[i] != want && !(math.Abs(out[i]-want) < 1e-13) {
			t.Errorf("got %g, want %g", out[i], want)
		}
	}
	for _, c := range [][3]float64{{0, 0, math.Ln2}, {inf, 3, 3}, {3, inf, 3}, {inf, inf, inf}, {-2000, -1000, -1000}} {
		if got := logAdd(c[0], c[1]); got != c[2] {
			t.Errorf("ln(e^%g + e^%g): got %g, want %g", c[0], c[1], got, c[2])
		}
	}
	for n := range 9 {
		xs := make([]float64, n)
		for i := range xs {
			xs[i] = float64(i + 1)
		}
		if got := sum(xs); got != float64(n*(n+1)/2) {
			t.Errorf("1 + … + %d: got %g", n, got)
		}
	}
}

func TestSpreadingGivesEveryMarginalOfAProduct(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	for trial := range 60 {
		vars, states := randomScope(r, 1<<(2+r.IntN(15)))
		p, l := &problem{card: states}, newLayout(vars, states)
		pieces, logs := product(r, p, l, r.IntN(8), 1)
		var targets []*target
		var tables [][]float64
		for range r.IntN(12) {
			// in the order of the layout, as those of a tree are
			in := some(r, vars, 7)
			got := len(tables)
			tables = append(tables, nil)
			targets = append(targets, &target{slices.DeleteFunc(slices.Clone(vars), func(v int) bool { return !slices.Contains(in, v) }), func(sum []float64) { tables[got] = sum }})
		}
		m, c := sums, 1.
		if trial%2 == 1 {
			m, c = logSums, 0
		}
		shift := 0.
		for _, x := range pieces {
			if !m.log {
				shift += x.shift
			}
		}
		p.spread(p.terms(l, m, c, pieces), targets)
		for k, x := range targets {
			want := make([]float64, p.size(x.vars))
			visit(l, states, func(cell int, a []int) { want[place(x.vars, states, a)] += math.Exp(logs[cell]) })
			for i, got := range tables[k] {
				if got *= math.Exp(shift); want[i] > 0 || got > 0 {
					tk.Close(t, "marginal", got/want[i], 1, 1e-11)
				}
			}
		}
	}
}

// Bundles hold every scope once, and none of several is more than an eighth of the table.
func TestBundlesAreSmallAndComplete(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	for range 100 {
		vars, states := randomScope(r, 1<<(3+r.IntN(12)))
		l := newLayout(vars, states)
		scopes := make([][]int, r.IntN(30))
		for i := range scopes {
			scopes[i] = some(r, vars, 5)
		}
		seen := make([]int, len(scopes))
		for _, b := range l.bundles(scopes) {
			if len(b.members) > 1 && l.cells(l.mask(b.vars)) > l.size/bundleOf {
				t.Errorf("got a bundle of %d cells in %d", b.size, l.size)
			}
			for _, m := range b.members {
				seen[m]++
				if l.mask(b.vars)|l.mask(scopes[m]) != l.mask(b.vars) {
					t.Errorf("%v lacks %v", b.vars, scopes[m])
				}
			}
		}
		if slices.ContainsFunc(seen, func(n int) bool { return n != 1 }) {
			t.Errorf("got scopes %v times, want once each", seen)
		}
	}
}

func TestPiecesAreTheirFactors(t *testing.T) {
	inf := math.Inf(-1)
	p := logPiece([]int{0}, []float64{-1000, -1001, inf})
	if p.shift != -1000 || p.span != 1 {
		t.Errorf("got shift %g, span %g", p.shift, p.span)
	}
	for i, want := range []float64{1, math.Exp(-1), 0} {
		tk.Close(t, "number", p.numbers()[i], want, 1e-16)
	}
	q := numPiece([]int{0}, []float64{2, 0, .5}, 7)
	tk.Close(t, "shift", q.shift, 7+math.Ln2, 1e-15)
	tk.Close(t, "span", q.span, math.Log(4), 1e-15)
	if logs := q.logarithms(); math.Abs(logs[2]-(7-math.Ln2)) > 1e-15 || !math.IsInf(logs[1], -1) {
		t.Errorf("got %v", logs)
	}
	for _, zero := range []*piece{logPiece([]int{0}, []float64{inf, inf}), numPiece([]int{0}, []float64{0, 0}, 3)} {
		if !math.IsInf(zero.shift, -1) || zero.span != 0 || slices.Max(zero.numbers()) != 0 {
			t.Errorf("got %+v, want zeros", zero)
		}
	}
}

// A chain whose couplings span e^±900 is beyond numbers on the whole way: ln Z by the recursion of
// its transfer matrix in logarithms.
func TestFactorsBeyondTheRangeOfNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	const n = 30
	g := pairs(t, n)
	for v := range n - 1 {
		f := &pgm.Factor{Vars: []int{v, v + 1}, Card: []int{2, 2}, Log: make([]float64, 4)}
		for i := range f.Log {
			f.Log[i] = 1800*r.Float64() - 900
		}
		g.Factors = append(g.Factors, f)
	}
	a, b := 0., 0.
	for _, f := range g.Factors[len(g.Factors)-(n-1):] {
		a, b = logAdd(a+f.Log[0], b+f.Log[2]), logAdd(a+f.Log[1], b+f.Log[3])
	}
	tree, err := NewTree(g, nil, Config{})
	must(t, tree, err)
	tk.Close(t, "ln Z", tree.LogZ, logAdd(a, b), 1e-12*math.Abs(a))
	last := math.Exp(a - logAdd(a, b))
	tk.Close(t, "the last marginal", tree.Marginals[n-1][0], last, 1e-12)
	for v, m := range tree.Marginals {
		r, err := Eliminate(g, nil, []int{v}, Config{})
		must(t, r, err)
		tk.Close(t, "by elimination", math.Exp(r.Joint.Log[0]), m[0], 1e-11)
	}
}

// A hub of 3 variables with 300 neighbours of one: Z = Σ over the hub of the product of the sums.
func TestAHubOfManyNeighbours(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 1))
	const hub, leaves = 12, 300
	g := pairs(t, hub+leaves)
	at := make([][2]float64, hub)
	for leaf := range leaves {
		v := leaf % hub
		f := &pgm.Factor{Vars: []int{v, hub + leaf}, Card: []int{2, 2}, Log: []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}}
		at[v][0] += logAdd(f.Log[0], f.Log[1])
		at[v][1] += logAdd(f.Log[2], f.Log[3])
		g.Factors = append(g.Factors, f)
	}
	all := &pgm.Factor{Log: make([]float64, 1<<hub)}
	for v := range hub {
		all.Vars, all.Card = append(all.Vars, v), append(all.Card, 2)
	}
	total := math.Inf(-1)
	for i := range all.Log {
		all.Log[i] = r.NormFloat64()
		x := all.Log[i]
		for v := range hub {
			x += at[v][i>>(hub-1-v)&1]
		}
		total = logAdd(total, x)
	}
	g.Factors = append(g.Factors, all)
	tree, err := NewTree(g, nil, Config{})
	must(t, tree, err)
	tk.Close(t, "ln Z", tree.LogZ, total, 1e-10)
}

// The parts of a table are the same on any number of processors, and so are the bits of a result.
func TestResultsDoNotDependOnTheNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := rand.New(rand.NewPCG(17, 1))
	g := pairs(t, 22)
	all := make([]int, len(g.Vars))
	for v := range all {
		all[v] = v
	}
	for range 120 {
		f := &pgm.Factor{Vars: some(r, all, 5)}
		f.Card = slices.Repeat([]int{2}, len(f.Vars))
		for range 1 << len(f.Vars) {
			f.Log = append(f.Log, r.NormFloat64())
		}
		g.Factors = append(g.Factors, f)
	}
	var first *Tree
	for _, processors := range []int{1, 2, 3, 4} {
		runtime.GOMAXPROCS(processors)
		tree, err := NewTree(g, nil, Config{})
		must(t, tree, err)
		if first == nil {
			if first = tree; tree.Plan.Largest < partCells {
				t.Fatalf("got a largest table of %g cells, want one that is divided", tree.Plan.Largest)
			}
			continue
		}
		if tree.LogZ != first.LogZ {
			t.Errorf("%d processors: got ln Z %v, want %v", processors, tree.LogZ, first.LogZ)
		}
		for v, m := range tree.Marginals {
			if !slices.Equal(m, first.Marginals[v]) {
				t.Errorf("%d processors: variable %d: got %v, want %v", processors, v, m, first.Marginals[v])
			}
		}
	}
}
