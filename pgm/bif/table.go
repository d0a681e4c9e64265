package bif

import (
	"strconv"
)

// block is one probability block while it is read.
type block struct {
	field   string
	child   int
	parents []int
	k, rows int
	table   []float64 // rows × k
	set     []bool    // by row
}

// probability reads: ( child | parent, … ) { table …; (state, …) p, …; default p, …; }
func (r *reader) probability() error {
	b, err := r.head()
	if err != nil {
		return err
	}
	if err := r.expect(b.field, "{"); err != nil {
		return err
	}
	for {
		switch word := r.next(); word {
		case "}":
			for row, set := range b.set {
				if !set {
					return r.fault(b.field, "no entry for row "+strconv.Itoa(row), "one for each assignment of the parents")
				}
			}
			r.parents[b.child], r.rows[b.child] = b.parents, b.table
			return nil
		case "property":
			err = r.property()
		case "table":
			err = r.table(b)
		case "default":
			err = r.otherwise(b)
		case "(":
			err = r.entry(b)
		default:
			err = r.fault(b.field, quoted(word), `"table", "default", "(", "property" or "}"`)
		}
		if err != nil {
			return err
		}
	}
}

// head reads ( child | parent, … ) and makes room for the table.
func (r *reader) head() (*block, error) {
	if err := r.expect("probability", "("); err != nil {
		return nil, err
	}
	b := &block{rows: 1}
	var err error
	if b.child, err = r.name("probability"); err != nil {
		return nil, err
	}
	b.field = "probability of " + r.vars[b.child].Name
	if r.rows[b.child] != nil {
		return nil, r.fault(b.field, "a second block", "one")
	}
	b.k = len(r.vars[b.child].States)
	word := r.next()
	for word == "|" || word == "," {
		p, err := r.name(b.field + ": parent")
		if err != nil {
			return nil, err
		}
		b.parents = append(b.parents, p)
		if b.rows *= len(r.vars[p].States); b.rows > MaxCells {
			return nil, r.fault(b.field, "a table of more than "+strconv.Itoa(MaxCells)+" entries", "fewer")
		}
		word = r.next()
	}
	if word != ")" {
		return nil, r.fault(b.field, quoted(word), `"|", "," or ")"`)
	}
	if r.cells += b.rows * b.k; r.cells > MaxCells {
		return nil, r.fault(b.field, "tables of more than "+strconv.Itoa(MaxCells)+" entries", "fewer")
	}
	b.table, b.set = make([]float64, b.rows*b.k), make([]bool, b.rows)
	return b, nil
}

// numbers reads n numbers up to a semicolon.
func (r *reader) numbers(field string, n int) (xs []float64, err error) {
	for {
		word := r.next()
		switch {
		case word == ",":
			continue
		case word == ";" && len(xs) == n:
			return xs, nil
		case word == ";" || len(xs) == n:
			return nil, r.fault(field, quoted(word)+" after "+strconv.Itoa(len(xs))+" numbers", strconv.Itoa(n))
		}
		x, err := r.number(field, word)
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
}

// table reads all entries: the child changes slowest, the last parent fastest.
func (r *reader) table(b *block) error {
	xs, err := r.numbers(b.field, len(b.table))
	if err != nil {
		return err
	}
	for i, x := range xs {
		b.table[i%b.rows*b.k+i/b.rows] = x
	}
	for row := range b.set {
		b.set[row] = true
	}
	return nil
}

// otherwise reads the row of all assignments that have none of their own.
func (r *reader) otherwise(b *block) error {
	xs, err := r.numbers(b.field, b.k)
	if err != nil {
		return err
	}
	for row, set := range b.set {
		if !set {
			copy(b.table[row*b.k:], xs)
			b.set[row] = true
		}
	}
	return nil
}

// entry reads state, … ) p, …; the row of one assignment of the parents.
func (r *reader) entry(b *block) error {
	row := 0
	for i, p := range b.parents {
		word := r.next()
		if i > 0 && word == "," {
			word = r.next()
		}
		s := r.vars[p].State(word)
		if s < 0 {
			return r.fault(b.field+": state of "+r.vars[p].Name, quoted(word), "one of its states")
		}
		row = row*len(r.vars[p].States) + s
	}
	if err := r.expect(b.field, ")"); err != nil {
		return err
	}
	xs, err := r.numbers(b.field, b.k)
	if err != nil {
		return err
	}
	copy(b.table[row*b.k:], xs)
	b.set[row] = true
	return nil
}
