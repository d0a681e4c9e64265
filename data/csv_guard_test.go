package data

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// tooLong says by brute force whether a record of the text is longer than most bytes, or has
// more than cols fields, up to the first such record.
func tooLong(text string, most, cols int) bool {
	n, cells, quoted := 0, 1, false
	for i := range len(text) {
		n++
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			n, cells = 0, 1
			continue
		case c == ',' && !quoted:
			cells++
		}
		if n > most || cells > cols {
			return true
		}
	}
	return false
}

// The guard passes the same bytes on, whatever the size of the reads, and stops exactly where
// a record is too long.
func TestTheGuardPassesBytesOnUntilARecordIsTooLong(t *testing.T) {
	refused := 0
	for run := range 3000 {
		r := rng.New(13).At(uint64(run)).Rand()
		text := make([]byte, r.IntN(200))
		for i := range text {
			text[i] = "ab,\n\"1"[r.IntN(6)]
		}
		lim := Limits{MaxRecordBytes: 1 + r.IntN(60), MaxColumns: 1 + r.IntN(12)}
		g := &csvGuard{r: bytes.NewReader(text), comma: ',', lim: lim, row: 1}
		var got []byte
		var err error
		for err == nil {
			p := make([]byte, 1+r.IntN(20))
			var n int
			n, err = g.Read(p)
			got = append(got, p[:n]...)
		}
		want := tooLong(string(text), lim.MaxRecordBytes, lim.MaxColumns)
		if (err != io.EOF) != want {
			t.Fatalf("%q with %+v: got %v, want refused: %v", text, lim, err, want)
		}
		if err == io.EOF && !bytes.Equal(got, text) {
			t.Fatalf("got %q, want %q", got, text)
		}
		if want {
			refused++
			if _, again := g.Read(make([]byte, 9)); again != err {
				t.Fatalf("got %v after the failure, want %v again", again, err)
			}
		}
	}
	if refused < 300 || refused > 2700 {
		t.Errorf("got %d of 3000 refused, want some of both", refused)
	}
}

// randomTable is a table as text, with the numbers and labels that it holds.
type randomTable struct {
	text   string
	values []float32
	labels []string
	d      int
}

// newRandomTable writes a table with encoding/csv: odd names, quotes, line breaks in labels,
// blanks, CRLF, a byte order mark.
func newRandomTable(r *rand.Rand) randomTable {
	t := randomTable{d: 1 + r.IntN(5)}
	at := r.IntN(t.d + 1) // of the label column
	var b bytes.Buffer
	if r.IntN(3) == 0 {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = r.IntN(2) == 0
	head := make([]string, t.d+1)
	for j := range head {
		head[j] = fmt.Sprintf("col %d, \"%c\"", j, 'a'+rune(j))
	}
	head[at] = "kind"
	w.Write(head)
	for range 1 + r.IntN(20) {
		rec := make([]string, 0, t.d+1)
		for j := range t.d + 1 {
			if j == at {
				label := []string{"x", "a,b", "two\nlines", "\"q\"", "12"}[r.IntN(5)]
				t.labels = append(t.labels, label)
				rec = append(rec, label)
				continue
			}
			v := float32(r.NormFloat64() * 1e3)
			t.values = append(t.values, v)
			rec = append(rec, strconv.FormatFloat(float64(v), "gef"[r.IntN(3)], -1, 32)+strings.Repeat(" ", r.IntN(2)))
		}
		w.Write(rec)
	}
	w.Flush()
	t.text = b.String()
	return t
}

func TestRandomTablesAreReadAsTheyWereWritten(t *testing.T) {
	for run := range 500 {
		table := newRandomTable(rng.New(17).At(uint64(run)).Rand())
		set, rep, err := readString("csv", table.text, ReadOptions{Label: "kind"})
		if err != nil {
			t.Fatalf("%q: %v", table.text, err)
		}
		if set.Dim() != table.d || rep.Rows != len(table.labels) {
			t.Fatalf("%q: got %d×%d", table.text, set.Len(), set.Dim())
		}
		wantValues(t, set.X, table.values...)
		for i, l := range set.Labels {
			if set.Classes[l] != table.labels[i] {
				t.Errorf("%q: row %d: got label %q, want %q", table.text, i, set.Classes[l], table.labels[i])
			}
		}
	}
}

// The row of an error is the line where the record starts, also after blank lines and after
// line breaks inside quotes.
func TestRowsAreCountedInLinesOfTheFile(t *testing.T) {
	for text, want := range map[string]string{
		"a,kind\n1,x\nbad,y\n":                   `row 3, column "a"`,
		"a,kind\n\n\n1,x\n\nbad,y\n":             `row 6, column "a"`,
		"a,kind\n1,\"x\n\n\ny\"\nbad,y\n":        `row 6, column "a"`,
		"a,kind\r\n1,\"x\r\ny\"\r\nbad,\"y\nz\"": `row 4, column "a"`,
		"1,x\n2,x\nbad,y\n":                      `row 3, column "c1"`,
	} {
		label := "kind"
		if strings.HasPrefix(text, "1") {
			label = "c2"
		}
		_, _, err := readString("csv", text, ReadOptions{Label: label})
		wantFormatError(t, err, want+`: got "bad"`)
	}
}

// Without the bound, the standard reader would hold the whole field several times.
func TestAnOpenQuoteCostsNoMoreThanARecord(t *testing.T) {
	text := "a\n1\n\"" + strings.Repeat("x", 32<<20)
	var err error
	used := allocatedExactly(func() {
		_, err = readSized("csv", []byte(text), ReadOptions{Limits: Limits{MaxRecordBytes: 1 << 16}})
	})
	wantFormatError(t, err, "row 3: got more than 65536 bytes inside a quoted field")
	if used > 33<<20 { // of which 32 MiB are the copy of the text
		t.Errorf("got %d bytes allocated, want less than 1 MiB besides the text", used)
	}
}
