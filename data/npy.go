package data

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/internal/text"
)

// npyMagic starts every npy file; two version bytes and the header's length follow.
const npyMagic = "\x93NUMPY"

// maxNPYHeader bounds the header in bytes. NumPy writes 128 for the shapes read here.
const maxNPYHeader = 1 << 14

// npyTypes maps a dtype to the element type; numbers are little-endian.
var npyTypes = func() map[string]element {
	e := elements(binary.LittleEndian)
	return map[string]element{
		"<f4": e["float32"], "<f8": e["float64"], "|u1": e["uint8"], "|i1": e["int8"],
		"<i2": e["int16"], "<i4": e["int32"], "<i8": e["int64"],
		"|b1": {"bool", 1, func(b []byte) float64 { return float64(min(b[0], 1)) }},
	}
}()

// npyHeader is the header of an npy array.
type npyHeader struct {
	descr string
	elem  element // zero for text
	dims  []int64
}

// readNPYHeader reads and bounds the header: versions 1 to 3, C order.
func readNPYHeader(s *source) (npyHeader, error) {
	var h npyHeader
	start := s.offset()
	var b [8]byte
	if err := s.full("magic", b[:]); err != nil {
		return h, err
	}
	if string(b[:6]) != npyMagic {
		return h, s.fail(start, "magic", "got %s, want %s", quote(string(b[:6])), quote(npyMagic))
	}
	if b[6] < 1 || b[6] > 3 {
		return h, s.fail(start+6, "version", "got %d, want 1, 2 or 3", b[6])
	}
	var size [4]byte // two bytes in version 1, four later
	k := 2
	if b[6] > 1 {
		k = 4
	}
	if err := s.full("header length", size[:k]); err != nil {
		return h, err
	}
	n := int64(binary.LittleEndian.Uint32(size[:]))
	if n > maxNPYHeader {
		return h, s.fail(start+8, "header length", "got %d, want at most %d", n, maxNPYHeader)
	}
	text := make([]byte, n)
	if err := s.full("header", text); err != nil {
		return h, err
	}
	p := npyParser{s: s, text: string(text), base: s.offset() - n}
	return p.header()
}

// npyParser reads the Python dictionary of an npy header.
type npyParser struct {
	s    *source
	text string
	at   int
	base int64 // offset of text in the file
}

// fail returns an error at the current byte.
func (p *npyParser) fail(field, msg string, args ...any) error {
	return p.s.fail(p.base+int64(p.at), field, msg, args...)
}

// take skips blanks and takes one token if it comes next.
func (p *npyParser) take(token string) bool {
	for p.at < len(p.text) && strings.IndexByte(" \n\t\r", p.text[p.at]) >= 0 {
		p.at++
	}
	if !strings.HasPrefix(p.text[p.at:], token) {
		return false
	}
	p.at += len(token)
	return true
}

// rest shows what comes next.
func (p *npyParser) rest() string { return quote(p.text[p.at:min(len(p.text), p.at+12)]) }

// header reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
func (p *npyParser) header() (npyHeader, error) {
	var h npyHeader
	if !p.take("{") {
		return h, p.fail("header", "got %s, want a dictionary {…}", p.rest())
	}
	seen := map[string]bool{}
	for !p.take("}") {
		key, err := p.word("header")
		if err != nil {
			return h, err
		}
		if seen[key] || !p.take(":") {
			return h, p.fail("header", "got %s after key %s, want a colon, and each key once", p.rest(), quote(key))
		}
		seen[key] = true
		if err := p.entry(key, &h); err != nil {
			return h, err
		}
		if p.take(",") {
			continue
		}
		if !p.take("}") {
			return h, p.fail("header", "got %s, want a comma or }", p.rest())
		}
		break
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return h, p.fail("header", "got no key %q, want descr, fortran_order and shape", key)
		}
	}
	if p.take(""); p.at < len(p.text) {
		return h, p.fail("header", "got %s after the dictionary, want blanks", p.rest())
	}
	return h, nil
}

// entry reads the value of one key.
func (p *npyParser) entry(key string, h *npyHeader) (err error) {
	p.take("")
	at := p.at
	switch key {
	case "descr":
		if h.descr, err = p.word("descr"); err != nil {
			return err
		}
		h.elem = npyTypes[h.descr]
		if h.elem.size == 0 && !strings.HasPrefix(h.descr, "<U") {
			p.at = at
			return p.fail("descr", "got %s, want <f4, <f8, |u1, |i1, <i2, <i4, <i8 or |b1", quote(h.descr))
		}
	case "fortran_order":
		if p.take("True") {
			return p.fail("fortran_order", "got True, want False: save the array with numpy.ascontiguousarray")
		}
		if !p.take("False") {
			return p.fail("fortran_order", "got %s, want False", p.rest())
		}
	case "shape":
		h.dims, err = p.shape()
	default:
		return p.fail("header", "got key %s, want descr, fortran_order or shape", quote(key))
	}
	return err
}

// word reads a quoted string without escapes.
func (p *npyParser) word(field string) (string, error) {
	for _, q := range []string{"'", `"`} {
		if !p.take(q) {
			continue
		}
		if n := strings.Index(p.text[p.at:], q); n >= 0 {
			w := p.text[p.at : p.at+n]
			p.at += n + 1
			return w, nil
		}
		return "", p.fail(field, "got no closing quote, want %s", q)
	}
	return "", p.fail(field, "got %s, want a quoted word", p.rest())
}

// shape reads a tuple of dimensions.
func (p *npyParser) shape() ([]int64, error) {
	if !p.take("(") {
		return nil, p.fail("shape", "got %s, want a tuple (…)", p.rest())
	}
	var dims []int64
	for !p.take(")") {
		n := 0
		for p.at+n < len(p.text) && p.text[p.at+n] >= '0' && p.text[p.at+n] <= '9' {
			n++
		}
		d, err := strconv.ParseInt(p.text[p.at:p.at+n], 10, 64)
		if err != nil {
			return nil, p.fail("shape", "got %s, want a whole number below 2^63", p.rest())
		}
		p.at += n
		if dims = append(dims, d); len(dims) > 4 {
			return nil, p.fail("shape", "got more than 4 dimensions, want 1 to 4")
		}
		if !p.take(",") && !strings.HasPrefix(p.text[p.at:], ")") {
			return nil, p.fail("shape", "got %s, want a comma or )", p.rest())
		}
	}
	return dims, nil
}

// readNPY reads one array. Text arrays give no values; see readNPYText.
func readNPY(s *source) (npyHeader, []float32, error) {
	h, err := readNPYHeader(s)
	if err != nil {
		return h, nil, err
	}
	if h.elem.size == 0 {
		return h, nil, s.fail(s.offset(), "descr", "got text (%s), want numbers", quote(h.descr))
	}
	if err := h.bound(s); err != nil {
		return h, nil, err
	}
	n, _ := product(h.dims, s.lim.MaxBytes)
	x, err := s.values("values", h.elem, int(n))
	if err != nil {
		return h, nil, err
	}
	return h, x, s.end("values")
}

// bound compares the shape with the limits.
func (h npyHeader) bound(s *source) error {
	at := s.offset()
	if len(h.dims) == 0 {
		return s.fail(at, "shape", "got (), want 1 to 4 dimensions")
	}
	if _, ok := product(h.dims, s.lim.MaxBytes/max(4, int64(h.elem.size))); !ok {
		return s.fail(at, "shape", "got %s, want 1 to %d bytes of values", text.Shape(h.dims), s.lim.MaxBytes)
	}
	if h.dims[0] > int64(s.lim.MaxRows) {
		return s.fail(at, "shape", "got %d rows, want at most %d", h.dims[0], s.lim.MaxRows)
	}
	return nil
}

// decodeNPY reads an array of shape N, N×D, N×H×W or N×H×W×C. Bytes of rank 2 and more are
// pixels and become [0, 1] by 1/255; values 0/1 are kept.
func decodeNPY(s *source) (*Set, error) {
	h, x, err := readNPY(s)
	if err != nil {
		return nil, err
	}
	if h.elem.name == "uint8" && len(h.dims) > 1 {
		scalePixels(x)
	}
	return &Set{Shape: rowShape(h.dims), X: x}, nil
}
