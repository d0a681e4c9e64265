package uai

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/elbo-go/elbo/pgm"
)

// ReadEvidence reads "n variable state …" for a model's variables; an empty file is no
// evidence. Files of 2010 begin with the number of samples, 1: these are read as well.
func ReadEvidence(in io.Reader, vars []pgm.Variable) (pgm.Evidence, error) {
	r := newReader(in)
	var xs []int
	for {
		word := r.next()
		if word == "" {
			break
		}
		x, err := strconv.Atoi(word)
		if err != nil || x < 0 || len(xs) > 2*len(vars)+1 {
			return nil, r.fault("evidence", quoted(word), "whole numbers from 0, at most two for each variable")
		}
		xs = append(xs, x)
	}
	if r.failed != nil {
		return nil, r.failed
	}
	if len(xs)%2 == 0 && len(xs) > 0 && xs[0] == 1 {
		xs = xs[1:]
	}
	e := pgm.Evidence{}
	if len(xs) == 0 {
		return e, nil
	}
	if len(xs)%2 == 0 || xs[0] != len(xs)/2 {
		return nil, r.fault("evidence", fmt.Sprintf("a count of %d before %d numbers", xs[0], len(xs)-1), "two numbers for each")
	}
	for pair := range slices.Chunk(xs[1:], 2) {
		v, s := pair[0], pair[1]
		if _, again := e[v]; again || v >= len(vars) || s >= len(vars[v].States) {
			return nil, r.fault("evidence", fmt.Sprintf("variable %d in state %d", v, s), "variables and states of the model, each variable once")
		}
		e[v] = s
	}
	return e, nil
}

// WriteEvidence writes "n variable state …" in the order of the variables.
func WriteEvidence(out io.Writer, e pgm.Evidence) error {
	w := bufio.NewWriter(out)
	fmt.Fprint(w, len(e))
	for _, v := range slices.Sorted(maps.Keys(e)) {
		fmt.Fprintf(w, " %d %d", v, e[v])
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// ReadMarginals reads a MAR result: for each variable the number of its states and their
// probabilities.
func ReadMarginals(in io.Reader) (marginals [][]float64, err error) {
	r := newReader(in)
	if word := r.next(); word != "MAR" {
		return nil, r.fault("kind", quoted(word), `"MAR"`)
	}
	n, err := r.whole("number of variables", 0, MaxVariables)
	if err != nil {
		return nil, err
	}
	for i := range n {
		field := "variable " + strconv.Itoa(i)
		k, err := r.whole(field, 1, pgm.MaxStates)
		if err != nil {
			return nil, err
		}
		var m []float64
		for range k {
			p, err := r.number(field)
			if err != nil {
				return nil, err
			}
			if p < 0 || p > 1 {
				return nil, r.fault(field, strconv.FormatFloat(p, 'g', -1, 64), "a probability")
			}
			m = append(m, p)
		}
		marginals = append(marginals, m)
	}
	return marginals, r.end()
}

// WriteMarginals writes a MAR result.
func WriteMarginals(out io.Writer, marginals [][]float64) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "MAR\n%d", len(marginals))
	for _, m := range marginals {
		fmt.Fprintf(w, " %d", len(m))
		for _, p := range m {
			fmt.Fprint(w, " ", strconv.FormatFloat(p, 'g', -1, 64))
		}
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// ReadPartition reads a PR result, log₁₀ Z. A number after it, which some solvers print, is
// passed over.
func ReadPartition(in io.Reader) (log10 float64, err error) {
	r := newReader(in)
	if word := r.next(); word != "PR" {
		return 0, r.fault("kind", quoted(word), `"PR"`)
	}
	if log10, err = r.number("log10 Z"); err != nil {
		return 0, err
	}
	r.next()
	return log10, r.end()
}

// WritePartition writes a PR result, log₁₀ Z.
func WritePartition(out io.Writer, log10 float64) error {
	_, err := fmt.Fprintf(out, "PR\n%s\n", strconv.FormatFloat(log10, 'g', -1, 64))
	return err
}

// The names of a most probable assignment: it was called MPE until 2012, MAP from then on.
const (
	MPE = "MPE"
	MAP = "MAP"
)

// ReadAssignment reads an MPE or MAP result: the number of variables and the state of each.
func ReadAssignment(in io.Reader) (states []int, err error) {
	r := newReader(in)
	if word := r.next(); word != MPE && word != MAP {
		return nil, r.fault("kind", quoted(word), `"MPE" or "MAP"`)
	}
	n, err := r.whole("number of variables", 0, MaxVariables)
	for i := 0; i < n && err == nil; i++ {
		var s int
		s, err = r.whole("variable "+strconv.Itoa(i), 0, pgm.MaxStates-1)
		states = append(states, s)
	}
	if err != nil {
		return nil, err
	}
	return states, r.end()
}

// WriteAssignment writes an assignment under one of its names, MPE or MAP.
func WriteAssignment(out io.Writer, kind string, states []int) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s\n%d", kind, len(states))
	for _, s := range states {
		fmt.Fprint(w, " ", s)
	}
	fmt.Fprintln(w)
	return w.Flush()
}
