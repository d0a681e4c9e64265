package data

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/internal/text"
)

// The names under which rows and labels are looked for, in this order.
var (
	npzRows    = []string{"X", "x", "arr_0", "images", "data", "x_train"}
	npzLabels  = []string{"y", "labels", "y_train"}
	npzClasses = "classes"
)

// maxZipDirectory bounds the bytes that opening a zip file may read: its directory.
const maxZipDirectory = 1 << 20

// budgetReader fails after a number of bytes; a negative budget is none.
type budgetReader struct {
	r    io.ReaderAt
	left int64
}

var errDirectory = errors.New("a directory of more than 1 MiB")

// ReadAt implements io.ReaderAt.
func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.r.ReadAt(p, off)
	if b.left >= 0 {
		if b.left -= int64(n); b.left < 0 {
			return 0, errDirectory
		}
	}
	return n, err
}

// decodeNPZ reads the rows, and the labels if there are any, of a zip file of npy arrays. The
// rows are X, x, arr_0, images, data or x_train; the labels y, labels or y_train: whole numbers
// or text. An array of texts named classes gives names to labels 0, 1, ….
func decodeNPZ(s *source, rep *Report) (*Set, error) {
	packed, err := io.ReadAll(s)
	if err != nil {
		return nil, s.cause("zip", err)
	}
	br := &budgetReader{bytes.NewReader(packed), maxZipDirectory}
	z, err := zip.NewReader(br, int64(len(packed)))
	if err != nil {
		return nil, &FormatError{Format: "npz", Offset: -1, Field: "zip", Msg: "got " + err.Error() + ", want a zip file of npy arrays", Err: err}
	}
	br.left = -1
	a := npzArchive{s: s, files: map[string]*zip.File{}}
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if a.files[name] != nil {
			return nil, malformed("npz", "array "+quote(name), "got it twice, want each name once")
		}
		a.files[name] = f
		a.names = append(a.names, name)
	}
	return a.set(rep)
}

// npzArchive finds arrays by name.
type npzArchive struct {
	s     *source
	files map[string]*zip.File
	names []string
}

// find returns the first of the names that the archive has, or "".
func (a npzArchive) find(names []string) string {
	for _, n := range names {
		if a.files[n] != nil {
			return n
		}
	}
	return ""
}

// set reads rows, labels and classes.
func (a npzArchive) set(rep *Report) (*Set, error) {
	name := a.find(npzRows)
	if name == "" {
		if len(a.names) == 0 {
			return nil, malformed("npz", "rows", "got no array, want one named %s", strings.Join(npzRows, ", "))
		}
		return nil, malformed("npz", "rows", "got arrays %s, want one named %s", list(a.names), strings.Join(npzRows, ", "))
	}
	var set *Set
	err := a.open(name, func(s *source) (err error) {
		set, err = decodeNPY(s)
		return err
	})
	if err != nil {
		return nil, err
	}
	if label := a.find(npzLabels); label != "" {
		if err := a.open(label, func(s *source) error { return readNPZLabels(s, set) }); err != nil {
			return nil, err
		}
	}
	if a.files[npzClasses] != nil && set.Labels != nil {
		if err := a.open(npzClasses, func(s *source) error { return nameClasses(s, set) }); err != nil {
			return nil, err
		}
	}
	for _, n := range a.names {
		if n != name && n != a.find(npzLabels) && n != npzClasses {
			rep.note("Array %s was not read.", quote(n))
		}
	}
	return set, nil
}

// open hands one array to f; errors name it.
func (a npzArchive) open(name string, f func(*source) error) error {
	file := a.files[name]
	err := func() error {
		lim := a.s.lim
		if file.UncompressedSize64 > uint64(lim.MaxBytes) {
			return malformed("npz", "", "got %d bytes, want at most %d", file.UncompressedSize64, lim.MaxBytes)
		}
		size, packed := int64(file.UncompressedSize64), int64(file.CompressedSize64)
		if size > mulClamp(packed, deflateRatio)+64 || size > ratioFrom && size/int64(lim.MaxRatio) > packed {
			return malformed("npz", "", "got %d bytes out of %d compressed ones, want at most %d out of one", size, packed, lim.MaxRatio)
		}
		r, err := file.Open()
		if err != nil {
			return &FormatError{Format: "npz", Offset: -1, Msg: "got " + err.Error() + ", want a readable array", Err: err}
		}
		defer r.Close()
		s, err := newSource(r, size, "npz", lim)
		if err != nil {
			return err
		}
		s.sparse = true
		return f(s)
	}()
	var fe *FormatError
	if errors.As(err, &fe) {
		fe.Field = strings.TrimSuffix("array "+quote(name)+": "+fe.Field, ": ")
	}
	return err
}

// readNPZLabels reads labels: whole numbers or text.
func readNPZLabels(s *source, set *Set) error {
	h, err := readNPYHeader(s)
	if err != nil {
		return err
	}
	if err := h.bound(s); err != nil {
		return err
	}
	if len(h.dims) > 2 || len(h.dims) == 2 && h.dims[1] != 1 || h.dims[0] != int64(set.Len()) {
		return s.fail(s.offset(), "shape", "got %s labels, want %d, one a row", text.Shape(h.dims), set.Len())
	}
	if h.elem.size == 0 {
		words, err := readNPYText(s, h)
		if err != nil {
			return err
		}
		var c classIndex
		for _, w := range words {
			c.add(w)
		}
		c.done(set)
		return nil
	}
	y, err := s.values("values", h.elem, int(h.dims[0]))
	if err != nil {
		return err
	}
	if err := s.end("values"); err != nil {
		return err
	}
	return numberLabels(s, set, y)
}

// nameClasses gives names to the labels 0 … K−1.
func nameClasses(s *source, set *Set) error {
	h, err := readNPYHeader(s)
	if err != nil {
		return err
	}
	if h.elem.size != 0 || len(h.dims) != 1 || h.dims[0] < int64(len(set.Classes)) {
		return s.fail(s.offset(), "shape", "got %s of %s, want at least %d texts (<U…)", text.Shape(h.dims), quote(h.descr), len(set.Classes))
	}
	names, err := readNPYText(s, h)
	if err == nil {
		set.Classes = names
	}
	return err
}

// readNPYText reads a vector of UTF-32 texts, <Uk with k characters each, padded with zeros.
func readNPYText(s *source, h npyHeader) ([]string, error) {
	k, err := strconv.ParseInt(strings.TrimPrefix(h.descr, "<U"), 10, 32)
	if err != nil || k < 1 || k > 4096 {
		return nil, s.fail(s.offset(), "descr", "got %s, want texts of 1 to 4096 characters, <U1 to <U4096", quote(h.descr))
	}
	n, ok := product(append([]int64{4 * k}, h.dims...), s.lim.MaxBytes)
	if !ok {
		return nil, s.fail(s.offset(), "shape", "got %s texts, want 1 to %d bytes of them", text.Shape(h.dims), s.lim.MaxBytes)
	}
	if err := s.payload("texts", n); err != nil {
		return nil, err
	}
	var words []string
	b := make([]byte, 4*k)
	for range n / (4 * k) {
		if err := s.full("texts", b); err != nil {
			return nil, err
		}
		var w strings.Builder
		for i := 0; i < len(b); i += 4 {
			if c := binary.LittleEndian.Uint32(b[i:]); c != 0 {
				w.WriteRune(rune(c))
			}
		}
		words = append(words, w.String())
	}
	return words, s.end("texts")
}
