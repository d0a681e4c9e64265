// Package data holds the data sets elbo learns from: generated ones, named public ones, and
// the readers and writers of IDX, CSV, NPY/NPZ, JSON lines and image files. Every reader
// bounds what a file may make it allocate before it allocates, and reports what is wrong as
// a [FormatError]. The package imports nothing above internal/…, since it parses hostile bytes.
package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Set is N rows of D = ∏ Shape values each.
type Set struct {
	// Name is the registered name or the path that the rows came from.
	Name string
	// Shape is the shape of one row: H×W for grey images, H×W×C for colour, D for tables.
	Shape []int
	// X holds the rows, N×D, row-major. Pixels lie in [0, 1].
	X []float32
	// Labels holds the class of each row as an index into Classes, −1 for a row without one; nil if no
	// row has any.
	Labels []int32
	// Classes names the labels; nil if there is none.
	Classes []string
	// Factors holds known generating factors, one value a row each; nil if there is none.
	Factors []Factor
	// Columns describes the columns of a table; nil for images.
	Columns []Column
}

// Factor is a ground-truth generating factor of a synthetic set.
type Factor struct {
	Name   string    // such as "phase"
	Values []float32 // one a row
}

// Column is one column of a table and the standardisation that was applied to it:
// stored value = (raw value − Mean) / Scale.
type Column struct {
	Name  string  // as in the header
	Mean  float64 // of the training rows
	Scale float64 // standard deviation of the training rows, 1 for a constant column
}

// Splits is a data set divided for learning, selection and the final figures.
type Splits struct {
	Train *Set // to learn from
	Valid *Set // to select with
	Test  *Set // for the final figures
}

// Dim returns D, the number of values of one row.
func (s *Set) Dim() int {
	d := 1
	for _, n := range s.Shape {
		d *= n
	}
	return d
}

// Len returns N, the number of rows.
func (s *Set) Len() int {
	if d := s.Dim(); d > 0 {
		return len(s.X) / d
	}
	return 0
}

// Row returns the i-th row, a view into X.
func (s *Set) Row(i int) []float32 {
	d := s.Dim()
	return s.X[i*d : (i+1)*d : (i+1)*d]
}

// Rows returns all rows, views into X.
func (s *Set) Rows() [][]float32 { return Rows(s.X, s.Dim()) }

// Rows cuts a row-major array into rows of the given width, views into it.
func Rows(x []float32, width int) [][]float32 {
	out := make([][]float32, 0, len(x)/width)
	for i := 0; i+width <= len(x); i += width {
		out = append(out, x[i:i+width:i+width])
	}
	return out
}

// IsImage tells whether a row is an image, H×W or H×W×C with one or three channels.
func (s *Set) IsImage() bool {
	n := len(s.Shape)
	return n == 2 || n == 3 && (s.Shape[2] == 1 || s.Shape[2] == 3)
}

// Select returns a copy of the named rows, in the given order.
func (s *Set) Select(rows []int) *Set {
	out := &Set{Name: s.Name, Shape: s.Shape, Classes: s.Classes, Columns: s.Columns}
	out.X = make([]float32, 0, len(rows)*s.Dim())
	for _, i := range rows {
		out.X = append(out.X, s.Row(i)...)
		if s.Labels != nil {
			out.Labels = append(out.Labels, s.Labels[i])
		}
	}
	for _, f := range s.Factors {
		v := make([]float32, len(rows))
		for j, i := range rows {
			v[j] = f.Values[i]
		}
		out.Factors = append(out.Factors, Factor{f.Name, v})
	}
	return out
}

// Fingerprint returns the sha256, in hex, of the shape, the values and the labels.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	var buf [4096]byte
	n := 0
	word := func(v uint32) {
		if n == len(buf) {
			h.Write(buf[:n])
			n = 0
		}
		binary.LittleEndian.PutUint32(buf[n:], v)
		n += 4
	}
	word(uint32(len(s.Shape)))
	for _, d := range s.Shape {
		word(uint32(d))
	}
	for _, v := range s.X {
		word(math.Float32bits(v))
	}
	for _, l := range s.Labels {
		word(uint32(l))
	}
	h.Write(buf[:n])
	return hex.EncodeToString(h.Sum(nil))
}
