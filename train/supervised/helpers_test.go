package supervised

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// tableFile writes n rows of two numbers a and b, a number y = a − 2b + noise of deviation .1, and
// a text that says whether a is below b.
func tableFile(t *testing.T, n int) string {
	t.Helper()
	v := make([]float64, 3*n)
	rng.New(3).NormalFloat64(v)
	var b strings.Builder
	b.WriteString("a,b,y,kind\n")
	for i := range n {
		x, z := math.Round(1000*v[3*i])/1000, math.Round(1000*v[3*i+1])/1000
		fmt.Fprintf(&b, "%v,%v,%.4f,%s\n", x, z, x-2*z+.1*v[3*i+2], map[bool]string{true: "below", false: "above"}[x < z])
	}
	return textFile(t, b.String())
}

// textFile writes a table.
func textFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// numberColumns drops the text from a table of tableFile and keeps the columns a, b, y.
func numberColumns(t *testing.T, n int) string {
	t.Helper()
	b, err := os.ReadFile(tableFile(t, n))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, line := range strings.Fields(string(b)) {
		out = append(out, line[:strings.LastIndex(line, ",")])
	}
	return textFile(t, strings.Join(out, "\n")+"\n")
}

// tiny is a config of a fit of some milliseconds.
func tiny(path, target string) Config {
	c := Default()
	c.Data, c.Target, c.Epochs, c.Hidden, c.Draws, c.Members = path, target, 12, []int{4}, 5, 2
	return c
}

// open opens a table or fails the test.
func open(t *testing.T, c Config) *Table {
	t.Helper()
	tab, err := OpenTable(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// start fits a run in a directory of its own, or fails the test.
func start(t *testing.T, c Config) *Run {
	t.Helper()
	r, err := Start(context.Background(), c, open(t, c), filepath.Join(t.TempDir(), "run"), "test", Observer{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// says fails unless err has every part.
func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("got %q, want it to say %q", err, p)
		}
	}
}

// near fails unless got is within tol of want.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.8g, want %.8g within %g", what, got, want, tol)
	}
}

// file reads a file of a run.
func file(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
