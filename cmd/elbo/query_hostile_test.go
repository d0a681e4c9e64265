package main

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// damaged changes, cuts, doubles or moves bytes of a text, or puts numbers and marks in their place.
func damaged(r *rand.Rand, text []byte) []byte {
	text = slices.Clone(text)
	spares := []string{"99999999999", "-1", "2147483648", "1e308", "NaN", "0", "{", "}", "(", "|", ";", ",", "\x00", "table", "variable", " 1 "}
	for range 1 + r.IntN(2) {
		if len(text) == 0 {
			break
		}
		at := r.IntN(len(text))
		to := min(len(text), at+1+r.IntN(30))
		switch r.IntN(6) {
		case 0:
			text[at] = byte(r.IntN(256))
		case 1:
			text = slices.Delete(text, at, to)
		case 2:
			text = slices.Insert(text, at, text[at:to]...)
		case 3:
			text = text[:at]
		case 4:
			text = slices.Insert(text, at, []byte(spares[r.IntN(len(spares))])...)
		default:
			text[at], text[to-1] = text[to-1], text[at]
		}
	}
	return text
}

// Whole commands on damaged models, 10,000 of them with ELBO_PAPER: an answer or one line of error,
// within a small cap, and never a panic.
func TestDamagedModelsEndInAnAnswerOrALine(t *testing.T) {
	trials := 250
	if os.Getenv("ELBO_PAPER") != "" { // a minute
		trials = 5000
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(sprinkler)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	const grid = "MARKOV\n4\n2 3 2 2\n5\n1 0\n2 0 1\n2 1 2\n3 1 2 3\n2 3 0\n2\n.4 .6\n6\n1 2 3 4 5 6\n6\n.1 .2 .3 .4 .5 .6\n12\n1 0 2 0 3 1 1 1 4 5 6 7\n4\n1 2 3 4\n"
	lines := []struct {
		text []byte
		args []string
	}{
		{[]byte(sprinkler), []string{"query", "-", "--memory", "1MiB"}},
		{[]byte(sprinkler), []string{"query", "-", "--evidence", "grass=wet", "--targets", "rain", "--method", "ve", "--json"}},
		{[]byte(sprinkler), []string{"query", "-", "--do", "rain=yes", "--mpe", "--memory", "1MiB"}},
		{packed.Bytes(), []string{"query", "-", "--targets", "rain,cloudy", "--joint"}},
		{[]byte(grid), []string{"solve", "-", "--task", "MAR", "--memory", "1MiB"}},
		{[]byte(grid), []string{"solve", "-", "--task", "PR", "--method", "ve", "--memory", "1MiB"}},
		{[]byte(grid), []string{"solve", "-", "--task", "MAP", "--memory", "1MiB"}},
		{[]byte(grid), []string{"solve", "-", "--task", "MAR", "--method", "bp", "--sweeps", "30"}},
	}
	r := rand.New(rand.NewPCG(2026, 11))
	ended := map[int]int{}
	for i := range 2 * trials {
		c := lines[i%len(lines)]
		text := damaged(r, c.text)
		var out, errs strings.Builder
		code := run(t.Context(), c.args, streams{bytes.NewReader(text), &out, &errs})
		ended[code]++
		if code == exitOK {
			if out.Len() == 0 || errs.Len() > 0 && !strings.HasPrefix(errs.String(), "note: ") {
				t.Errorf("%v of %q: got %q and %q", c.args, text, out.String(), errs.String())
			}
			continue
		}
		if e := errs.String(); !strings.HasPrefix(e, "elbo: ") || strings.Count(e, "\n") != 1 || out.Len() > 0 {
			t.Errorf("%v of %q: got %q and %q, want one line", c.args, text, out.String(), e)
		}
	}
	if t.Logf("exit codes %v", ended); ended[exitOK] < trials/25 || ended[exitFailed] < trials/4 {
		t.Errorf("got exit codes %v, want answers and refusals", ended)
	}
}
