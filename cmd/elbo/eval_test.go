package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// evalJSON runs `elbo eval --json`.
func evalJSON(t *testing.T, args ...string) evaluation {
	t.Helper()
	out, _ := mustRun(t, append([]string{"eval", "--json"}, args...)...)
	var e evaluation
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		t.Fatalf("%v in %.100q", err, out)
	}
	return e
}

func TestEvalRepeatsTheRecordedFigures(t *testing.T) {
	f := shared(t)
	e := evalJSON(t, f.images, "--k", "0")
	o, _, err := train.ReadOutcome(f.images)
	if err != nil {
		t.Fatal(err)
	}
	if e.Test.Bound != o.Test.Bound || e.Test.N != 100 || len(e.Test.KLPerDim) != 3 {
		t.Errorf("got bound %v of %d rows with %d dimensions, want %v of 100 with 3", e.Test.Bound, e.Test.N, len(e.Test.KLPerDim), o.Test.Bound)
	}
	if e.NLL != nil || !strings.Contains(e.NLLNote, "--k is 0") {
		t.Errorf("got NLL %v and %q, want none and why", e.NLL, e.NLLNote)
	}
}

// The evidence has exactly K weights a row, over the rows that were asked for, and the bound
// on the same rows does not exceed it.
func TestEvalImportanceSampling(t *testing.T) {
	f := shared(t)
	for _, c := range []struct {
		args []string
		k, n int
	}{
		{[]string{"--k", "37", "--every", "10"}, 37, 10},
		{[]string{"--k", "20", "--rows", "33"}, 20, 33},
		{[]string{"--k", "3"}, 3, 100},
	} {
		e := evalJSON(t, append([]string{f.images}, c.args...)...)
		if e.NLL == nil || e.NLL.K != c.k || e.NLL.N != c.n || e.SameRows.N != c.n {
			t.Errorf("%v: got %+v, want K %d over %d rows", c.args, e.NLL, c.k, c.n)
			continue
		}
		if e.NLL.ESS < 1 || e.NLL.ESS > float64(c.k) || e.NLL.MinESS > e.NLL.ESS || e.NLL.StdErr <= 0 {
			t.Errorf("%v: got effective sample sizes %v, %v and error %v, want 1 to %d", c.args, e.NLL.ESS, e.NLL.MinESS, e.NLL.StdErr, c.k)
		}
		if loose := -e.SameRows.Bound - e.NLL.NLL; loose < -4*math.Hypot(e.NLL.StdErr, e.SameRows.StdErr) {
			t.Errorf("%v: −ELBO − NLL: got %v, want at least 0", c.args, loose)
		}
	}
}

// Of many test rows every tenth is taken by default, and the report says so.
func TestEvalChoosesRows(t *testing.T) {
	for _, c := range []struct {
		rows, every, total, want int
		note                     string
	}{
		{0, 0, 1000, 1000, "all 1000 test rows"},
		{0, 0, 10000, 1000, "every 10th of 10000 test rows"},
		{0, 3, 10, 4, "every 3rd of 10 test rows"},
		{0, 1, 5000, 5000, "all 5000 test rows"},
		{50, 0, 5000, 50, "the first 50 of 5000 test rows, which are shuffled"},
		{50, 0, 20, 20, "all 20 test rows"},
	} {
		f := evalFlags{rows: c.rows, every: c.every}
		rows, note := f.nllRows(c.total)
		if len(rows) != c.want || note != c.note {
			t.Errorf("%+v: got %d rows, %q", c, len(rows), note)
		}
	}
}

// What is printed says what the figures are figures of.
func TestEvalNamesTheMeasure(t *testing.T) {
	f := shared(t)
	gray := filepath.Join(t.TempDir(), "grey")
	mustRun(t, "train", "vae", "--data", f.digits, "--epochs", "1", "--hidden", "8", "--latent", "2", "--binarize", "none", "--quiet", "--out", gray)
	for _, c := range []struct {
		run  string
		says []string
	}{
		{f.images, []string{"−ELBO", "standard error", "KL by dimension", "sensitivity by dimension", "MMD²", "active units", "cannot exceed ln N", "shuffled gap", "K = 5 exactly", "effective sample size", "dynamic"}},
		{f.table, []string{"standardised columns", "K = 5 exactly"}},
		{f.plain, []string{"model ae has no prior", "−log-likelihood"}},
		{gray, []string{"cross-entropy", "not a likelihood", "no −ln p(x)"}},
	} {
		out, _ := mustRun(t, "eval", c.run, "--k", "5", "--verify")
		for _, s := range c.says {
			if !strings.Contains(out, s) {
				t.Errorf("eval %s: got %q, want %q in it", filepath.Base(c.run), out, s)
			}
		}
		if strings.Contains(out, "failed") || !strings.Contains(out, "ok ") {
			t.Errorf("eval %s --verify: got %q, want every check ok", filepath.Base(c.run), out)
		}
	}
}

// A verification has all its identities, and fails when the files of the run do not agree.
func TestVerify(t *testing.T) {
	f := shared(t)
	if e := evalJSON(t, f.table, "--verify", "--k", "2"); len(e.Checks) != 6 {
		t.Errorf("got %d checks, want 6", len(e.Checks))
	}
	lie := copyRun(t, f.table)
	edit(t, filepath.Join(lie, "eval.json"), func(b []byte) []byte {
		var o train.Outcome
		if err := json.Unmarshal(b, &o); err != nil {
			t.Fatal(err)
		}
		o.Test.Bound += .01
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
	code, out, stderr := elboCommand("eval", lie, "--verify", "--k", "0")
	if code != exitFailed || !strings.Contains(out, "failed the recorded test figures") || !strings.Contains(stderr, "1 of 6 checks failed") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("a wrong record: got exit code %d, %q, %q", code, out, stderr)
	}
	broken := copyRun(t, f.table)
	if err := os.WriteFile(filepath.Join(broken, "checkpoints", "last"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, _ = elboCommand("eval", broken, "--verify", "--k", "0")
	if code != exitFailed || !strings.Contains(out, "failed checkpoints match") {
		t.Errorf("a broken pointer: got exit code %d, %q", code, out)
	}
}

// The two-sided check accepts what differs by noise and rejects a shift of a tenth of it.
func TestAgreeTellsNoiseFromError(t *testing.T) {
	a, b, c := make([]float64, 400), make([]float64, 400), make([]float64, 400)
	for i := range a {
		noise := math.Sin(float64(i) * 1.7) // mean about 0, standard deviation about .7
		a[i], b[i], c[i] = -100, -100+noise, -100.5+noise
	}
	if got := agree("x", a, b); !got.OK {
		t.Errorf("noise: got %+v, want ok", got)
	}
	if got := agree("x", a, c); got.OK {
		t.Errorf("a shift of .5: got %+v, want failed", got)
	}
}

func TestCompare(t *testing.T) {
	f := shared(t)
	png := filepath.Join(t.TempDir(), "compare.png")
	out, _ := mustRun(t, "compare", f.images, f.table, f.plain, "--out", png)
	for _, want := range []string{"vae", "ae", "−bound", "do not compare", png} {
		if !strings.Contains(out, want) {
			t.Errorf("got %q, want %q in it", out, want)
		}
	}
	rowsIn(t, png)
	same, _ := mustRun(t, "compare", f.table, f.table)
	if strings.Contains(same, "do not compare") {
		t.Errorf("one run twice: got %q, want figures that compare", same)
	}
	out, _ = mustRun(t, "compare", f.images, f.table, "--json")
	var runs []struct {
		Run  string
		Test vi.Record
	}
	if err := json.Unmarshal([]byte(out), &runs); err != nil || len(runs) != 2 || runs[0].Test.N != 100 || runs[1].Run != f.table {
		t.Errorf("got %q (%v), want the two runs", out, err)
	}
	unfinished := copyRun(t, f.table)
	if err := os.Remove(filepath.Join(unfinished, "eval.json")); err != nil {
		t.Fatal(err)
	}
	if out, _ := mustRun(t, "compare", f.table, unfinished); !strings.Contains(out, "unfinished") {
		t.Errorf("got %q, want the run called unfinished", out)
	}
}

// The sensitivity stands under the KL divergence of its dimension; each goes alone where the other was not measured.
func TestSensitivityStandsUnderTheKL(t *testing.T) {
	for _, c := range []struct {
		kl, sensitivity []float64
		want            string
	}{
		{[]float64{12.5, .25}, []float64{.5, 1}, "KL by dimension:          12.500 0.250\nsensitivity by dimension:  0.500 1.000"},
		{[]float64{12.5, .25}, nil, "KL by dimension: 12.500 0.250"},
		{nil, []float64{.5, 1}, "sensitivity by dimension: 0.500 1.000"},
		{[]float64{1, 2, 3}, []float64{.5, 10}, "KL by dimension:          1.000 2.000 3.000\nsensitivity by dimension: 0.500 10.000"},
	} {
		if got := strings.Join(byDimension(c.kl, c.sensitivity), "\n"); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}
