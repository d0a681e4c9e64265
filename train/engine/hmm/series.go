package hmm

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	markov "github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train/engine"
)

// generated is the name of the series that is drawn.
const generated = "switches"

// series is a table cut into sequences.
type series struct {
	name       string
	sequence   string        // column that cuts, or none
	columns    []data.Column // of the rows, with their standardisation
	all, train [][]float64   // sequences, and what of them is fitted
	rows, held int           // number of rows fitted and held out
	states     []int         // those that drawn rows come from, else nil
	notes      []string
}

// numbers are the emissions of real numbers, which are standardised.
func numbers(emission string) bool { return emission != "poisson" && emission != "discrete" }

// read reads the series of a config.
func read(c engine.Config) (*series, error) {
	s, err := table(c.Data, c.Text("sequence"), c.List("column"), c.List("drop"))
	if err != nil {
		return nil, err
	}
	if numbers(c.Text("emission")) {
		s.leaveConstant()
	}
	if len(s.columns) == 0 {
		return nil, fmt.Errorf("hmm: %s: got no column with two different values, want at least one", s.name)
	}
	share := c.Number("held-out")
	for _, x := range s.all {
		n := len(x) / len(s.columns)
		out := int(share * float64(n))
		s.train = append(s.train, x[:(n-out)*len(s.columns)])
		s.rows, s.held = s.rows+n-out, s.held+out
	}
	if s.rows < 2 {
		return nil, fmt.Errorf("hmm: %s: got %d rows to fit, want at least 2", s.name, s.rows)
	}
	if numbers(c.Text("emission")) && c.On("standardize") {
		s.standardise()
	}
	return s, s.check(c.Text("emission"))
}

// table reads rows and cuts them where the sequence column changes.
func table(path, sequence string, columns, drop []string) (*series, error) {
	if path == generated {
		if sequence != "" || columns != nil || drop != nil {
			return nil, fmt.Errorf("hmm: %s: got names of columns, want none: its columns are given", generated)
		}
		return switches(), nil
	}
	opt := data.ReadOptions{Label: sequence, Drop: drop}
	for _, name := range columns {
		opt.Columns = append(opt.Columns, data.Column{Name: name, Scale: 1})
	}
	t, rep, err := data.ReadTable(path, opt)
	if err != nil {
		return nil, err
	}
	s := &series{name: t.Name, sequence: sequence, notes: rep.Notes}
	for _, name := range t.Columns {
		s.columns = append(s.columns, data.Column{Name: name, Scale: 1})
	}
	d := len(s.columns)
	if d == 0 {
		return nil, fmt.Errorf("hmm: %s: got no column of numbers, want at least one", t.Name)
	}
	from := 0
	for i := 1; i <= t.Len(); i++ {
		if i == t.Len() || t.Labels != nil && t.Labels[i] != t.Labels[i-1] {
			s.all = append(s.all, t.X[from*d:i*d])
			from = i
		}
	}
	return s, nil
}

// leaveConstant leaves out columns of one value, which tell states apart by rounding alone.
func (s *series) leaveConstant() {
	d := len(s.columns)
	var keep []int
	var columns []data.Column
	for j, c := range s.columns {
		first := s.all[0][j]
		if slices.ContainsFunc(s.all, func(x []float64) bool {
			for i := j; i < len(x); i += d {
				if x[i] != first {
					return true
				}
			}
			return false
		}) {
			keep, columns = append(keep, j), append(columns, c)
			continue
		}
		s.notes = append(s.notes, fmt.Sprintf("column %s has one value, %v, and is left out", c.Name, first))
	}
	s.columns = columns
	for i, x := range s.all {
		kept := make([]float64, 0, len(x)/d*len(keep))
		for from := 0; from < len(x); from += d {
			for _, j := range keep {
				kept = append(kept, x[from+j])
			}
		}
		s.all[i] = kept
	}
}

// standardise brings the columns to the mean and the deviation of the rows that are fitted.
func (s *series) standardise() {
	d, n := len(s.columns), float64(s.rows)
	for j := range s.columns {
		mean, squares, same := 0., 0., true
		for _, x := range s.train {
			for i := j; i < len(x); i += d {
				mean += x[i] / n
				same = same && x[i] == s.train[0][j]
			}
		}
		for _, x := range s.train {
			for i := j; i < len(x); i += d {
				squares += (x[i] - mean) * (x[i] - mean) / n
			}
		}
		if same { // it varies in held-out rows alone
			mean, squares = s.train[0][j], 0
		}
		s.columns[j].Mean = mean
		if squares > 0 {
			s.columns[j].Scale = math.Sqrt(squares)
		}
	}
	for _, x := range s.all {
		apply(x, s.columns)
	}
}

// apply standardises rows in place; those of train are parts of all.
func apply(x []float64, columns []data.Column) {
	for i := range x {
		c := columns[i%len(columns)]
		x[i] = (x[i] - c.Mean) / c.Scale
	}
}

// check says what of the rows an emission cannot take.
func (s *series) check(emission string) error {
	d := len(s.columns)
	if numbers(emission) {
		return nil
	}
	if d != 1 {
		return &engine.SettingError{Err: fmt.Errorf("hmm: emission: got %s for %d columns, want one column: choose it by --column", emission, d)}
	}
	for _, x := range s.all {
		for i, v := range x {
			if v < 0 || v != math.Trunc(v) || emission == "discrete" && v >= mostSymbols {
				return fmt.Errorf("hmm: %s: column %s: row %d of a sequence: got %v, want whole numbers from 0 for %s emissions", s.name, s.columns[0].Name, i, v, emission)
			}
		}
	}
	return nil
}

// mostSymbols bounds the symbols of a discrete emission.
const mostSymbols = 1 << 16

// symbols is the number of symbols of the rows.
func (s *series) symbols() int {
	top := 0.
	for _, x := range s.all {
		for _, v := range x {
			top = max(top, v)
		}
	}
	return int(top) + 1
}

// names lists the columns.
func (s *series) names() (out []string) {
	for _, c := range s.columns {
		out = append(out, c.Name)
	}
	return out
}

// String counts the rows.
func (s *series) String() string {
	out := fmt.Sprintf("%s: %s rows of %d columns", s.name, text.Thousands(s.rows), len(s.columns))
	if len(s.all) > 1 {
		out += fmt.Sprintf(" in %s sequences", text.Thousands(len(s.all)))
	}
	if s.held > 0 {
		out += fmt.Sprintf(", %s more held out", text.Thousands(s.held))
	}
	return out
}

// fingerprint is the sha256 of columns and sequences.
func (s *series) fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%+v\n", s.columns)
	for i, x := range s.all {
		fmt.Fprintf(h, "%d %d\n", len(x), len(s.train[i]))
		b := make([]byte, 0, 8*len(x))
		for _, v := range x {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// switches draws 3,000 rows of two columns from three Gaussians that a chain switches between.
func switches() *series {
	e, err := markov.NewGaussian(markov.Diagonal, 2, []float64{0, 0, 6, 0, 0, 6}, []float64{1, 1, 1, 2, .5, 1})
	if err != nil {
		panic(err) // its numbers stand above
	}
	m, err := markov.New([]float64{1, 0, 0}, []float64{.95, .03, .02, .04, .9, .06, .05, .02, .93}, e)
	if err != nil {
		panic(err)
	}
	x, states, err := m.Simulate(rng.New(0x5717c4), 3000)
	if err != nil {
		panic(err)
	}
	for i, v := range x {
		x[i] = math.Round(1000*v) / 1000 // few digits, the same on every processor
	}
	return &series{name: generated, columns: []data.Column{{Name: "x", Scale: 1}, {Name: "y", Scale: 1}}, all: [][]float64{x}, states: states}
}
