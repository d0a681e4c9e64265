package exact

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// strip is a grid of rows × cols variables of k states with random fields and couplings, and its
// columns as the steps of a chain: the oracle goes from column to column with a vector over the
// k^rows states of one, by the definition of a transfer matrix.
type strip struct {
	rows, cols, k int
	g             *pgm.Graph
	field         [][]float64   // by column: ln of everything inside it, of each state of the column
	couple        [][][]float64 // by column and row: ln φ(left, right) of k×k states
}

func newStrip(t testing.TB, seed uint64, rows, cols, k int, strength float64) *strip {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 31))
	s := &strip{rows: rows, cols: cols, k: k}
	vars := make([]pgm.Variable, rows*cols)
	var factors []*pgm.Factor
	table := func(vars ...int) []float64 {
		f := &pgm.Factor{Vars: vars}
		size := 1
		for range vars {
			f.Card, size = append(f.Card, k), size*k
		}
		for range size {
			f.Log = append(f.Log, strength*r.NormFloat64())
		}
		factors = append(factors, f)
		return f.Log
	}
	for v := range vars {
		vars[v] = pgm.Numbered(string(rune('A'+v%26))+string(rune('a'+v/26)), k)
	}
	size := int(math.Pow(float64(k), float64(rows)) + .5)
	for c := range cols {
		field, at := make([]float64, size), func(row int) int { return c*rows + row }
		var unary, down [][]float64
		for i := range rows {
			unary = append(unary, table(at(i)))
			if i > 0 {
				down = append(down, table(at(i-1), at(i)))
			}
		}
		for x := range field {
			d := s.digits(x)
			for i := range rows {
				field[x] += unary[i][d[i]]
				if i > 0 {
					field[x] += down[i-1][d[i-1]*k+d[i]]
				}
			}
		}
		s.field = append(s.field, field)
		if c > 0 {
			var couple [][]float64
			for i := range rows {
				couple = append(couple, table(at(i)-rows, at(i)))
			}
			s.couple = append(s.couple, couple)
		}
	}
	g, err := pgm.NewGraph(vars, factors)
	s.g = must(t, g, err)
	return s
}

// digits are the states of a column's variables, the first row slowest.
func (s *strip) digits(x int) []int {
	d := make([]int, s.rows)
	for i := s.rows - 1; i >= 0; i-- {
		d[i] = x % s.k
		x /= s.k
	}
	return d
}

// between is ln φ of two neighbouring columns, the left one being c.
func (s *strip) between(c int, left, right []int) (sum float64) {
	for i := range s.rows {
		sum += s.couple[c][i][left[i]*s.k+right[i]]
	}
	return sum
}

// forward is ln of the sum, or of the largest, over all columns to the left of each, by its states.
func (s *strip) forward(add func(a, b float64) float64) [][]float64 {
	all := [][]float64{s.field[0]}
	for c := 1; c < s.cols; c++ {
		next := make([]float64, len(s.field[c]))
		for y := range next {
			next[y] = math.Inf(-1)
			for x, before := range all[c-1] {
				next[y] = add(next[y], before+s.between(c-1, s.digits(x), s.digits(y)))
			}
			next[y] += s.field[c][y]
		}
		all = append(all, next)
	}
	return all
}

func fold(xs []float64, add func(a, b float64) float64) float64 {
	sum := math.Inf(-1)
	for _, x := range xs {
		sum = add(sum, x)
	}
	return sum
}

// sizes are strips whose cliques have a block and many, of two, three and five states.
var sizes = []struct {
	rows, cols, k int
	strength      float64
}{{5, 12, 2, 1}, {4, 6, 3, 1}, {3, 5, 5, 1}, {6, 6, 2, 120}, {2, 30, 2, 700}, {7, 7, 2, .1}}

func TestStripsHaveTheSumsOfTheirTransferMatrices(t *testing.T) {
	for i, c := range sizes {
		s := newStrip(t, uint64(i), c.rows, c.cols, c.k, c.strength)
		forward := s.forward(logAdd)
		last := forward[s.cols-1]
		z := fold(last, logAdd)
		tree, err := NewTree(s.g, nil, Config{})
		must(t, tree, err)
		tk.Close(t, "ln Z", tree.LogZ, z, 1e-11*max(1, math.Abs(z)))
		r, err := Eliminate(s.g, nil, nil, Config{})
		must(t, r, err)
		tk.Close(t, "ln Z by elimination", r.LogZ, z, 1e-11*max(1, math.Abs(z)))
		for row := range s.rows { // of the last column, whose forward sums are the marginals
			want := make([]float64, s.k)
			for x, l := range last {
				want[s.digits(x)[row]] += math.Exp(l - z)
			}
			for state, p := range want {
				tk.Close(t, "marginal", tree.Marginals[(s.cols-1)*s.rows+row][state], p, 1e-10)
			}
		}
	}
}

// The marginals of every other column, from the tree and from elimination.
func TestStripsHaveTheSameMarginalsByTreeAndByElimination(t *testing.T) {
	for i, c := range sizes[:4] {
		s := newStrip(t, uint64(100+i), c.rows, c.cols, c.k, c.strength)
		tree, err := NewTree(s.g, nil, Config{})
		must(t, tree, err)
		for v := 0; v < len(s.g.Vars); v += 7 {
			r, err := Eliminate(s.g, nil, []int{v}, Config{})
			must(t, r, err)
			for x, l := range r.Joint.Log {
				tk.Close(t, "marginal", tree.Marginals[v][x], math.Exp(l), 1e-10)
			}
		}
	}
}

func TestStripsHaveTheMaximaOfTheirTransferMatrices(t *testing.T) {
	for i, c := range sizes {
		s := newStrip(t, uint64(200+i), c.rows, c.cols, c.k, c.strength)
		want := fold(s.forward(math.Max)[s.cols-1], math.Max)
		b, err := MPE(s.g, nil, Config{})
		must(t, b, err)
		tk.Close(t, "ln max", b.LogValue, want, 1e-12*max(1, math.Abs(want)))
		tk.Close(t, "ln of the states", s.g.LogValue(b.States), want, 1e-12*max(1, math.Abs(want)))
	}
}

// Evidence on a whole column parts the strip in two: ln Z is the sum of the sides' and the column's.
func TestEvidenceOnAColumnPartsAStrip(t *testing.T) {
	s := newStrip(t, 300, 4, 9, 2, 1)
	const middle = 4
	at := 5 // states 0 1 0 1
	e := pgm.Evidence{}
	for row, x := range s.digits(at) {
		e[middle*s.rows+row] = x
	}
	forward := s.forward(logAdd)[middle][at]
	mirror := &strip{rows: s.rows, cols: s.cols, k: s.k, field: slices.Clone(s.field)}
	slices.Reverse(mirror.field)
	for _, couple := range slices.Backward(s.couple) {
		var turned [][]float64
		for _, f := range couple {
			turned = append(turned, []float64{f[0], f[2], f[1], f[3]})
		}
		mirror.couple = append(mirror.couple, turned)
	}
	backward := mirror.forward(logAdd)[s.cols-1-middle][at]
	want := forward + backward - s.field[middle][at]
	tree, err := NewTree(s.g, e, Config{})
	must(t, tree, err)
	tk.Close(t, "ln Z", tree.LogZ, want, 1e-11)
	if m := tree.Marginals[middle*s.rows+1]; m[1] != 1 || m[0] != 0 {
		t.Errorf("got %v of what was seen", m)
	}
}
