package mixture

import "fmt"

// blockRows is the number of rows that are worked on together: a block's columns, its
// differences from a mean and the responsibilities fit the first two caches.
const blockRows = 256

// maxParts bounds the number of parts whose sums are kept apart.
const maxParts = 64

// Data is a table of N rows and D columns, row after row.
type Data struct {
	X []float64 // N×D
	D int       // columns
}

// N is the number of rows.
func (x Data) N() int { return len(x.X) / max(x.D, 1) }

// Row is the n-th row.
func (x Data) Row(n int) []float64 { return x.X[n*x.D : (n+1)*x.D] }

// check says what is wrong with the table.
func (x Data) check() error {
	if x.D < 1 || len(x.X) == 0 || len(x.X)%x.D != 0 {
		return fmt.Errorf("mixture: data: got %d values in %d columns, want whole rows", len(x.X), x.D)
	}
	if i := firstBad(x.X); i >= 0 {
		return fmt.Errorf("mixture: data: row %d, column %d: got %v, want a finite number", i/x.D, i%x.D, x.X[i])
	}
	return nil
}

// moments returns the column means and the covariance, divided by N.
func (x Data) moments() (mean, cov []float64) {
	n, d := x.N(), x.D
	mean, cov = make([]float64, d), make([]float64, d*d)
	for i := range n {
		for j, v := range x.Row(i) {
			mean[j] += v / float64(n)
		}
	}
	z := make([]float64, d)
	for i := range n {
		for j, v := range x.Row(i) {
			z[j] = v - mean[j]
		}
		for j, v := range z {
			for l, u := range z[:j+1] {
				cov[j*d+l] += v * u / float64(n)
			}
		}
	}
	mirrored(cov, d)
	return mean, cov
}

// mirrored fills the upper triangle of a D×D matrix from its lower one.
func mirrored(a []float64, d int) {
	for j := range d {
		for l := range j {
			a[l*d+j] = a[j*d+l]
		}
	}
}

// blocks holds the rows column by column in blocks of blockRows rows: the value of row n,
// column d is at [n/blockRows][d][n%blockRows].
type blocks struct {
	x    []float64
	n, d int
}

// blocked rearranges a table.
func blocked(x Data) *blocks {
	n, d := x.N(), x.D
	b := &blocks{make([]float64, (n+blockRows-1)/blockRows*blockRows*d), n, d}
	for i := range n {
		at := i/blockRows*blockRows*d + i%blockRows
		for j, v := range x.Row(i) {
			b.x[at+j*blockRows] = v
		}
	}
	return b
}

// row copies the n-th row.
func (b *blocks) row(n int, to []float64) {
	x, _ := b.block(n / blockRows)
	for j := range to {
		to[j] = x[j*blockRows+n%blockRows]
	}
}

// count is the number of blocks.
func (b *blocks) count() int { return (b.n + blockRows - 1) / blockRows }

// block is the i-th block, and how many rows it has.
func (b *blocks) block(i int) (x []float64, rows int) {
	size := blockRows * b.d
	return b.x[i*size : (i+1)*size], min(blockRows, b.n-i*blockRows)
}
