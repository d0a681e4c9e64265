package data

import (
	"fmt"
	"io"
	"math"
)

// Limits bounds what a file may make its reader allocate. Each is checked against what a
// header declares before memory is asked for. A zero field takes its value in [DefaultLimits].
type Limits struct {
	// MaxBytes bounds the decompressed bytes of a file, and the bytes of the float32 rows
	// that it becomes.
	MaxBytes int64
	// MaxRows bounds the number of rows.
	MaxRows int
	// MaxColumns bounds the columns of a text table.
	MaxColumns int
	// MaxPixels bounds width × height of one PNG or JPEG image.
	MaxPixels int
	// MaxRecordBytes bounds one CSV record or one JSON line.
	MaxRecordBytes int
	// MaxRatio bounds the decompressed bytes that one compressed byte may stand for, taken
	// from the start of the file, once 4 MiB have come out. Deflate reaches 1032; sparse
	// binary images stay below 150.
	MaxRatio int
}

// DefaultLimits admits MNIST (60,000 × 28 × 28 values, 188 MB) and CIFAR-10 (614 MB) in memory:
// 1 GiB, 2²⁴ rows, 2¹⁶ columns, 2²⁴ pixels an image, 4 MiB a record, 256 bytes out for one in.
func DefaultLimits() Limits {
	return Limits{
		MaxBytes:       1 << 30,
		MaxRows:        1 << 24,
		MaxColumns:     1 << 16,
		MaxPixels:      1 << 24,
		MaxRecordBytes: 4 << 20,
		MaxRatio:       256,
	}
}

// orDefault fills the fields that are zero.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = d.MaxBytes
	}
	set(&l.MaxRows, d.MaxRows)
	set(&l.MaxColumns, d.MaxColumns)
	set(&l.MaxPixels, d.MaxPixels)
	set(&l.MaxRecordBytes, d.MaxRecordBytes)
	set(&l.MaxRatio, d.MaxRatio)
	return l
}

// ratioFrom is the number of decompressed bytes above which MaxRatio holds: small files may
// be as repetitive as they like.
const ratioFrom = 4 << 20

// deflateRatio is the largest expansion that deflate can reach (258 bytes for two bits).
const deflateRatio = 1032

// product multiplies dimensions. It reports false where a factor is not positive or where
// the product exceeds most.
func product(dims []int64, most int64) (int64, bool) {
	p := int64(1)
	for _, d := range dims {
		if d <= 0 || p > most/d {
			return 0, false
		}
		p *= d
	}
	return p, p <= most
}

// boundedReader passes bytes on until a limit is met.
type boundedReader struct {
	r      io.Reader
	format string
	n      int64 // bytes passed on
	lim    Limits
	packed *countReader // the compressed bytes below r; nil if there is no compression
}

// Read implements io.Reader; above the limit it returns a FormatError.
func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	if b.n > b.lim.MaxBytes {
		return 0, &FormatError{Format: b.format, Offset: b.lim.MaxBytes, Field: "size",
			Msg: fmt.Sprintf("got more bytes, want at most %d", b.lim.MaxBytes)}
	}
	if b.packed != nil && b.n > ratioFrom && b.n/int64(b.lim.MaxRatio) > b.packed.n {
		return 0, &FormatError{Format: b.format, Offset: b.n, Field: "gzip",
			Msg: fmt.Sprintf("got %d bytes out of %d compressed ones, want at most %d out of one",
				b.n, b.packed.n, b.lim.MaxRatio)}
	}
	return n, err
}

// countReader counts the bytes that pass.
type countReader struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// mulClamp multiplies two counts, and stops at the largest int64.
func mulClamp(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/a {
		return math.MaxInt64
	}
	return a * b
}
