package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// parseNPY reads a header text alone.
func parseNPY(text string) (npyHeader, error) {
	p := npyParser{s: &source{format: "npy"}, text: text, base: 10}
	return p.header()
}

// A dictionary is read whatever the order of its keys, the quotes, the blanks and the last comma.
func TestNPYHeadersAreReadInEveryStyle(t *testing.T) {
	for run := range 2000 {
		r := rng.New(19).At(uint64(run)).Rand()
		blank := func() string { return strings.Repeat(" ", r.IntN(3)) }
		dims := make([]int64, 1+r.IntN(4))
		var shape strings.Builder
		for i := range dims {
			dims[i] = r.Int64N(1 << (1 + r.IntN(40)))
			fmt.Fprintf(&shape, "%s%d%s", blank(), dims[i], blank())
			if i < len(dims)-1 || len(dims) == 1 || r.IntN(2) == 0 {
				shape.WriteString(",")
			}
		}
		types := []string{"<f4", "<f8", "|u1", "|i1", "<i2", "<i4", "<i8", "|b1"}
		descr := types[r.IntN(len(types))]
		quote := []string{"'", `"`}[r.IntN(2)]
		entries := []string{
			quote + "descr" + quote + blank() + ":" + blank() + quote + descr + quote,
			quote + "fortran_order" + quote + ":" + blank() + "False",
			quote + "shape" + quote + ":" + blank() + "(" + shape.String() + blank() + ")",
		}
		r.Shuffle(3, func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		text := blank() + "{" + blank() + strings.Join(entries, blank()+","+blank())
		if r.IntN(2) == 0 {
			text += ","
		}
		text += blank() + "}" + blank() + "\n"
		h, err := parseNPY(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if h.descr != descr || !slices.Equal(h.dims, dims) || h.elem.size == 0 {
			t.Fatalf("%q: got %+v, want %s %v", text, h, descr, dims)
		}
	}
}

// Nothing but the three keys in Python's own notation is a header, and the fault is found at
// its byte (10 is where the text starts).
func TestNPYHeadersOfOtherKindsAreRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "byte 10: header: got \"\", want a dictionary"},
		{"{", "byte 11: header: got \"\", want a quoted word"},
		{"{'descr'", "byte 18: header: got \"\" after key \"descr\", want a colon"},
		{"{'descr': <f4}", "descr: got \"<f4}\", want a quoted word"},
		{"{'descr': '<f4}", "byte 21: descr: got no closing quote"},
		{"{'descr': [('a', '<f4')]}", "byte 20: descr: got \"[('a', '<f4'\", want a quoted word"},
		{"{'fortran_order': false}", "byte 28: fortran_order: got \"false}\", want False"},
		{"{'fortran_order': 0}", "byte 28: fortran_order: got \"0}\""},
		{"{'shape': [1]}", "byte 20: shape: got \"[1]}\", want a tuple"},
		{"{'shape': (1 2)}", "shape: got \"2)}\", want a comma or )"},
		{"{'shape': (1,,2)}", "shape: got \",2)}\", want a whole number"},
		{"{'shape': (1.5,)}", "shape: got \".5,)}\", want a comma or )"},
		{"{'shape': (+1,)}", "shape: got \"+1,)}\", want a whole number"},
		{"{'shape': (1", "shape: got \"\", want a comma or )"},
		{"{'shape': (", "shape: got \"\", want a whole number"},
		{"{'shape': (1,) 'descr'", "header: got \"'descr'\", want a comma or }"},
		{"{'__import__': 1}", "header: got key \"__import__\""},
		{npyHead("<f4", "(1,)") + "x", "header: got \"x\" after the dictionary, want blanks"},
		{npyHead("<f4", "(1,)") + "\x00", "header: got \"\\x00\" after the dictionary"},
	} {
		_, err := parseNPY(c.text)
		t.Run(c.text, func(t *testing.T) { wantFormatError(t, err, c.want) })
	}
}
