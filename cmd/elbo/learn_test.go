package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	"github.com/elbo-go/elbo/pgm/learn"
)

// weather is a network of four variables, one of them a common cause of two.
func weather(t *testing.T) *pgm.Network {
	t.Helper()
	no := []string{"no", "yes"}
	n, err := pgm.NewNetwork([]pgm.Variable{{Name: "rain", States: no}, {Name: "sprinkler", States: no}, {Name: "wet", States: no}, {Name: "slippery", States: no}},
		[][]int{nil, {0}, {0, 1}, {2}},
		[][]float64{{.7, .3}, {.4, .6, .9, .1}, {.95, .05, .2, .8, .1, .9, .02, .98}, {.9, .1, .2, .8}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// writeNetwork writes a .bif file.
func writeNetwork(t *testing.T, path string, n *pgm.Network) string {
	t.Helper()
	var b strings.Builder
	if err := bif.Write(&b, n); err != nil {
		t.Fatal(err)
	}
	return writeText(t, path, b.String())
}

// weatherTable writes rows of the network, without some columns, every so-manieth cell missing.
func weatherTable(t *testing.T, path string, rows, every int, without ...string) string {
	t.Helper()
	n := weather(t)
	d, err := learn.Sample(n, rows, rng.New(7))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var cols []int
	var names []string
	for v, x := range n.Vars {
		if !strings.Contains(strings.Join(without, " "), x.Name) {
			cols, names = append(cols, v), append(names, x.Name)
		}
	}
	fmt.Fprintln(&b, strings.Join(names, ","))
	count := 0
	for r := range rows {
		for i, v := range cols {
			word := n.Vars[v].States[d.Cols[v][r]]
			if count++; every > 0 && count%every == 0 {
				word = []string{"?", "", "NA"}[count%3]
			}
			fmt.Fprint(&b, []string{"", ","}[min(i, 1)], word)
		}
		fmt.Fprintln(&b)
	}
	return writeText(t, path, b.String())
}

func TestEverySearchLearnsTheWeather(t *testing.T) {
	dir := t.TempDir()
	table := weatherTable(t, filepath.Join(dir, "w.csv"), 5000, 0)
	truth := writeNetwork(t, filepath.Join(dir, "truth.bif"), weather(t))
	out := filepath.Join(dir, "net.bif")
	for _, name := range learn.SearchNames() {
		var l learned
		if err := json.Unmarshal([]byte(must(t, "learn", "--data", table, "--structure", name, "--truth", truth, "--out", out, "--json").out), &l); err != nil {
			t.Fatal(err)
		}
		if l.Truth == nil || l.Truth.Distance != 0 || l.Rows != 5000 || l.Variables != 4 || len(l.Edges) != 4 || l.Free != 9 || l.Structure != name {
			t.Errorf("%s: got %+v, truth %+v", name, l, l.Truth)
		}
		if l.Value < l.Truth.Value-1e-6 || l.LogLik >= 0 || l.LogLik < l.Value-100 {
			t.Errorf("%s: got score %g, of the truth %g, ln p(data) %g", name, l.Value, l.Truth.Value, l.LogLik)
		}
		n, err := readBIF(out)
		if err != nil {
			t.Fatal(err)
		}
		if d := learn.PatternOf(n.Parents).Distance(learn.PatternOf(weather(t).Parents)); d != 0 {
			t.Errorf("%s: the network written is %d edges off", name, d)
		}
	}
}

func TestLearningIsToldInWords(t *testing.T) {
	dir := t.TempDir()
	table := weatherTable(t, filepath.Join(dir, "w.csv"), 2000, 0)
	truth := writeNetwork(t, filepath.Join(dir, "truth.bif"), weather(t))
	out := filepath.Join(dir, "net.bif")
	text := must(t, "learn", "--data", table, "--truth", truth, "--out", out).out
	for _, want := range []string{"2000 rows", "4 variables, 4 edges, 9 free parameters", "pc+hc: bdeu -", "ln p(data) -", "0 edges lacking, 0 extra", "slippery", "written"} {
		if !strings.Contains(text, want) {
			t.Errorf("output lacks %q:\n%s", want, text)
		}
	}
	if o := must(t, "learn", "--data", table, "--out", out, "--quiet"); o.out != "" {
		t.Errorf("quiet: got %q", o.out)
	}
}

// With the edges of a file the tables are those of the rows, here by hand from the file.
func TestTablesOfKnownEdgesAreTheSharesOfTheRows(t *testing.T) {
	dir := t.TempDir()
	table := writeText(t, filepath.Join(dir, "t.csv"), "a,b,other\nx,u,1\nx,u,2\nx,v,3\ny,v,4\n")
	start := writeText(t, filepath.Join(dir, "s.bif"), `network n { }
variable a { type discrete [ 2 ] { x, y }; }
variable b { type discrete [ 3 ] { u, v, w }; }
probability ( a ) { table .5, .5; }
probability ( b | a ) { (x) 1, 0, 0; (y) 1, 0, 0; }
`)
	out := filepath.Join(dir, "net.bif")
	must(t, "learn", "--data", table, "--structure", start, "--worth", "0", "--out", out)
	n, err := readBIF(out)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2. / 3, 1. / 3, 0, 0, 1, 0} {
		if got := math.Exp(n.Tables[1].Log[i]); math.Abs(got-want) > 1e-14 {
			t.Errorf("p(b | a) %d: got %g, want %g", i, got, want)
		}
	}
}

func TestHiddenVariablesAndMissingCellsAreFitted(t *testing.T) {
	dir := t.TempDir()
	table := weatherTable(t, filepath.Join(dir, "w.csv"), 300, 17, "wet")
	truth := writeNetwork(t, filepath.Join(dir, "truth.bif"), weather(t))
	out := filepath.Join(dir, "net.bif")
	for _, bayes := range []string{"--bayes=false", "--bayes"} {
		line := []string{"learn", "--data", table, "--structure", truth, "--out", out, "--starts", "2", "--sweeps", "40", "--json", bayes}
		var l learned
		if err := json.Unmarshal([]byte(must(t, line...).out), &l); err != nil {
			t.Fatal(err)
		}
		if len(l.Hidden) != 1 || l.Hidden[0] != "wet" || len(l.Bounds) == 0 || l.Converged == nil || l.LogLik >= 0 || l.Score != "" {
			t.Errorf("%s: got %+v", bayes, l)
		}
		for i := 1; i < len(l.Bounds); i++ {
			if l.Bounds[i] < l.Bounds[i-1]-1e-9*math.Abs(l.Bounds[i]) {
				t.Errorf("%s: the bound falls from %g to %g", bayes, l.Bounds[i-1], l.Bounds[i])
			}
		}
	}
	text := must(t, "learn", "--data", table, "--structure", truth, "--truth", truth, "--out", out, "--starts", "1", "--sweeps", "5", "--tolerance", "1e-15").out
	for _, want := range []string{"hidden   wet", "after 5 sweeps, still rising", "0 edges lacking, 0 extra, structural Hamming distance 0\n"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("output lacks %q:\n%s", want, text)
		}
	}
}

func TestMistakesOfLearn(t *testing.T) {
	dir := t.TempDir()
	table := weatherTable(t, filepath.Join(dir, "w.csv"), 50, 0)
	holes := weatherTable(t, filepath.Join(dir, "holes.csv"), 50, 9)
	cyclic := writeText(t, filepath.Join(dir, "c.bif"), "network n { }\nvariable rain { type discrete [ 1 ] { no }; }\nvariable wet { type discrete [ 1 ] { no }; }\nprobability ( rain | wet ) { (no) 1; }\nprobability ( wet | rain ) { (no) 1; }\n")
	other := writeText(t, filepath.Join(dir, "o.bif"), "network n { }\nvariable x { type discrete [ 1 ] { no }; }\nprobability ( x ) { table 1; }\n")
	one := writeText(t, filepath.Join(dir, "one.bif"), "network n { }\nvariable rain { type discrete [ 1 ] { no }; }\nprobability ( rain ) { table 1; }\n")
	out := filepath.Join(t.TempDir(), "net.bif")
	for _, c := range []struct {
		code int
		says string
		line []string
	}{
		{exitUsage, "--data FILE is missing", []string{"--out", out}},
		{exitUsage, `--out: got "", want a name that ends in .bif`, []string{"--data", table}},
		{exitUsage, `--out: got "net.xml"`, []string{"--data", table, "--out", "net.xml"}},
		{exitUsage, `got "hcc", want one of hc, optimal, pc, pc+hc, or a .bif file`, []string{"--data", table, "--out", out, "--structure", "hcc"}},
		{exitUsage, "(did you mean bdeu?)", []string{"--data", table, "--out", out, "--score", "bdue"}},
		{exitUsage, "--test: got", []string{"--data", table, "--out", out, "--test", "z"}},
		{exitUsage, "--level: got 1", []string{"--data", table, "--out", out, "--level", "1"}},
		{exitUsage, "--level: got NaN", []string{"--data", table, "--out", out, "--level", "NaN"}},
		{exitUsage, "--tabu: got -1, want 0", []string{"--data", table, "--out", out, "--tabu", "-1"}},
		{exitUsage, "--starts: got 0", []string{"--data", table, "--out", out, "--starts", "0"}},
		{exitUsage, "--worth: got 0 with", []string{"--data", table, "--out", out, "--worth", "0"}},
		{exitUsage, `--drop: got "rian"`, []string{"--data", table, "--out", out, "--drop", "rian"}},
		{exitUsage, "unknown flag", []string{"--data", table, "--out", out, "--scores", "bic"}},
		{exitUsage, "got 1 arguments", []string{table, "--out", out}},
		{exitFailed, "no such file", []string{"--data", filepath.Join(dir, "nothing.csv"), "--out", out}},
		{exitFailed, "no such file", []string{"--data", table, "--out", out, "--structure", filepath.Join(dir, "nothing.bif")}},
		{exitFailed, "no such file", []string{"--data", table, "--out", out, "--truth", filepath.Join(dir, "nothing.bif")}},
		{exitFailed, "got missing cells, want none where edges are searched for", []string{"--data", holes, "--out", out}},
		{exitFailed, `column "rain": got 2 states, want 1 to 1`, []string{"--data", table, "--out", out, "--max-states", "1"}},
		{exitFailed, "cycle", []string{"--data", table, "--out", out, "--structure", cyclic}},
		{exitFailed, "got no column of a variable", []string{"--data", table, "--out", out, "--structure", other}},
		{exitFailed, `got state "yes", want one of ["no"]`, []string{"--data", table, "--out", out, "--structure", one}},
		{exitFailed, `--truth: ` + other, []string{"--data", table, "--out", out, "--truth", other}},
	} {
		refuse(t, c.code, c.says, append([]string{"learn"}, c.line...)...)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("refused commands left a network")
	}
}

func TestInterruptedLearningLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	out := filepath.Join(dir, "net.bif")
	o := call(ctx, "learn", "--data", weatherTable(t, filepath.Join(dir, "w.csv"), 50, 0), "--out", out)
	if _, err := os.Stat(out); o.code != exitInterrupted || err == nil {
		t.Errorf("got exit %d, %q, network %v", o.code, o.err, err == nil)
	}
}
