package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm/uai"
)

// pair is φ(x₀, x₁) = 1, 2, 3, 4 over two variables of two states.
const pair = "MARKOV\n2\n2 2\n1\n2 0 1\n4\n1 2 3 4\n"

func TestTheTasksOfTheCompetition(t *testing.T) {
	t.Chdir(t.TempDir())
	writeText(t, "pair.uai", pair)
	writeText(t, "pair.uai.evid", "1 0 1\n")
	z, err := uai.ReadPartition(strings.NewReader(must(t, "solve", "pair.uai", "--task", "PR").out))
	tk.Close(t, "log10 Z", z, 1, 1e-15)
	m, err2 := uai.ReadMarginals(strings.NewReader(must(t, "solve", "pair.uai").out))
	if err != nil || err2 != nil || len(m) != 2 {
		t.Fatal(err, err2, m)
	}
	tk.Close(t, "P(x0)", m[0][1], .7, 1e-15)
	tk.Close(t, "P(x1)", m[1][1], .6, 1e-15)
	for task, begins := range map[string]string{"MAP": "MAP\n2 1 1\n", "MPE": "MPE\n2 1 1\n", "map": "MAP\n2 1 1\n"} {
		if out := must(t, "solve", "pair.uai", "--task", task).out; out != begins {
			t.Errorf("%s: got %q, want %q", task, out, begins)
		}
	}
	given := must(t, "solve", "pair.uai", "--evid", "pair.uai.evid", "--task", "PR", "--method", "ve").out
	if z, err = uai.ReadPartition(strings.NewReader(given)); err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "log10 of the evidence", z, math.Log10(7), 1e-15)
	if m, err = uai.ReadMarginals(strings.NewReader(must(t, "solve", "pair.uai", "--evid", "pair.uai.evid").out)); err != nil {
		t.Fatal(err)
	}
	if m[0][0] != 0 || m[0][1] != 1 {
		t.Errorf("got %v for what was seen, want 0 and 1", m[0])
	}
	tk.Close(t, "P(x1 | x0)", m[1][1], 4./7, 1e-15)
}

func TestAResultGoesToAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	writeText(t, "pair.uai", pair)
	if o := must(t, "solve", "pair.uai", "--task", "PR", "--out", "pair.PR"); o.out != "" {
		t.Errorf("got %q, want the file alone", o.out)
	}
	b, err := os.ReadFile("pair.PR")
	if err != nil || !strings.HasPrefix(string(b), "PR\n") {
		t.Errorf("got %q, %v", b, err)
	}
}

// The results that came with the instance print 6 digits.
func TestAnInstanceOfTheCompetitionIsSolvedFromItsFiles(t *testing.T) {
	dir := filepath.Join(tk.DataDir(t), "uai2014")
	want, err := uai.ReadMarginals(tk.DataFile(t, "uai2014", "Promedus_24.uai.MAR.gz"))
	if err != nil {
		t.Fatal(err)
	}
	line := []string{"solve", filepath.Join(dir, "Promedus_24.uai.gz"), "--evid", filepath.Join(dir, "Promedus_24.uai.evid")}
	for _, method := range []string{"jt", "ve"} {
		got, err := uai.ReadMarginals(strings.NewReader(must(t, append(line, "--task", "MAR", "--method", method)...).out))
		if err != nil || len(got) != len(want) {
			t.Fatal(err, len(got))
		}
		for v := range got {
			for s, p := range got[v] {
				tk.Close(t, method, p, want[v][s], 1e-6)
			}
		}
	}
	z, err := uai.ReadPartition(strings.NewReader(must(t, append(line, "--task", "PR")...).out))
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "log10 Z", z, -5.86181, 5e-6)
	states, err := uai.ReadAssignment(strings.NewReader(must(t, append(line, "--task", "MPE")...).out))
	if err != nil || len(states) != 200 {
		t.Errorf("got %d states, %v", len(states), err)
	}
}

func TestMistakesOfSolvingAreNamedWithWhatIsRight(t *testing.T) {
	t.Chdir(t.TempDir())
	writeText(t, "pair.uai", pair)
	writeText(t, "cut.uai", pair[:len(pair)-6])
	writeText(t, "states.uai", "MARKOV 1 2147483648 0")
	writeText(t, "scope.uai", "MARKOV 40"+strings.Repeat(" 2", 40)+" 1 40"+strings.Repeat(" 1", 40))
	wide := " 40"
	for v := range 40 {
		wide += " " + string("0123456789"[v/10]) + string("0123456789"[v%10])
	}
	writeText(t, "wide.uai", "MARKOV 40"+strings.Repeat(" 2", 40)+" 1"+wide+" 1099511627776")
	writeText(t, "zero.uai", "MARKOV 1 2 1 1 0 2 0 0")
	writeText(t, "bad.evid", "1 0 7")
	writeText(t, "out.evid", "1 5 0")
	for _, w := range []wrong{
		{"solve", 2, []string{"want MODEL.uai"}},
		{"solve pair.uai --task SUM", 2, []string{`--task: got "SUM", want one of PR, MAR, MAP, MPE`}},
		{"solve pair.uai --task MAP --method bp", 2, []string{"which has no most probable states"}},
		{"solve pair.uai --evid missing", 1, []string{"missing"}},
		{"solve pair.uai --evid bad.evid", 1, []string{"bad.evid", "variable 0 in state 7"}},
		{"solve pair.uai --evid out.evid", 1, []string{"out.evid", "variable 5 in state 0"}},
		{"solve pair.uai --memory 10B", 1, []string{"pair.uai", "memory: got an estimate of", "want at most 10"}},
		{"solve cut.uai", 1, []string{"cut.uai", "line 7", "the end of the file"}},
		{"solve states.uai", 1, []string{"states of variable 0", `"2147483648"`}},
		{"solve scope.uai", 1, []string{"variable 1 again"}},
		{"solve wide.uai", 1, []string{"scope of factor 0", "a table of more than"}},
		{"solve zero.uai", 1, []string{"zero.uai", "evidence: got probability 0"}},
	} {
		w.check(t, ".")
	}
}

// What is not exact is said beside the result, which stays as the format wants it.
func TestResultsThatAreNotExactAreRemarkedOn(t *testing.T) {
	t.Chdir(t.TempDir())
	ring := "MARKOV\n3\n2 2 2\n3\n2 0 1\n2 1 2\n2 0 2\n\n4\n9 1 2 5\n4\n9 1 3 9\n4\n1 9 9 1\n"
	writeText(t, "ring.uai", ring)
	for _, c := range []struct{ args, want string }{
		{"--task PR --method bp", "note: the value of bp is no exact one: approximation, exact on trees"},
		{"--task PR --method trw", "note: the value of trw is no exact one: upper bound"},
		{"--task MAR --method mf", "note: the probabilities of mf are no exact ones"},
		{"--task PR --method bp --sweeps 1", "note: the messages still move after 1 sweeps"},
		{"--task MAP --method max-product", "note: the assignment of max-product need not be the most probable one"},
		{"--task PR", ""},
		{"--task MAR --method ve", ""},
		{"--task MAP", ""},
	} {
		o := call(t.Context(), append([]string{"solve", "ring.uai"}, strings.Fields(c.args)...)...)
		if o.code != 0 || strings.Contains(o.out, "note") || c.want == "" && o.err != "" || !strings.Contains(o.err, c.want) {
			t.Errorf("%s: exit %d, %q on standard error, want %q", c.args, o.code, o.err, c.want)
		}
	}
}
