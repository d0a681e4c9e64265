package eval

import (
	"fmt"
	"math"
)

// Codebook tells how the numbers of N codes are distributed. A code has maps of places with one number
// or several a place; all numbers at the same rank of a place come from one book of K values.
type Codebook struct {
	// Rows is N, Values is K, Numbers the length of a code.
	Rows, Values, Numbers int
	// Counts holds how often each value of each book occurs.
	Counts [][]int
	// Usage is the share of the values that occur at all, mean over books. It depends on N.
	Usage float64
	// Perplexity is e^H of the frequencies of a book's values, 1 to K, mean over books.
	Perplexity float64
	// Bits is the rate of a code of fixed length, numbers·log₂ K a row.
	Bits float64
	// EntropyBits is the sum over the numbers of a row of the entropy of their books, in bits: what an
	// ideal coder takes that knows the frequencies.
	EntropyBits float64
	// AdaptiveBits is what an adaptive coder takes for all rows, over N: it begins with even frequencies
	// and learns them on the way (Krichevsky & Trofimov 1981),
	//
	//	−Σ_i log₂ (n_i + ½)/(i + K/2),  n_i occurrences of the i-th value before it.
	AdaptiveBits float64
}

// NewCodebook describes codes of so many numbers each, whole ones below values; book tells which book
// the i-th number of a code belongs to, 0, 1, ….
func NewCodebook(codes []float32, numbers, values int, book func(i int) int) (Codebook, error) {
	if numbers < 1 || values < 1 || len(codes) == 0 || len(codes)%numbers != 0 {
		return Codebook{}, fmt.Errorf("eval: codebook: got %d values for codes of %d numbers below %d, want at least one code", len(codes), numbers, values)
	}
	c := Codebook{Rows: len(codes) / numbers, Values: values, Numbers: numbers}
	of := make([]int, numbers)
	for i := range of {
		of[i] = book(i)
		for of[i] >= len(c.Counts) {
			c.Counts = append(c.Counts, make([]int, values))
		}
	}
	for i, v := range codes {
		k := int(v)
		if float32(k) != v || k < 0 || k >= values {
			return Codebook{}, fmt.Errorf("eval: codebook: number %d of code %d: got %v, want a whole one below %d", i%numbers, i/numbers, v, values)
		}
		c.Counts[of[i%numbers]][k]++
	}
	c.measure(of)
	return c, nil
}

// measure fills in what follows from the counts.
func (c *Codebook) measure(of []int) {
	entropy := make([]float64, len(c.Counts))
	books := float64(len(c.Counts))
	for b, counts := range c.Counts {
		h, used, length := describe(counts)
		entropy[b] = h
		c.Usage += float64(used) / float64(c.Values) / books
		c.Perplexity += math.Exp(h) / books
		c.AdaptiveBits += length / math.Ln2 / float64(c.Rows)
	}
	c.Bits = float64(c.Numbers) * math.Log2(float64(c.Values))
	for _, b := range of {
		c.EntropyBits += entropy[b] / math.Ln2
	}
}

// describe returns the entropy of frequencies in nats, the number of values that occur, and the length
// of the adaptive code of all of them in nats. By Γ(n + ½)/Γ(½) = ½·(3/2)⋯(n − ½) the order of the
// values does not matter.
func describe(counts []int) (entropy float64, used int, length float64) {
	total := 0
	for _, n := range counts {
		total += n
	}
	half, _ := math.Lgamma(.5)
	for _, n := range counts {
		if n > 0 {
			used++
			p := float64(n) / float64(total)
			entropy -= p * math.Log(p)
			top, _ := math.Lgamma(float64(n) + .5)
			length -= top - half
		}
	}
	k := float64(len(counts)) / 2
	end, _ := math.Lgamma(float64(total) + k)
	begin, _ := math.Lgamma(k)
	return entropy, used, length + end - begin
}
