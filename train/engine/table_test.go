package engine

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// spoken is a table of two sentences.
var spoken = Table{
	Columns: []string{"word", "p", "n"}, Ends: []int{2},
	Rows: [][]any{{"the", .1, 1}, {`a "b", c`, 1. / 3, 2}, {"end", 1e-300, 3}},
}

func TestTablesAreWrittenInEachFormat(t *testing.T) {
	for format, want := range map[string]string{
		".csv":   "word,p,n\nthe,0.1,1\n\"a \"\"b\"\", c\",0.3333333333333333,2\nend,1e-300,3\n",
		".jsonl": `{"word":"the","p":0.1,"n":1}` + "\n" + `{"word":"a \"b\", c","p":0.3333333333333333,"n":2}` + "\n" + `{"word":"end","p":1e-300,"n":3}` + "\n",
		".txt":   "the 0.1 1\na \"b\", c 0.3333333333333333 2\n\nend 1e-300 3\n\n",
	} {
		var b strings.Builder
		if err := spoken.Write(&b, format); err != nil || b.String() != want {
			t.Errorf("%s: got %q, want %q (%v)", format, b.String(), want, err)
		}
	}
	alone := Table{Columns: []string{"x"}, Rows: [][]any{{1}, {2}}}
	var b strings.Builder
	if err := alone.Write(&b, ".txt"); err != nil || b.String() != "1\n2\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
	empty := Table{Columns: []string{"x", "y"}}
	b.Reset()
	if err := empty.Write(&b, ".csv"); err != nil || b.String() != "x,y\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

// full is a writer without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestTablesThatCannotBeWrittenAreErrors(t *testing.T) {
	says(t, spoken.Write(&strings.Builder{}, ".xls"), `format: got ".xls", want one of .csv, .jsonl, .txt`)
	bad := Table{Columns: []string{"x"}, Rows: [][]any{{math.NaN()}}}
	says(t, bad.Write(&strings.Builder{}, ".jsonl"), "engine: table: ")
	for _, format := range Formats {
		long := Table{Columns: []string{"x"}, Rows: [][]any{{strings.Repeat("x", 10000)}}}
		says(t, long.Write(full{}, format), "no space")
	}
}

// Numbers come back from each format with every bit.
func TestNumbersOfTablesKeepEveryBit(t *testing.T) {
	r := rng.New(3).Rand()
	table := Table{Columns: []string{"a", "b"}}
	for range 500 {
		table.Rows = append(table.Rows, []any{math.Float64frombits(r.Uint64()&^(1<<62) | 1<<61), r.NormFloat64()})
	}
	var csvText, lines strings.Builder
	if err := errors.Join(table.Write(&csvText, ".csv"), table.Write(&lines, ".jsonl")); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(csvText.String())).ReadAll()
	if err != nil || len(rows) != 501 {
		t.Fatalf("got %d rows, %v", len(rows), err)
	}
	decoder := json.NewDecoder(strings.NewReader(lines.String()))
	for i, row := range table.Rows {
		var v struct{ A, B float64 }
		if err := decoder.Decode(&v); err != nil || v.A != row[0] || v.B != row[1] {
			t.Fatalf("row %d: got %v, want %v (%v)", i, v, row, err)
		}
		for j, cell := range rows[i+1] {
			if x, err := strconv.ParseFloat(cell, 64); err != nil || x != row[j] {
				t.Fatalf("row %d: got %s, want %v", i, cell, row[j])
			}
		}
	}
}
