package eval_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/eval"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// one puts all numbers in one book.
func one(int) int { return 0 }

// codebook fails the test on an error.
func codebook(t *testing.T, codes []float32, numbers, values int, book func(i int) int) eval.Codebook {
	t.Helper()
	c, err := eval.NewCodebook(codes, numbers, values, book)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Four values of which two occur evenly: half in use, perplexity 2, one bit a number of two.
func TestACodebookOfTwoEvenValues(t *testing.T) {
	c := codebook(t, []float32{0, 3, 3, 0, 3, 0}, 3, 4, one)
	if c.Rows != 2 || c.Numbers != 3 || c.Values != 4 || len(c.Counts) != 1 || c.Counts[0][3] != 3 {
		t.Errorf("got %+v", c)
	}
	tk.Close(t, "usage", c.Usage, .5, 0)
	tk.Close(t, "perplexity", c.Perplexity, 2, 1e-14)
	tk.Close(t, "bits", c.Bits, 6, 1e-14)
	tk.Close(t, "bits, entropy-coded", c.EntropyBits, 3, 1e-14)
}

// All values equal: nothing to say.
func TestACollapsedCodebookHasNoInformation(t *testing.T) {
	c := codebook(t, make([]float32, 4000), 4, 128, one)
	tk.Close(t, "usage", c.Usage, 1./128, 1e-15)
	tk.Close(t, "perplexity", c.Perplexity, 1, 1e-14)
	tk.Close(t, "bits, entropy-coded", c.EntropyBits, 0, 1e-14)
	if !(c.AdaptiveBits > 0 && c.AdaptiveBits < 1) {
		t.Errorf("adaptive coder: got %v bits a row, want less than one: it has to learn that 127 values do not occur", c.AdaptiveBits)
	}
}

// Numbers of a place of two, in books of their own: one is constant, one even.
func TestBooksAreCountedApart(t *testing.T) {
	var codes []float32
	for i := range 80 {
		codes = append(codes, 2, float32(i%8))
	}
	c := codebook(t, codes, 4, 8, func(i int) int { return i % 2 })
	if len(c.Counts) != 2 || c.Counts[0][2] != 80 || c.Counts[1][5] != 10 {
		t.Errorf("got counts %v", c.Counts)
	}
	tk.Close(t, "usage", c.Usage, (1./8+1)/2, 1e-14)
	tk.Close(t, "perplexity", c.Perplexity, (1.+8)/2, 1e-13)
	tk.Close(t, "bits", c.Bits, 12, 1e-14)
	tk.Close(t, "bits, entropy-coded", c.EntropyBits, 6, 1e-13)
}

// The length of the adaptive code, number by number as a coder goes; it exceeds the entropy of the
// whole by about (K−1)/2·log₂ n bits.
func TestTheAdaptiveCodeIsThatOfItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n, k = 5000, 16
	codes := make([]float32, n)
	for i := range codes {
		codes[i] = float32(min(k-1, int(r.ExpFloat64()*3)))
	}
	bits, seen := 0., make([]float64, k)
	for i, v := range codes {
		bits -= math.Log2((seen[int(v)] + .5) / (float64(i) + k/2.))
		seen[int(v)]++
	}
	c := codebook(t, codes, 5, k, one)
	tk.Close(t, "adaptive bits a row", c.AdaptiveBits, bits/(n/5), 1e-9)
	over := (c.AdaptiveBits - c.EntropyBits) * n / 5
	if want := (k - 1) / 2. * math.Log2(n); !(over > 0 && over < want) {
		t.Errorf("adaptive coder over the entropy: got %.1f bits, want up to %.1f", over, want)
	}
}

func TestWrongCodesAreErrors(t *testing.T) {
	for want, c := range map[string]struct {
		codes           []float32
		numbers, values int
	}{
		"want at least one code":            {nil, 3, 4},
		"got 5 values for codes of 2":       {make([]float32, 5), 2, 4},
		"number 1 of code 0: got 4":         {[]float32{0, 4}, 2, 4},
		"number 0 of code 1: got -1":        {[]float32{0, 1, -1, 0}, 2, 4},
		"number 1 of code 0: got 0.5, want": {[]float32{0, .5}, 2, 4},
	} {
		if _, err := eval.NewCodebook(c.codes, c.numbers, c.values, one); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "eval: codebook: ") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
