package ckpt

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// header parses the JSON of a safetensors file. The grammar is fixed and three levels deep, so a
// parser of its own knows the byte of each fault, sees repeated keys, and needs no memory beyond
// the result: a first pass counts, a second fills.
type header struct {
	src string
	lim Limits
	pos int
	err *FormatError // the first fault; later calls do nothing

	filling bool
	count   int // tensors seen in this pass
	tensors []Tensor
	spans   []span
	meta    map[string]string
}

// parse reads the whole header.
func (h *header) parse() error {
	if !utf8.ValidString(h.src) {
		return &FormatError{"safetensors", 8, "header", "got bytes that are not UTF-8, want JSON"}
	}
	if !strings.HasPrefix(h.src, "{") {
		return &FormatError{"safetensors", 8, "header", "got no '{', want a JSON object"}
	}
	for _, filling := range []bool{false, true} {
		if filling {
			h.tensors, h.spans = make([]Tensor, h.count), make([]span, h.count)
		}
		h.filling, h.pos, h.count, h.meta = filling, 0, 0, nil
		sawMeta := false
		h.object(place{kind: "header"}, func(key string, at int) {
			if key != metadataKey {
				h.tensor(key, at)
				return
			}
			if sawMeta {
				h.fail(at, place{kind: metadataKey}, "got it twice, want it once")
			}
			sawMeta = true
			h.metadata()
		})
		if h.space(); h.err == nil && h.pos != len(h.src) {
			h.fail(h.pos, place{kind: "header"}, "got %q after the object, want only spaces", h.src[h.pos])
		}
		if h.err != nil {
			return h.err
		}
	}
	return nil
}

// place says what is being read, and becomes text only in an error.
type place struct{ kind, name, key string }

// String is the Field of a FormatError.
func (p place) String() string {
	s := p.kind
	if p.name != "" || p.kind == "tensor" {
		s += " " + quote(p.name)
	}
	if p.key != "" {
		s += " " + p.key
	}
	return s
}

// metadata reads an object of strings.
func (h *header) metadata() {
	h.meta = make(map[string]string)
	h.object(place{kind: metadataKey}, func(key string, at int) {
		where := place{kind: metadataKey, name: key}
		v := h.text(where)
		if h.err != nil {
			return
		}
		if _, dup := h.meta[key]; dup {
			h.fail(at, where, "got it twice, want unique keys")
			return
		}
		if len(h.meta) == h.lim.Meta {
			h.fail(at, where, "got more than %d entries, want at most that", h.lim.Meta)
			return
		}
		h.meta[key] = v
	})
}

// The keys of a tensor's entry.
const (
	keyDType = iota
	keyShape
	keyOffsets
)

var entryKeys = [3]string{"dtype", "shape", "data_offsets"}

// entry is one tensor of the header while it is read.
type entry struct {
	dtype   string
	size    int // bytes per element
	dims    [maxRank]int
	rank    int
	offsets [2]int
	at      [3]int // where each key's value stands, -1 before it is seen
}

// tensor reads one entry and, in the filling pass, keeps it.
func (h *header) tensor(name string, at int) {
	where := place{kind: "tensor", name: name}
	if h.count++; h.count > h.lim.Tensors {
		h.fail(at, place{kind: "header"}, "got more than %d tensors, want at most that", h.lim.Tensors)
		return
	}
	e := entry{at: [3]int{-1, -1, -1}}
	h.object(where, func(key string, at int) { h.entryValue(&e, place{"tensor", name, key}, at) })
	for k, key := range entryKeys {
		if e.at[k] < 0 {
			h.fail(at, where, "got no %s, want one", key)
		}
	}
	if h.checkEntry(&e, where); h.err == nil && h.filling {
		h.tensors[h.count-1] = Tensor{Name: name, DType: e.dtype, Shape: append(make([]int, 0, e.rank), e.dims[:e.rank]...)}
		h.spans[h.count-1] = span{int64(e.offsets[0]), int64(e.offsets[1])}
	}
}

// entryValue reads the value of one key of an entry.
func (h *header) entryValue(e *entry, where place, at int) {
	k := slices.Index(entryKeys[:], where.key)
	if k < 0 {
		h.fail(at, place{kind: "tensor", name: where.name}, "key: got %s, want dtype, shape or data_offsets", quote(where.key))
		return
	}
	if e.at[k] >= 0 {
		h.fail(at, where, "got it twice, want it once")
		return
	}
	h.space()
	e.at[k] = h.pos
	switch k {
	case keyDType:
		text := h.text(where)
		if e.dtype, e.size = lookupDType(text); e.size == 0 {
			h.fail(e.at[k], where, "got %s, want one of %s", quote(text), strings.Join(DTypes(), " "))
		}
	case keyShape:
		e.rank = h.ints(where, e.dims[:])
	case keyOffsets:
		if n := h.ints(where, e.offsets[:]); n != 2 {
			h.fail(e.at[k], where, "got %d numbers, want 2", n)
		}
	}
}

// checkEntry compares the bytes that an entry claims with those its shape needs.
func (h *header) checkEntry(e *entry, where place) {
	if h.err != nil {
		return
	}
	shape := e.dims[:e.rank]
	begin, end := int64(e.offsets[0]), int64(e.offsets[1])
	want, ok := byteLen(shape, e.size)
	if !ok {
		where.key = "shape"
		h.fail(e.at[keyShape], where, "got %s, want a product that fits 63 bits", fmt.Sprint(slices.Clone(shape)))
		return
	}
	where.key = "data_offsets"
	if end < begin {
		h.fail(e.at[keyOffsets], where, "got end %d before begin %d, want it after", end, begin)
	} else if end-begin != want {
		h.fail(e.at[keyOffsets], where, "got %d bytes, want %d for %s%s", end-begin, want, e.dtype, fmt.Sprint(slices.Clone(shape)))
	}
}

// fail notes the first fault; at counts from the header's start.
func (h *header) fail(at int, where place, msg string, args ...any) {
	if h.err == nil {
		h.err = &FormatError{"safetensors", 8 + int64(at), where.String(), fmt.Sprintf(msg, args...)}
	}
}

// space skips white space.
func (h *header) space() {
	for h.pos < len(h.src) && strings.IndexByte(" \t\n\r", h.src[h.pos]) >= 0 {
		h.pos++
	}
}

// next skips white space and takes c when it comes next.
func (h *header) next(c byte) bool {
	h.space()
	if h.err == nil && h.pos < len(h.src) && h.src[h.pos] == c {
		h.pos++
		return true
	}
	return false
}

// want takes c or fails.
func (h *header) want(where place, c byte) {
	if h.next(c) || h.err != nil {
		return
	}
	if h.pos == len(h.src) {
		h.fail(h.pos, where, "got the header's end, want %q", c)
	} else {
		h.fail(h.pos, where, "got %q, want %q", h.src[h.pos], c)
	}
}

// object reads an object and calls entry at each value, with the key and the key's place.
func (h *header) object(where place, entry func(key string, at int)) {
	h.want(where, '{')
	if h.next('}') {
		return
	}
	for h.err == nil {
		h.space()
		at := h.pos
		key := h.text(where)
		h.want(where, ':')
		if h.err != nil {
			return
		}
		entry(key, at)
		if h.next('}') {
			return
		}
		h.want(where, ',')
	}
}

// text reads a string, which shares the header's memory unless it has escapes.
func (h *header) text(where place) string {
	h.want(where, '"')
	start, escaped := h.pos, false
	for ; h.err == nil; h.pos++ {
		switch {
		case h.pos >= len(h.src):
			h.fail(start-1, where, "got a string without an end, want '\"'")
		case h.src[h.pos] < 0x20:
			h.fail(h.pos, where, "got control byte %#02x in a string, want it escaped", h.src[h.pos])
		case h.src[h.pos] == '\\':
			escaped = true
			h.pos++
		case h.src[h.pos] == '"':
			raw := h.src[start:h.pos]
			h.pos++
			if !escaped {
				return raw
			}
			var s string
			if err := json.Unmarshal([]byte(`"`+raw+`"`), &s); err != nil {
				h.fail(start-1, where, "got a broken escape, want a JSON string")
			}
			return s
		}
	}
	return ""
}

// ints reads an array of whole numbers into buf and returns how many there were.
func (h *header) ints(where place, buf []int) int {
	h.want(where, '[')
	n := 0
	if h.next(']') {
		return n
	}
	for h.err == nil {
		v := h.whole(where)
		if n == len(buf) {
			h.fail(h.pos, where, "got more than %d numbers, want at most that", len(buf))
			return n
		}
		buf[n] = v
		n++
		if h.next(']') {
			return n
		}
		h.want(where, ',')
	}
	return n
}

// whole reads a whole number that is not negative.
func (h *header) whole(where place) int {
	h.space()
	start, v := h.pos, uint64(0)
	for ; h.pos < len(h.src) && '0' <= h.src[h.pos] && h.src[h.pos] <= '9'; h.pos++ {
		d := uint64(h.src[h.pos] - '0')
		if v > (math.MaxInt-d)/10 {
			h.fail(start, where, "got a number above %d, want at most that", uint64(math.MaxInt))
			return 0
		}
		v = 10*v + d
	}
	switch {
	case h.pos == start:
		h.fail(start, where, "got no digit, want a whole number")
	case h.src[start] == '0' && h.pos > start+1:
		h.fail(start, where, "got a leading zero, want none")
	}
	return int(v)
}
