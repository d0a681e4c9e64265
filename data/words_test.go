package data

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

func TestTablesOfWords(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv":    "x, y\nyes, 1\nno,\"two, words\"\nyes,\n",
		"b.csv":    "\xef\xbb\xbfx,y\r\nyes ,1\r\n\r\nno,\"two, words\"\r\nyes,\"\"\r\n",
		"c.tsv":    "x\ty\nyes\t1\nno\ttwo, words\nyes\t\n",
		"d.csv.gz": string(gzipped(t, []byte("x,y\nyes,1\nno,\"two, words\"\nyes,"))),
	} {
		w, err := ReadWords(put(t, t.TempDir(), name, []byte(text)), Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprintf("%q %q", w.Names, w.Columns); got != `["x" "y"] [["yes" "no" "yes"] ["1" "two, words" ""]]` {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestTablesOfWordsThatAreNoneAreRefusedAtTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":               "got an empty file",
		"x,y\n":          "row 2: got no row below the names",
		"x,x\n1,2\n":     `row 1, column 2: got the name "x"`,
		"x,\n1,2\n":      `row 1, column 2: got the name ""`,
		"x,y\n1,2\n3\n":  "row 3: got 1 cells, want 2",
		"x,y\n1,\"2\n":   "quote",
		"x;y\n1;2\n":     "got cells parted by semicolons",
		"\xff\xfex\x00,": "UTF-16",
	} {
		_, err := ReadWords(put(t, t.TempDir(), "a.csv", []byte(text)), Limits{})
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error that says %q", text, err, want)
		}
	}
	if _, err := ReadWords("nowhere.csv", Limits{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
	lim := DefaultLimits()
	lim.MaxRows = 2
	_, err := ReadWords(put(t, t.TempDir(), "a.csv", []byte("x\n1\n2\n3\n")), lim)
	if err == nil || !strings.Contains(err.Error(), "row 4: got more than 2 rows") {
		t.Errorf("got %v", err)
	}
}

func TestCorruptedTablesOfWordsEndInWordsOrAnError(t *testing.T) {
	whole := []byte("x,y,z\nyes,1,\"a b\"\nno,2,c\n\"q\"\"r\",3,d\n")
	r := rand.New(rand.NewPCG(1, 7))
	path := put(t, t.TempDir(), "a.csv", nil)
	for range 2000 {
		b := append([]byte(nil), whole[:r.IntN(len(whole)+1)]...)
		for range r.IntN(4) {
			if len(b) > 0 {
				b[r.IntN(len(b))] = byte(r.IntN(256))
			}
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := ReadWords(path, Limits{})
		var fe *FormatError
		switch {
		case err != nil && !errors.As(err, &fe):
			t.Fatalf("%q: got %v, want a FormatError", b, err)
		case err == nil && (len(w.Columns) != len(w.Names) || len(w.Columns[0]) == 0):
			t.Fatalf("%q: got %v", b, w)
		}
	}
}
