package data

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"

	"github.com/elbo-go/elbo/internal/text"
)

// idxTypes maps the third byte of the magic number to the element type; numbers are big-endian.
var idxTypes = func() map[byte]element {
	e := elements(binary.BigEndian)
	return map[byte]element{
		0x08: e["uint8"], 0x09: e["int8"], 0x0b: e["int16"],
		0x0c: e["int32"], 0x0d: e["float32"], 0x0e: e["float64"],
	}
}()

// idxHeader is the magic number (two zero bytes, element type, rank) and the dimensions.
type idxHeader struct {
	elem element
	dims []int64
}

// readIDXHeader reads and bounds the header.
func readIDXHeader(s *source) (idxHeader, error) {
	var h idxHeader
	var b [4]byte
	if err := s.full("magic", b[:]); err != nil {
		return h, err
	}
	var ok bool
	h.elem, ok = idxTypes[b[2]]
	if b[0] != 0 || b[1] != 0 || !ok {
		return h, s.fail(0, "magic", "got 0x%08x, want 0x00000803 (byte images), 0x00000801 (byte labels) or another idx type", b[:])
	}
	rank := int(b[3])
	if rank < 1 || rank > 4 {
		return h, s.fail(3, "rank", "got %d, want 1 to 4", rank)
	}
	for i := range rank {
		field := idxField(i, rank)
		if err := s.full(field, b[:]); err != nil {
			return h, err
		}
		d := int64(binary.BigEndian.Uint32(b[:]))
		if d == 0 {
			return h, s.fail(s.offset()-4, field, "got 0, want at least 1")
		}
		h.dims = append(h.dims, d)
	}
	if h.dims[0] > int64(s.lim.MaxRows) {
		return h, s.fail(4, "count", "got %d, want at most %d", h.dims[0], s.lim.MaxRows)
	}
	if _, ok := product(h.dims, s.lim.MaxBytes/max(4, int64(h.elem.size))); !ok {
		return h, s.fail(4, "count", "got %s values, want at most %d bytes of them", text.Shape(h.dims), s.lim.MaxBytes)
	}
	return h, nil
}

// idxField names the i-th dimension.
func idxField(i, rank int) string {
	switch {
	case i == 0:
		return "count"
	case rank == 2:
		return "columns"
	}
	return [...]string{"rows", "columns", "channels"}[i-1]
}

// decodeIDX reads an idx array of rank 1 to 4: N, N×D, N×H×W or N×H×W×C. Bytes of rank 2 and
// more are pixels and become [0, 1] by 1/255; values 0/1 are kept. The format has no checksum:
// without gzip a damaged pixel goes unnoticed.
func decodeIDX(s *source) (*Set, error) {
	h, err := readIDXHeader(s)
	if err != nil {
		return nil, err
	}
	n, _ := product(h.dims, s.lim.MaxBytes)
	x, err := s.values("values", h.elem, int(n))
	if err != nil {
		return nil, err
	}
	if err := s.end("values"); err != nil {
		return nil, err
	}
	if h.elem.name == "uint8" && len(h.dims) > 1 {
		scalePixels(x)
	}
	return &Set{Shape: rowShape(h.dims), X: x}, nil
}

// rowShape drops the number of rows; a row of a vector is one value.
func rowShape(dims []int64) []int {
	if len(dims) == 1 {
		return []int{1}
	}
	shape := make([]int, len(dims)-1)
	for i, d := range dims[1:] {
		shape[i] = int(d)
	}
	return shape
}

// decodeIDXLabels reads a vector of byte labels.
func decodeIDXLabels(s *source) ([]float32, error) {
	h, err := readIDXHeader(s)
	if err != nil {
		return nil, err
	}
	if h.elem.name != "uint8" || len(h.dims) != 1 {
		return nil, s.fail(0, "magic", "got %s values of rank %d, want byte labels of rank 1 (0x00000801)", h.elem.name, len(h.dims))
	}
	y, err := s.values("labels", h.elem, int(h.dims[0]))
	if err != nil {
		return nil, err
	}
	return y, s.end("labels")
}

// readIDXFile reads an idx file and, for X-images-idx3-ubyte, the labels beside it.
func readIDXFile(path string, lim Limits) (*Set, error) {
	var set *Set
	err := withSource(path, "idx", lim, func(s *source) (err error) {
		set, err = decodeIDX(s)
		return err
	})
	if err != nil {
		return nil, err
	}
	beside := labelsBeside(path)
	if beside == "" {
		return set, nil
	}
	err = withSource(beside, "idx", lim, func(s *source) error {
		y, err := decodeIDXLabels(s)
		if err != nil {
			return err
		}
		if len(y) != set.Len() {
			return s.fail(4, "count", "got %d labels, want %d, one an image of %s", len(y), set.Len(), filepath.Base(path))
		}
		return numberLabels(s, set, y)
	})
	return set, err
}

// labelsBeside returns the label file that belongs to an image file, or "".
func labelsBeside(path string) string {
	dir, base := filepath.Split(path)
	plain := strings.TrimSuffix(base, ".gz")
	name := strings.Replace(strings.Replace(plain, "images", "labels", 1), "idx3", "idx1", 1)
	if !strings.Contains(plain, "images") || !strings.Contains(plain, "idx3") {
		return ""
	}
	for _, ext := range []string{"", ".gz"} {
		p := dir + name + ext
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() {
			return p
		}
	}
	return ""
}
