package learn

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// Families scores families: a variable with its parents. It is what searches ask.
type Families interface {
	// Len is the number of variables.
	Len() int
	// Score is the term of a variable with parents, which are sorted.
	Score(v int, parents []int) float64
}

// extender is the ability to score a family with one parent more for many such at once.
type extender interface {
	// extend sets out[i] to the score of v with parents and more[i].
	extend(v int, parents, more []int, out []float64)
}

// Counted scores families by the counts of complete data, and remembers what it found. The
// zero-count configurations of a table, most of a large one, are never touched.
type Counted struct {
	data  *Data
	score Score
	card  []int
	total float64
	w     []float64
	known []map[string]float64 // of each variable
	lock  sync.Mutex
}

// maxCounts is the most counts of one table, 2 GiB.
const maxCounts = 1 << 28

// NewCounted makes the scorer of a table, which holds no missing cells.
func NewCounted(d *Data, s Score) (*Counted, error) {
	if !d.Complete() {
		return nil, ErrMissing
	}
	if e := d.Distinct(); e.Rows() <= d.Rows()/2 {
		d = e
	}
	for _, v := range d.Vars {
		if float64(len(v.States))*float64(d.Rows()) > maxCounts {
			return nil, fmt.Errorf("pgm: learn: data: column %q: got %d states in %d rows, want at most %d counts", v.Name, len(v.States), d.Rows(), maxCounts)
		}
	}
	c := &Counted{data: d, score: s, card: d.card(), total: d.Total(), w: d.weights(), known: make([]map[string]float64, len(d.Vars))}
	for v := range c.known {
		c.known[v] = map[string]float64{}
	}
	return c, nil
}

// Len is the number of variables.
func (c *Counted) Len() int { return len(c.card) }

// key names a set of parents.
func key(parents []int) string {
	b := make([]byte, 0, 4*len(parents))
	for _, p := range parents {
		b = binary.LittleEndian.AppendUint32(b, uint32(p))
	}
	return string(b)
}

func (c *Counted) recall(v int, k string) (float64, bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	x, ok := c.known[v][k]
	return x, ok
}

func (c *Counted) remember(v int, k string, x float64) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.known[v][k] = x
}

// Score is the term of a variable with sorted parents.
func (c *Counted) Score(v int, parents []int) float64 {
	k := key(parents)
	if x, ok := c.recall(v, k); ok {
		return x
	}
	cfg := c.configure(parents)
	x := c.table(v, cfg, nil)
	c.remember(v, k, x)
	return x
}

// config numbers the configurations of parents that the data hold.
type config struct {
	of    []int32 // the configuration of each row, below held
	held  int
	count float64 // of all configurations
}

// configure goes through the parents and keeps the configurations that are held.
func (c *Counted) configure(parents []int) config {
	cfg := config{of: make([]int32, c.data.Rows()), held: 1, count: 1}
	for _, p := range parents {
		cfg.count *= float64(c.card[p])
		cfg.held = refine(cfg.of, c.data.Cols[p], cfg.held, c.card[p])
	}
	return cfg
}

// refineTable is the most entries of a table that numbers codes anew; beyond it a map does.
const refineTable = 1 << 22

// refine splits the classes of rows by a column, and numbers the classes that are held in
// the order of their first row.
func refine(of, col []int32, held, card int) int {
	next := int32(0)
	if held*card <= refineTable {
		number := make([]int32, held*card)
		for r, s := range col {
			at := int(of[r])*card + int(s)
			if number[at] == 0 {
				next++
				number[at] = next
			}
			of[r] = number[at] - 1
		}
		return int(next)
	}
	number := map[int]int32{}
	for r, s := range col {
		at := int(of[r])*card + int(s)
		if number[at] == 0 {
			next++
			number[at] = next
		}
		of[r] = number[at] - 1
	}
	return int(next)
}

// table counts a variable in each configuration and adds up the terms of the score. The
// counts lie in buf where that is long enough.
func (c *Counted) table(v int, cfg config, buf *[]float64) float64 {
	r := c.card[v]
	counts := cleared(buf, cfg.held*r)
	col := c.data.Cols[v]
	for i, j := range cfg.of {
		counts[int(j)*r+int(col[i])] += c.w[i]
	}
	sum := 0.
	for row := range slices.Chunk(counts, r) {
		sum += c.score.Row(row, total(row), cfg.count)
	}
	return sum - c.score.Price(cfg.count, float64(r), c.total)
}

// cleared is a slice of n zeros, in buf where there is one.
func cleared(buf *[]float64, n int) []float64 {
	if buf == nil {
		return make([]float64, n)
	}
	if cap(*buf) < n {
		*buf = make([]float64, n)
	}
	s := (*buf)[:n]
	clear(s)
	return s
}

// extend sets out[i] to the score of v with parents and more[i]: the rows are put into
// classes by v and its parents once, and each candidate is one pass over them.
func (c *Counted) extend(v int, parents, more []int, out []float64) {
	keys, fresh := make([]string, len(more)), []int{}
	for i, u := range more {
		keys[i] = key(slices.Sorted(slices.Values(append(slices.Clone(parents), u))))
		var ok bool
		if out[i], ok = c.recall(v, keys[i]); !ok {
			fresh = append(fresh, i)
		}
	}
	if len(fresh) == 0 {
		return
	}
	cfg := c.configure(parents)
	at := make([]int32, len(cfg.of)) // configuration and state of v
	for i, s := range c.data.Cols[v] {
		at[i] = cfg.of[i]*int32(c.card[v]) + s
	}
	var wait sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(fresh))
	for w := range workers {
		wait.Go(func() {
			var counts, row []float64
			for k := w; k < len(fresh); k += workers {
				i := fresh[k]
				out[i] = c.candidate(v, more[i], cfg, at, &counts, &row)
			}
		})
	}
	wait.Wait()
	for _, i := range fresh {
		c.remember(v, keys[i], out[i])
	}
}

// candidate is the score of v with the parents of cfg and u.
func (c *Counted) candidate(v, u int, cfg config, at []int32, counts, row *[]float64) float64 {
	r, k := c.card[v], c.card[u]
	if float64(cfg.held)*float64(r)*float64(k) > refineTable {
		of := slices.Clone(cfg.of)
		return c.table(v, config{of, refine(of, c.data.Cols[u], cfg.held, k), cfg.count * float64(k)}, counts)
	}
	table := cleared(counts, cfg.held*r*k)
	col := c.data.Cols[u]
	for i, j := range at {
		table[int(j)*k+int(col[i])] += c.w[i]
	}
	q, sum := cfg.count*float64(k), 0.
	one := cleared(row, r)
	for j := range cfg.held {
		for s := range k {
			n := 0.
			for x := range one {
				one[x] = table[(j*r+x)*k+s]
				n += one[x]
			}
			if n > 0 {
				sum += c.score.Row(one, n, q)
			}
		}
	}
	return sum - c.score.Price(q, float64(r), c.total)
}

// Structure is the score of a structure: the sum over its families.
func Structure(f Families, parents [][]int) (sum float64) {
	for v, ps := range parents {
		sum += f.Score(v, slices.Sorted(slices.Values(ps)))
	}
	return sum
}

// scoreAll scores v with each of more beside its parents.
func scoreAll(f Families, v int, parents, more []int, out []float64) {
	if e, ok := f.(extender); ok {
		e.extend(v, parents, more, out)
		return
	}
	for i, u := range more {
		out[i] = f.Score(v, slices.Sorted(slices.Values(append(slices.Clone(parents), u))))
	}
}
