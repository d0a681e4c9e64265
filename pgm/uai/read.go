// Package uai reads and writes the files of the UAI inference competitions: models, evidence
// and results (Elidan & Globerson 2010; Gogate 2014).
package uai

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/elbo-go/elbo/pgm"
)

// Limits of what is read: a file beyond them is refused.
const (
	MaxVariables = 1 << 20 // variables of a model
	MaxFactors   = 1 << 22 // factors of a model
	MaxCells     = 1 << 27 // entries of all tables together, and states of all variables
	maxWord      = 1 << 10 // bytes of a number
)

// Model is what a model file holds.
type Model struct {
	// Bayes says that the file calls itself a Bayesian network: the last variable of each
	// factor is the child.
	Bayes bool
	// Graph is the model as a factor graph. Variables are named by their numbers.
	Graph *pgm.Graph
}

// reader cuts a file into words.
type reader struct {
	in     *bufio.Reader
	line   int
	failed error
}

func newReader(in io.Reader) *reader { return &reader{in: bufio.NewReaderSize(in, 1<<16), line: 1} }

// next is the next word, or empty at the end of the file.
func (r *reader) next() string {
	var word []byte
	for {
		c, err := r.in.ReadByte()
		if err != nil {
			if !errors.Is(err, io.EOF) && r.failed == nil {
				r.failed = fmt.Errorf("pgm: uai: %w", err)
			}
			return string(word)
		}
		switch {
		case c > ' ' && len(word) == maxWord:
			r.failed = r.fault("word", "more than "+strconv.Itoa(maxWord)+" bytes", "a number")
			return ""
		case c > ' ':
			word = append(word, c)
			continue
		case len(word) > 0:
			_ = r.in.UnreadByte()
			return string(word)
		case c == '\n':
			r.line++
		}
	}
}

// fault is the error at this line.
func (r *reader) fault(field, got, want string) error {
	if r.failed != nil {
		return r.failed
	}
	return &pgm.FormatError{Format: "uai", Line: r.line, Field: field, Got: got, Want: want}
}

func quoted(word string) string {
	if word == "" {
		return "the end of the file"
	}
	return strconv.Quote(word[:min(len(word), 40)])
}

// whole reads a whole number from low to high.
func (r *reader) whole(field string, low, high int) (int, error) {
	word := r.next()
	n, err := strconv.Atoi(word)
	if err != nil || n < low || n > high {
		return 0, r.fault(field, quoted(word), fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return n, nil
}

// number reads a number; NaN is none.
func (r *reader) number(field string) (float64, error) {
	word := r.next()
	x, err := strconv.ParseFloat(word, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(x) {
		return 0, r.fault(field, quoted(word), "a number")
	}
	return x, nil
}

// end is the error of words after the last one.
func (r *reader) end() error {
	if word := r.next(); word != "" || r.failed != nil {
		return r.fault("file", quoted(word), "its end")
	}
	return nil
}

// Read reads a model. What is wrong with the text is a *pgm.FormatError.
func Read(in io.Reader) (*Model, error) {
	r := newReader(in)
	m := &Model{}
	switch kind := r.next(); kind {
	case "MARKOV":
	case "BAYES":
		m.Bayes = true
	default:
		return nil, r.fault("kind", quoted(kind), `"MARKOV" or "BAYES"`)
	}
	vars, err := r.variables()
	if err != nil {
		return nil, err
	}
	factors, err := r.scopes(vars)
	if err != nil {
		return nil, err
	}
	for i, f := range factors {
		if err := r.table(i, f); err != nil {
			return nil, err
		}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	m.Graph, err = pgm.NewGraph(vars, factors)
	return m, err
}

// variables reads their number and then the number of states of each.
func (r *reader) variables() (vars []pgm.Variable, err error) {
	n, err := r.whole("number of variables", 1, MaxVariables)
	if err != nil {
		return nil, err
	}
	names, states := map[int][]string{}, 0
	for i := range n {
		field := "states of variable " + strconv.Itoa(i)
		k, err := r.whole(field, 1, pgm.MaxStates)
		if err != nil {
			return nil, err
		}
		if names[k] == nil {
			if states += k; states > MaxCells {
				return nil, r.fault(field, "more than "+strconv.Itoa(MaxCells)+" in all", "fewer")
			}
			names[k] = pgm.Numbered("", k).States
		}
		vars = append(vars, pgm.Variable{Name: strconv.Itoa(i), States: names[k]})
	}
	return vars, nil
}

// scopes reads the number of factors and then the variables of each.
func (r *reader) scopes(vars []pgm.Variable) (factors []*pgm.Factor, err error) {
	m, err := r.whole("number of factors", 0, MaxFactors)
	if err != nil {
		return nil, err
	}
	cells := 0
	for i := range m {
		field := "scope of factor " + strconv.Itoa(i)
		n, err := r.whole(field, 0, len(vars))
		if err != nil {
			return nil, err
		}
		f, size, in := &pgm.Factor{}, 1, map[int]bool{}
		for range n {
			v, err := r.whole(field, 0, len(vars)-1)
			if err != nil {
				return nil, err
			}
			if in[v] {
				return nil, r.fault(field, "variable "+strconv.Itoa(v)+" again", "each once")
			}
			in[v] = true
			k := len(vars[v].States)
			if size *= k; size > MaxCells {
				return nil, r.fault(field, "a table of more than "+strconv.Itoa(MaxCells)+" entries", "fewer")
			}
			f.Vars, f.Card = append(f.Vars, v), append(f.Card, k)
		}
		if cells += size; cells > MaxCells {
			return nil, r.fault(field, "tables of more than "+strconv.Itoa(MaxCells)+" entries", "fewer")
		}
		factors = append(factors, f)
	}
	return factors, nil
}

// table reads the number of entries and the entries. Room is made as they come.
func (r *reader) table(i int, f *pgm.Factor) error {
	field, size := "table of factor "+strconv.Itoa(i), 1
	for _, k := range f.Card {
		size *= k
	}
	if _, err := r.whole(field, size, size); err != nil {
		return err
	}
	for range size {
		x, err := r.number(field)
		if err != nil {
			return err
		}
		if x < 0 || math.IsInf(x, 1) {
			return r.fault(field, strconv.FormatFloat(x, 'g', -1, 64), "a finite number from 0")
		}
		f.Log = append(f.Log, math.Log(x))
	}
	return nil
}
