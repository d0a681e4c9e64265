package bif

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

var (
	variables = regexp.MustCompile(`(?s)variable (\S+) \{\s*type discrete \[ (\d+) \] \{ ([^}]*) \};`)
	blocks    = regexp.MustCompile(`(?s)probability \( (\S+)(?: \| ([^)]*?))? \) \{(.*?)\n\}`)
	entries   = regexp.MustCompile(`(?m)^\s*(?:table|\(([^)]*)\)) (.*);$`)
	commas    = regexp.MustCompile(`,\s*`)
)

// entry is p of each state of a variable at the states of its parents, by name.
type entry map[string][]float64

// plainly reads the one form that the bnlearn repository writes, by patterns.
func plainly(t *testing.T, text string) (states map[string][]string, parents map[string][]string, tables map[string]entry) {
	t.Helper()
	states, parents, tables = map[string][]string{}, map[string][]string{}, map[string]entry{}
	for _, m := range variables.FindAllStringSubmatch(text, -1) {
		states[m[1]] = commas.Split(m[3], -1)
		if strconv.Itoa(len(states[m[1]])) != m[2] {
			t.Fatalf("the pattern does not fit %s", m[1])
		}
	}
	for _, m := range blocks.FindAllStringSubmatch(text, -1) {
		if m[2] != "" {
			parents[m[1]] = commas.Split(m[2], -1)
		}
		tables[m[1]] = entry{}
		for _, e := range entries.FindAllStringSubmatch(m[3], -1) {
			var row []float64
			for _, s := range commas.Split(e[2], -1) {
				x, err := strconv.ParseFloat(s, 64)
				if err != nil {
					t.Fatal(err)
				}
				row = append(row, x)
			}
			tables[m[1]][strings.Join(commas.Split(e[1], -1), ",")] = row
		}
	}
	return states, parents, tables
}

// key names the states of the parents in a row.
func key(n *pgm.Network, i, row int) string {
	var names []string
	for _, p := range slices.Backward(n.Parents[i]) {
		k := len(n.Vars[p].States)
		names = append(names, n.Vars[p].States[row%k])
		row /= k
	}
	slices.Reverse(names)
	return strings.Join(names, ",")
}

func TestTheSharedNetworksAreWhatPatternsFindInThem(t *testing.T) {
	cells := 0
	for _, text := range files(t) {
		states, parents, tables := plainly(t, string(text))
		n, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(states) != len(n.Vars) {
			t.Errorf("got %d variables, want %d", len(n.Vars), len(states))
		}
		for i, v := range n.Vars {
			if !slices.Equal(v.States, states[v.Name]) {
				t.Errorf("%s: got states %q, want %q", v.Name, v.States, states[v.Name])
			}
			var names []string
			for _, p := range n.Parents[i] {
				names = append(names, n.Vars[p].Name)
			}
			if !slices.Equal(names, parents[v.Name]) {
				t.Errorf("%s: got parents %q, want %q", v.Name, names, parents[v.Name])
			}
			k := len(v.States)
			for at, x := range exp(n, i) {
				tk.Close(t, v.Name, x, tables[v.Name][key(n, i, at/k)][at%k], 1e-15)
				cells++
			}
		}
	}
	if cells < 700 {
		t.Errorf("got %d entries, want those of six networks", cells)
	}
}

// randomNetwork has names and states that need quotation marks here and there.
func randomNetwork(t *testing.T, r *rand.Rand) *pgm.Network {
	t.Helper()
	n := 1 + r.IntN(6)
	vars, parents, rows := make([]pgm.Variable, n), make([][]int, n), make([][]float64, n)
	for i := range vars {
		vars[i] = pgm.Numbered([]string{"x%d", "the %d", "//%d", "<%d"}[r.IntN(4)], 1+r.IntN(4))
		vars[i].Name = fmt.Sprintf(vars[i].Name, i)
		count := len(vars[i].States)
		for _, p := range r.Perm(i)[:min(i, r.IntN(3))] {
			parents[i] = append(parents[i], p)
			count *= len(vars[p].States)
		}
		k := len(vars[i].States)
		rows[i] = make([]float64, count)
		for at := range rows[i] {
			rows[i][at] = r.Float64()
		}
		for row := range slices.Chunk(rows[i], k) {
			sum := 0.
			for _, x := range row {
				sum += x
			}
			for s := range row {
				row[s] /= sum
			}
		}
	}
	net, err := pgm.NewNetwork(vars, parents, rows)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Blanks, line ends and comments between words change nothing.
func TestRandomNetworksAreReadBackHoweverTheyAreSpaced(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 7))
	gaps := []string{" ", "\n", "\t ", " /* a ; } comment */ ", " // another {\n"}
	for range 300 {
		n := randomNetwork(t, r)
		var out, spaced bytes.Buffer
		if err := Write(&out, n); err != nil {
			t.Fatal(err)
		}
		s := scanner{text: out.String(), line: 1}
		for word := s.next(); word != ""; word = s.next() {
			if strings.Contains(word, " ") || strings.HasPrefix(word, "//") {
				word = strconv.Quote(word)
			}
			spaced.WriteString(word + gaps[r.IntN(len(gaps))])
		}
		m, err := Read(&spaced)
		if err != nil {
			t.Fatal(err)
		}
		same(t, n, m)
	}
}

func TestWordsAndTheirLines(t *testing.T) {
	s := scanner{text: "a,b{c}\n// gone\n\"d e\" /* gone\n\n */ f(1.5e-3|g)//h\ni/j", line: 1}
	for _, want := range []struct {
		word string
		line int
	}{
		{"a", 1}, {",", 1}, {"b", 1}, {"{", 1}, {"c", 1}, {"}", 1}, {"d e", 3}, {"f", 5}, {"(", 5},
		{"1.5e-3", 5}, {"|", 5}, {"g", 5}, {")", 5}, {"i/j", 6}, {"", 6},
	} {
		if got := s.next(); got != want.word || s.line != want.line {
			t.Errorf("got %q on line %d, want %q on line %d", got, s.line, want.word, want.line)
		}
	}
	if s.failed != nil {
		t.Errorf("got %v", s.failed)
	}
}

func TestLongWordsAreShownShortened(t *testing.T) {
	_, err := Read(strings.NewReader(strings.Repeat("x", 10000)))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("got %v, want a short error", err)
	}
	if got := quoted(""); got != "the end of the file" {
		t.Errorf("got %q", got)
	}
}

// 1/3 and its like come back to the last bit but one: exp of ln costs one rounding.
func TestProbabilitiesKeepTheirDigits(t *testing.T) {
	p := []float64{1. / 3, 1. / 7, 1e-300, 11. / 21}
	n, err := pgm.NewNetwork([]pgm.Variable{pgm.Numbered("x", 4)}, [][]int{nil}, [][]float64{p})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Write(&out, n); err != nil {
		t.Fatal(err)
	}
	m, err := Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	for s, x := range p {
		tk.Close(t, "p", exp(m, 0)[s], x, 1e-15)
		if rel := math.Abs(m.Tables[0].Log[s] - math.Log(x)); rel > 1e-12 {
			t.Errorf("got ln p off by %g, want below 1e-12", rel)
		}
	}
}

// A file that stops early is refused at a line it has, wherever it stops.
func TestEveryTruncationIsAFormatErrorAtALineOfTheFile(t *testing.T) {
	last := strings.LastIndexByte(dog, '}')
	for at := range last {
		_, err := Read(strings.NewReader(dog[:at]))
		var f *pgm.FormatError
		if !errors.As(err, &f) {
			t.Errorf("stopped at %d: got %v, want a format error", at, err)
		} else if lines := 1 + strings.Count(dog[:at], "\n"); f.Line > lines {
			t.Errorf("stopped at %d: got line %d of %d", at, f.Line, lines)
		}
	}
	if _, err := Read(strings.NewReader(dog[:last+1])); err != nil {
		t.Errorf("got %v of the whole file", err)
	}
}

// A table in one list has the child slowest and the last parent fastest: the rows of the same
// network, turned.
func TestAListIsTheTurnedTableOfRows(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	for range 200 {
		n := randomNetwork(t, r)
		var out strings.Builder
		for _, v := range n.Vars {
			fmt.Fprintf(&out, "variable %q { type discrete [ %d ] { %s }; }\n", v.Name, len(v.States), strings.Join(v.States, " "))
		}
		for i, v := range n.Vars {
			fmt.Fprintf(&out, "probability ( %q", v.Name)
			for k, p := range n.Parents[i] {
				fmt.Fprintf(&out, " %s %q", "|,"[min(k, 1):][:1], n.Vars[p].Name)
			}
			fmt.Fprint(&out, " ) { table")
			p, k := exp(n, i), len(v.States)
			for s := range k {
				for row := range len(p) / k {
					fmt.Fprint(&out, " ", p[row*k+s])
				}
			}
			fmt.Fprintln(&out, "; }")
		}
		m, err := Read(strings.NewReader(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		same(t, n, m)
	}
}

func TestFilesBeyondTheLimitsAreRefused(t *testing.T) {
	if _, err := Read(bytes.NewReader(bytes.Repeat([]byte(" "), MaxBytes+1))); err == nil || !strings.Contains(err.Error(), strconv.Itoa(MaxBytes)) {
		t.Errorf("got %v, want the limit of bytes", err)
	}
	var out strings.Builder
	for i := range MaxVariables + 1 {
		fmt.Fprintf(&out, "variable x%d { type discrete [ 1 ] { s }; }\n", i)
	}
	if _, err := Read(strings.NewReader(out.String())); err == nil || !strings.Contains(err.Error(), strconv.Itoa(MaxVariables)) {
		t.Errorf("got %v, want the limit of variables", err)
	}
}
