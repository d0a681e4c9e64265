package paper

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// uciTable is a regression table with the test rows of its splits.
type uciTable struct {
	x      [][]float32
	y      []float64
	splits [][]int
}

// openUCI reads a table of the folder uci-name.
func openUCI(t *testing.T, name string) *uciTable {
	t.Helper()
	dir := tk.DataPath(t, "uci-"+name)
	columns := map[string][]int{}
	raw, err := os.ReadFile(filepath.Join(dir, "columns.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) > 1 {
			columns[f[0]] = integers(t, f[1:])
		}
	}
	u := &uciTable{}
	for _, f := range gzLines(t, filepath.Join(dir, "data.txt.gz")) {
		value := func(j int) float64 {
			v, err := strconv.ParseFloat(f[j], 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		var row []float32
		for _, j := range columns["features"] {
			row = append(row, float32(value(j)))
		}
		u.x, u.y = append(u.x, row), append(u.y, value(columns["target"][0]))
	}
	for _, f := range gzLines(t, filepath.Join(dir, "splits-test-rows.txt.gz")) {
		u.splits = append(u.splits, integers(t, f))
	}
	return u
}

// integers parses numbers.
func integers(t *testing.T, fields []string) (out []int) {
	t.Helper()
	for _, f := range fields {
		v, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// gzLines reads the fields of each line that is not empty.
func gzLines(t *testing.T, path string) (out [][]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(z)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if fields := strings.Fields(s.Text()); len(fields) > 0 {
			out = append(out, fields)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// split returns the rows of a split without and with its test rows.
func (u *uciTable) split(i int) (train, test *uciTable) {
	in := make([]bool, len(u.x))
	for _, r := range u.splits[i] {
		in[r] = true
	}
	return u.part(in)
}

// part returns the rows that are not marked, and those that are.
func (u *uciTable) part(marked []bool) (train, test *uciTable) {
	train, test = &uciTable{}, &uciTable{}
	for r, m := range marked {
		to := train
		if m {
			to = test
		}
		to.x, to.y = append(to.x, u.x[r]), append(to.y, u.y[r])
	}
	return train, test
}
