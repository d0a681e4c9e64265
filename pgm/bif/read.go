// Package bif reads and writes Bayesian networks in the Bayesian Interchange Format, version
// 0.15 (Cozman 1998), the format of the bnlearn repository.
package bif

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/elbo-go/elbo/pgm"
)

// Limits of what is read: a file beyond them is refused.
const (
	MaxBytes     = 64 << 20 // bytes of a file
	MaxVariables = 1 << 16  // variables of a network
	MaxCells     = 1 << 24  // entries of all tables together
)

// reader holds what was read so far.
type reader struct {
	scanner
	vars    []pgm.Variable
	places  map[string]int
	parents [][]int
	rows    [][]float64
	cells   int
}

// Read reads a network. What is wrong with the text is a *pgm.FormatError.
func Read(in io.Reader) (*pgm.Network, error) {
	text, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("pgm: bif: %w", err)
	}
	r := &reader{scanner: scanner{text: string(text), line: 1}, places: map[string]int{}}
	if len(text) > MaxBytes {
		return nil, r.fault("file", "more than "+strconv.Itoa(MaxBytes)+" bytes", "fewer")
	}
	if err := r.file(); err != nil {
		return nil, err
	}
	for i, v := range r.vars {
		if r.rows[i] == nil {
			return nil, r.fault("file", "no probability block of "+v.Name, "one for each variable")
		}
	}
	n, err := pgm.NewNetwork(r.vars, r.parents, r.rows)
	if err != nil {
		return nil, &pgm.FormatError{Format: "bif", Field: "network", Got: "what makes no network", Want: "tables of a directed acyclic graph", Cause: err}
	}
	return n, nil
}

func (r *reader) file() error {
	for {
		switch word := r.next(); word {
		case "":
			if len(r.vars) == 0 {
				return r.fault("file", "its end", "a variable")
			}
			return r.failed
		case "network":
			r.next()
			if err := r.skipBlock(); err != nil {
				return err
			}
		case "variable":
			if err := r.variable(); err != nil {
				return err
			}
		case "probability":
			if err := r.probability(); err != nil {
				return err
			}
		default:
			return r.fault("file", quoted(word), `"network", "variable" or "probability"`)
		}
	}
}

// skipBlock passes over { … } that holds properties only.
func (r *reader) skipBlock() error {
	if err := r.expect("block", "{"); err != nil {
		return err
	}
	for {
		switch word := r.next(); word {
		case "}":
			return nil
		case "property":
			if err := r.property(); err != nil {
				return err
			}
		default:
			return r.fault("block", quoted(word), `"property" or "}"`)
		}
	}
}

func (r *reader) property() error {
	for {
		switch r.next() {
		case ";":
			return nil
		case "":
			return r.fault("property", "the end of the file", `";"`)
		}
	}
}

// variable reads: name { type discrete [ k ] { s, … }; }
func (r *reader) variable() error {
	v := pgm.Variable{Name: r.next()}
	if !isName(v.Name) {
		return r.fault("variable", quoted(v.Name), "a name")
	}
	if _, double := r.places[v.Name]; double {
		return r.fault("variable", "the name "+v.Name+" again", "names that differ")
	}
	if len(r.vars) == MaxVariables {
		return r.fault("variable", "more than "+strconv.Itoa(MaxVariables), "fewer")
	}
	if err := r.expect("variable "+v.Name, "{"); err != nil {
		return err
	}
	for {
		switch word := r.next(); word {
		case "}":
			if v.States == nil {
				return r.fault("variable "+v.Name, "no type", "type discrete [ k ] { … }")
			}
			r.places[v.Name] = len(r.vars)
			r.vars, r.parents, r.rows = append(r.vars, v), append(r.parents, nil), append(r.rows, nil)
			return nil
		case "property":
			if err := r.property(); err != nil {
				return err
			}
		case "type":
			states, err := r.states("variable " + v.Name)
			if err != nil {
				return err
			}
			v.States = states
		default:
			return r.fault("variable "+v.Name, quoted(word), `"type", "property" or "}"`)
		}
	}
}

// states reads: discrete [ k ] { s, … };
func (r *reader) states(field string) (states []string, err error) {
	if err := r.expect(field, "discrete", "["); err != nil {
		return nil, err
	}
	word := r.next()
	k, err := strconv.Atoi(word)
	if err != nil || k < 1 || k > pgm.MaxStates {
		return nil, r.fault(field+": number of states", quoted(word), "1 to "+strconv.Itoa(pgm.MaxStates))
	}
	if err := r.expect(field, "]", "{"); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for {
		word := r.next()
		switch {
		case word == "," && len(states) > 0:
			continue
		case word == "}" && len(states) == k:
			return states, r.expect(field, ";")
		case !isName(word) || len(states) == k:
			return nil, r.fault(field+": states", quoted(word)+" after "+strconv.Itoa(len(states)), strconv.Itoa(k)+" names")
		case seen[word]:
			return nil, r.fault(field+": states", quoted(word)+" again", "names that differ")
		}
		seen[word] = true
		states = append(states, word)
	}
}

// name reads the name of a variable that was declared.
func (r *reader) name(field string) (int, error) {
	word := r.next()
	i, ok := r.places[word]
	if !ok {
		return 0, r.fault(field, quoted(word), "a variable declared above")
	}
	return i, nil
}

// number reads a finite number from 0.
func (r *reader) number(field, word string) (float64, error) {
	x, err := strconv.ParseFloat(word, 64)
	if (err != nil && !errors.Is(err, strconv.ErrRange)) || !(x >= 0) || math.IsInf(x, 1) {
		return 0, r.fault(field, quoted(word), "a finite number from 0")
	}
	return x, nil
}
