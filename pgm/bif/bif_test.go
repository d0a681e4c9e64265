package bif

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
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// dog is the middle of Charniak's network, with every way to write a table.
const dog = `// a comment
network "dog problem" { property author "E. Charniak" ; }
/* another
   one */
variable "family-out" { type discrete [ 2 ] { true, false }; property position = (1, 2) ; }
variable light-on { type discrete[2] { "true" "false" }; }
variable <5 { type discrete [ 3 ] { a, b-c, d/e }; }
probability ( family-out ) { table 0.15 0.85; }
probability ( light-on | family-out ) { // child slowest
  table 0.6 0.05 0.4 0.95; }
probability ( <5 | light-on, "family-out" ) {
  (true, false) .1, .2, .7;
  default 0.2 0.3 0.5;
  (false true) 1 0 0;
  property x;
}
`

// exp is the table of a variable.
func exp(n *pgm.Network, i int) (out []float64) {
	for _, x := range n.Tables[i].Log {
		out = append(out, math.Exp(x))
	}
	return out
}

func TestTablesAreReadInEveryFormOfTheFormat(t *testing.T) {
	n, err := Read(strings.NewReader(dog))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{
		{.15, .85},
		{.6, .4, .05, .95},
		{.2, .3, .5, .1, .2, .7, 1, 0, 0, .2, .3, .5},
	} {
		for k, x := range exp(n, i) {
			tk.Close(t, n.Vars[i].Name, x, want[k], 1e-15)
		}
	}
	want := []pgm.Variable{
		{Name: "family-out", States: []string{"true", "false"}},
		{Name: "light-on", States: []string{"true", "false"}},
		{Name: "<5", States: []string{"a", "b-c", "d/e"}},
	}
	if !reflect.DeepEqual(n.Vars, want) {
		t.Errorf("got variables %v, want %v", n.Vars, want)
	}
	if !reflect.DeepEqual(n.Parents, [][]int{nil, {0}, {1, 0}}) {
		t.Errorf("got parents %d", n.Parents)
	}
}

func TestADefaultDoesNotTouchRowsThatWereGiven(t *testing.T) {
	n, err := Read(strings.NewReader(`variable a { type discrete [ 2 ] { x, y }; }
variable b { type discrete [ 2 ] { x, y }; }
probability ( a ) { table .5, .5; }
probability ( b | a ) { (y) .1, .9; default .3, .7; }`))
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{.3, .7, .1, .9} {
		tk.Close(t, "row", exp(n, 1)[k], want, 1e-15)
	}
}

// head is a network that lacks only its probabilities.
const head = "variable a { type discrete [ 2 ] { x, y }; }\nvariable b { type discrete [ 2 ] { x, y }; }\n"

func TestBadFilesAreFormatErrorsThatSayWhere(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "its end"},
		"word":           {"hello", `"hello"`},
		"cycle":          {head + "probability ( a | b ) { table 1 1 0 0; }\nprobability ( b | a ) { table 1 1 0 0; }", "cycle"},
		"own parent":     {head + "probability ( a | a ) { table 1 1 0 0; }", ""},
		"row off 1":      {head + "probability ( a ) { table .5 .6; }\nprobability ( b ) { table .5 .5; }", "sum 1.1"},
		"negative":       {head + "probability ( a ) { table 1.5 -.5; }", `"-.5"`},
		"NaN":            {head + "probability ( a ) { table NaN 1; }", `"NaN"`},
		"infinite":       {head + "probability ( a ) { table Inf 1; }", `"Inf"`},
		"huge number":    {head + "probability ( a ) { table 1e999 1; }", `"1e999"`},
		"unknown state":  {head + "probability ( a ) { table 1 0; }\nprobability ( b | a ) { (z) 1 0; }", `line 4: probability of b: state of a: got "z"`},
		"unknown parent": {head + "probability ( a | c ) { table 1 0; }", `"c"`},
		"unknown child":  {head + "probability ( c ) { table 1 0; }", `"c"`},
		"many states":    {"variable a { type discrete [ 2147483648 ] { x, y }; }", `"2147483648"`},
		"no states":      {"variable a { type discrete [ 0 ] { }; }", `"0"`},
		"fewer states":   {"variable a { type discrete [ 3 ] { x, y }; }", `"}" after 2`},
		"more states":    {"variable a { type discrete [ 1 ] { x, y }; }", `"y" after 1`},
		"states again":   {"variable a { type discrete [ 2 ] { x, x }; }", "again"},
		"variable again": {head + "variable a { type discrete [ 1 ] { x }; }", "again"},
		"block again":    {head + "probability ( a ) { table 1 0; }\nprobability ( a ) { table 1 0; }", "second"},
		"no type":        {"variable a { }", "no type"},
		"no block":       {head + "probability ( a ) { table 1 0; }", "no probability block of b"},
		"no row":         {head + "probability ( a | b ) { (x) 1 0; }", "no entry for row 1"},
		"short table":    {head + "probability ( a ) { table 1; }", `";" after 1`},
		"long table":     {head + "probability ( a ) { table 1 0 0; }", `"0" after 2`},
		"short row":      {head + "probability ( a | b ) { (x) 1; }", `";" after 1`},
		"states missing": {head + "probability ( a | b ) { () 1 0; }", `")"`},
		"open comment":   {head + "/* no end", "no end"},
		"open string":    {head + `variable "a`, "quotation"},
		"open property":  {"variable a { property x", "the end"},
		"open network":   {"network a { ", "the end"},
		"network":        {"network a { x", `"x"`},
		"in a block":     {head + "probability ( a ) { tabel 1 0; }", `"tabel"`},
		"in a variable":  {"variable a { tipe", `"tipe"`},
		"in a head":      {head + "probability ( a ; b ) {", `";"`},
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

// Twenty-five parents of two states each ask for 2²⁶ entries.
func TestATableBeyondTheLimitIsRefusedBeforeItIsMade(t *testing.T) {
	var vars, parents strings.Builder
	for i := range 25 {
		name := string(rune('a' + i))
		vars.WriteString("variable " + name + " { type discrete [ 2 ] { x, y }; }\n")
		if i > 0 {
			parents.WriteString(" " + name)
			if i < 24 {
				parents.WriteString(",")
			}
		}
	}
	text := vars.String() + "variable child { type discrete [ 2 ] { x, y }; }\nprobability ( child | " + parents.String() + " ) { default .5 .5; }"
	if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "16777216") {
		t.Errorf("got %v, want the limit", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAReaderThatFailsIsItsOwnError(t *testing.T) {
	if _, err := Read(broken{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want that of the reader", err)
	}
}

// files are the networks of the shared data.
func files(t testing.TB) (texts [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(tk.DataPath(t, "bif"), "*.bif.gz"))
	if err != nil || len(names) == 0 {
		t.Fatalf("networks: got %v, %v, want some in the folder", names, err)
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		texts = append(texts, text)
	}
	return texts
}

// same holds two networks against each other; exp and ln cost two roundings.
func same(t testing.TB, a, b *pgm.Network) {
	t.Helper()
	if !reflect.DeepEqual(a.Vars, b.Vars) || !reflect.DeepEqual(a.Parents, b.Parents) {
		t.Errorf("got other variables or parents")
		return
	}
	for i := range a.Tables {
		for k, x := range exp(a, i) {
			tk.Close(t, a.Vars[i].Name, exp(b, i)[k], x, 1e-15)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for _, text := range append(files(t), []byte(dog)) {
		n, err := Read(bytes.NewReader(text))
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
		same(t, n, m)
	}
}

func TestNamesThatCannotBeWrittenAreErrors(t *testing.T) {
	for _, name := range []string{"", "a;b", `a"b`} {
		n, err := pgm.NewNetwork([]pgm.Variable{{Name: name, States: []string{"x"}}}, [][]int{nil}, [][]float64{{1}})
		if err != nil {
			t.Fatal(err)
		}
		if err := Write(io.Discard, n); err == nil {
			t.Errorf("%q: got no error", name)
		}
	}
	n, err := pgm.NewNetwork([]pgm.Variable{{Name: "a b", States: []string{"//x", "y z"}}}, [][]int{nil}, [][]float64{{.25, .75}})
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
	same(t, n, m)
}

// corrupt changes, cuts or doubles a piece.
func corrupt(r *rand.Rand, text []byte) []byte {
	bad := bytes.Clone(text)
	at := r.IntN(len(bad))
	switch r.IntN(4) {
	case 0:
		return bad[:at]
	case 1:
		bad[at] = byte(r.IntN(256))
	case 2:
		to := min(len(bad), at+1+r.IntN(40))
		return append(bad[:at], bad[to:]...)
	default:
		to := min(len(bad), at+1+r.IntN(40))
		return append(bad[:to:to], text[at:]...)
	}
	return bad
}

func TestTenThousandCorruptionsEndInANetworkOrAFormatError(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	texts, refused := append(files(t)[1:4], []byte(dog)), 0
	for i := range 10000 {
		_, err := Read(bytes.NewReader(corrupt(r, texts[i%len(texts)])))
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
	f.Add([]byte(dog))
	f.Add([]byte(head + "probability ( a | b ) { default 1 0; }"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if Write(&out, n) != nil {
			return
		}
		m, err := Read(&out)
		if err != nil {
			t.Fatalf("got %v of what was written", err)
		}
		same(t, n, m)
	})
}
