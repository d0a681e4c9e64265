package uai

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// small is a model with a factor over nothing and one over two variables.
const small = `MARKOV
3
2 2 3
3
2 0 1
2 1 2
0

4
 0.436 0.128
 0.920 0.920

6
 0.210 0.333 0.457
 0.811 0 0.189

1
 2.5
`

func read(t testing.TB, text string) *Model {
	t.Helper()
	m, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheLastVariableOfAScopeChangesFastest(t *testing.T) {
	m := read(t, small)
	if m.Bayes || len(m.Graph.Vars) != 3 || !reflect.DeepEqual(m.Graph.Card(), []int{2, 2, 3}) {
		t.Errorf("got %v", m.Graph.Vars)
	}
	for _, c := range []struct {
		states []int
		want   float64
	}{
		{[]int{0, 1, 2}, .128 * .189 * 2.5},
		{[]int{1, 0, 1}, .920 * .333 * 2.5},
		{[]int{0, 1, 1}, 0},
	} {
		tk.Close(t, "φ", math.Exp(m.Graph.LogValue(c.states)), c.want, 1e-15)
	}
	if !read(t, strings.Replace(small, "MARKOV", "BAYES", 1)).Bayes {
		t.Error("got no Bayesian network")
	}
}

func TestBadModelsAreFormatErrorsThatSayWhere(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {"", "the end"},
		"kind":             {"ISING\n", `"ISING"`},
		"no variables":     {"MARKOV 0", `"0"`},
		"many variables":   {"MARKOV 99999999999", "99999999999"},
		"many states":      {"MARKOV 1 2147483648 0", `"2147483648"`},
		"no states":        {"MARKOV 1 0 0", `"0"`},
		"negative factors": {"MARKOV 1 2 -1", `"-1"`},
		"many factors":     {"MARKOV 1 2 999999999", `"999999999"`},
		"wide scope":       {"MARKOV 1 2 1 2 0 0", `"2"`},
		"no variable":      {"MARKOV 1 2 1 1 1", `"1"`},
		"variable twice":   {"MARKOV 2 2 2 1 2 0 0", "again"},
		"big table":        {"MARKOV 3 1000 1000 1000 1 3 0 1 2", "134217728"},
		"big tables":       {"MARKOV 2 8000 9000 2 2 0 1 2 0 1", "134217728"},
		"entries":          {"MARKOV 1 2 1 1 0 3 1 1 1", "from 2 to 2"},
		"truncated":        {small[:len(small)-6], "the end"},
		"negative entry":   {"MARKOV 1 2 1 1 0 2 1 -1", "-1"},
		"NaN":              {"MARKOV 1 2 1 1 0 2 1 NaN", "NaN"},
		"infinite":         {"MARKOV 1 2 1 1 0 2 1 1e999", "Inf"},
		"more":             {small + " 1", "its end"},
		"endless word":     {"MARKOV 1 2 1 1 0 2 " + strings.Repeat("1", 5000), "1024"},
		"line":             {"MARKOV\n1\n2\nx", "line 4: number of factors"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text))
			var f *pgm.FormatError
			if !errors.As(err, &f) || f.Field == "" || f.Got == "" || f.Want == "" {
				t.Fatalf("got %v, want a format error", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", err, c.want)
			}
		})
	}
}

func TestEvidenceOfBothYears(t *testing.T) {
	vars := read(t, small).Graph.Vars
	for text, want := range map[string]pgm.Evidence{
		"":              {},
		"0\n":           {},
		"1 2 1":         {2: 1},
		"2 0 1 2 2":     {0: 1, 2: 2},
		"1\n2 0 1 2 2":  {0: 1, 2: 2},
		"1\n0":          {},
		" 1\n1 1 1\n\n": {1: 1},
	} {
		got, err := ReadEvidence(strings.NewReader(text), vars)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v and %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"x", "-1 0", "1 3 0", "1 2 3", "2 0 1 0 1", "3 0 1 2 2", "2 0", "1 0 1 1 1 2 2 3 3 4 4", "7"} {
		if got, err := ReadEvidence(strings.NewReader(text), vars); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestResultsAreReadBack(t *testing.T) {
	var out bytes.Buffer
	check := func(got any, want any, errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		out.Reset()
	}
	marginals := [][]float64{{1. / 3, 2. / 3}, {1}, {.1, .2, .7}}
	wrote := WriteMarginals(&out, marginals)
	m, err := ReadMarginals(&out)
	check(m, marginals, wrote, err)
	wrote = WritePartition(&out, -1./7)
	z, err := ReadPartition(&out)
	check(z, -1./7, wrote, err)
	for _, kind := range []string{MPE, MAP} {
		wrote = WriteAssignment(&out, kind, []int{0, 3, 1})
		if !strings.HasPrefix(out.String(), kind+"\n") {
			t.Errorf("%s: got %q", kind, out.String())
		}
		s, err := ReadAssignment(&out)
		check(s, []int{0, 3, 1}, wrote, err)
	}
	wrote = WriteEvidence(&out, pgm.Evidence{2: 2, 0: 1})
	e, err := ReadEvidence(&out, read(t, small).Graph.Vars)
	check(e, pgm.Evidence{2: 2, 0: 1}, wrote, err)
}

func TestBadResultsAreErrors(t *testing.T) {
	for _, text := range []string{"", "PR", "PR x", "PR  1 2 3", "MAR", "MAR 1 0", "MAR 1 2 .5", "MAR 1 1 2", "MAR 1 1 1 1", "MAR -1", "MAR 1 1 -.1", "MPE", "MPE 1", "MPE 1 -1", "MPE 1 0 0", "MPE x"} {
		in := func() io.Reader { return strings.NewReader(text) }
		_, pr := ReadPartition(in())
		_, mar := ReadMarginals(in())
		_, mpe := ReadAssignment(in())
		for _, err := range []error{pr, mar, mpe} {
			var f *pgm.FormatError
			if !errors.As(err, &f) {
				t.Errorf("%q: got %v, want a format error", text, err)
			}
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAReaderThatFailsIsItsOwnError(t *testing.T) {
	_, model := Read(broken{})
	_, evidence := ReadEvidence(broken{}, nil)
	for _, err := range []error{model, evidence} {
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v, want that of the reader", err)
		}
	}
}

// opened unpacks a file of the competition of 2014.
func opened(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join(tk.DataDir(t), "uai2014", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if !strings.HasSuffix(name, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestModelsOfTheCompetitionAreWrittenAndReadBack(t *testing.T) {
	for _, name := range []string{"Grids_11", "CSP_12", "Pedigree_12"} {
		m, err := Read(opened(t, name+".uai.gz"))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Write(&out, m); err != nil {
			t.Fatal(err)
		}
		n, err := Read(&out)
		if err != nil {
			t.Fatal(err)
		}
		same(t, m, n)
	}
}

// same holds two models against each other; exp costs a rounding of the logarithm.
func same(t testing.TB, m, n *Model) {
	t.Helper()
	if m.Bayes != n.Bayes || !reflect.DeepEqual(m.Graph.Card(), n.Graph.Card()) || len(m.Graph.Factors) != len(n.Graph.Factors) {
		t.Error("got another model")
		return
	}
	for i, f := range m.Graph.Factors {
		g := n.Graph.Factors[i]
		if !slices.Equal(f.Vars, g.Vars) {
			t.Errorf("got scope %d, want %d", g.Vars, f.Vars)
		}
		for k, x := range f.Log {
			tk.Close(t, "ln φ", g.Log[k], x, 1e-12)
		}
	}
}

func TestResultsOfTheCompetitionAreRead(t *testing.T) {
	z, err := ReadPartition(opened(t, "Grids_11.uai.PR"))
	if err != nil || z != 169.408 {
		t.Errorf("got %v and %v", z, err)
	}
	m, err := ReadMarginals(opened(t, "Grids_11.uai.MAR.gz"))
	if err != nil || len(m) != 100 || m[0][0] != .706326 {
		t.Errorf("got %v and %v", m, err)
	}
}

// corrupt changes, cuts or doubles a piece.
func corrupt(r *rand.Rand, text []byte) []byte {
	bad := bytes.Clone(text)
	at := r.IntN(len(bad))
	to := min(len(bad), at+1+r.IntN(10))
	switch r.IntN(4) {
	case 0:
		return bad[:at]
	case 1:
		bad[at] = "0123456789 .-e\x00\xffM"[r.IntN(17)]
	case 2:
		return append(bad[:at], bad[to:]...)
	default:
		return append(bad[:to:to], text[at:]...)
	}
	return bad
}

func TestTenThousandCorruptionsEndInAModelOrAFormatError(t *testing.T) {
	r, refused := rand.New(rand.NewPCG(2, 7)), 0
	for range 10000 {
		_, err := Read(bytes.NewReader(corrupt(r, []byte(small))))
		var f *pgm.FormatError
		if errors.As(err, &f) {
			refused++
		} else if err != nil {
			t.Fatalf("got %v, want a format error", err)
		}
	}
	t.Logf("refused %d of 10000", refused)
	if refused < 5000 {
		t.Errorf("got %d refused, want most", refused)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(small))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, m); err != nil {
			t.Fatal(err)
		}
		n, err := Read(&out)
		if err == nil {
			same(t, m, n)
		}
	})
}
