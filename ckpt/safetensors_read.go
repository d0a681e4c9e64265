package ckpt

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Limits bounds what a safetensors file may ask for. A zero field means its default.
type Limits struct {
	Bytes   int64 // whole file, default 16 GiB
	Header  int64 // JSON header, default 100 MB as in the format's definition
	Tensors int   // number of tensors, default 1,048,576
	Meta    int   // entries of the metadata, default 1,024
}

// orDefault fills the zero fields.
func (l Limits) orDefault() Limits {
	set := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Bytes, 16<<30)
	set(&l.Header, 100e6)
	if l.Tensors <= 0 {
		l.Tensors = 1 << 20
	}
	if l.Meta <= 0 {
		l.Meta = 1 << 10
	}
	return l
}

// span is a tensor's half-open range of bytes in the data section.
type span struct{ begin, end int64 }

// ReadTensors reads a safetensors file to its end; see ParseTensors.
func ReadTensors(r io.Reader, lim Limits) ([]Tensor, map[string]string, error) {
	lim = lim.orDefault()
	data, err := io.ReadAll(io.LimitReader(r, min(lim.Bytes, math.MaxInt64-1)+1))
	if err != nil {
		return nil, nil, fmt.Errorf("ckpt: safetensors: %w", err)
	}
	return ParseTensors(data, lim)
}

// ParseTensors reads a safetensors file held in memory and returns its tensors in the header's
// order, with the metadata (nil when there is none). The tensors' Data are parts of data, not
// copies. Every byte of the file must belong to exactly one part of it; what does not fit is a
// *FormatError.
func ParseTensors(data []byte, lim Limits) ([]Tensor, map[string]string, error) {
	lim = lim.orDefault()
	fail := func(offset int64, field, msg string, args ...any) ([]Tensor, map[string]string, error) {
		return nil, nil, &FormatError{"safetensors", offset, field, fmt.Sprintf(msg, args...)}
	}
	if int64(len(data)) > lim.Bytes {
		return fail(0, "file", "got more than %d bytes, want at most that", lim.Bytes)
	}
	if len(data) < 8 {
		return fail(int64(len(data)), "header length", "got %d bytes, want 8", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(lim.Header) {
		return fail(0, "header length", "got %d, want at most %d", n, lim.Header)
	}
	if n > uint64(len(data)-8) {
		return fail(0, "header length", "got %d, want at most the %d bytes that follow", n, len(data)-8)
	}
	h := header{src: string(data[8 : 8+n]), lim: lim}
	if err := h.parse(); err != nil {
		return nil, nil, err
	}
	body := data[8+n:]
	if err := h.checkLayout(int64(len(body))); err != nil {
		return nil, nil, err
	}
	for i, s := range h.spans {
		h.tensors[i].Data = body[s.begin:s.end:s.end]
	}
	return h.tensors, h.meta, nil
}

// checkLayout holds that names are unique and that the spans cover the data section of size
// bytes without overlap, hole or rest.
func (h *header) checkLayout(size int64) error {
	order := make([]int32, len(h.tensors))
	for i := range order {
		order[i] = int32(i)
	}
	name := func(i int32) string { return h.tensors[i].Name }
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(name(a), name(b)) })
	base := 8 + int64(len(h.src))
	fail := func(offset int64, field, msg string, args ...any) error {
		return &FormatError{"safetensors", offset, field, fmt.Sprintf(msg, args...)}
	}
	for k := 1; k < len(order); k++ {
		if name(order[k-1]) == name(order[k]) {
			return fail(8, "header", "tensor %s: got it twice, want unique names", quote(name(order[k])))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(h.spans[a].begin, h.spans[b].begin), cmp.Compare(h.spans[a].end, h.spans[b].end))
	})
	var at int64
	for _, i := range order {
		s, field := h.spans[i], "tensor "+quote(name(i))+" data_offsets"
		switch {
		case s.end > size:
			return fail(base+at, field, "got end %d, want at most the %d bytes of data", s.end, size)
		case s.begin < at:
			return fail(base+s.begin, field, "got begin %d, want %d: tensors overlap", s.begin, at)
		case s.begin > at:
			return fail(base+at, field, "got begin %d, want %d: bytes that belong to no tensor", s.begin, at)
		}
		at = s.end
	}
	if at != size {
		return fail(base+at, "data", "got %d bytes after the last tensor, want none", size-at)
	}
	return nil
}
