package ckpt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// metadataKey is the header key that holds text instead of a tensor.
const metadataKey = "__metadata__"

// WriteTensors writes a safetensors file: eight bytes with the header's length, the header as
// JSON padded with spaces to a multiple of eight, the data. The header keeps the order of
// tensors; the data lies by falling element size, so that each tensor is aligned to its
// elements. The same input gives the same bytes.
func WriteTensors(w io.Writer, tensors []Tensor, meta map[string]string) error {
	sizes, err := checkTensors(tensors)
	if err != nil {
		return err
	}
	order := make([]int, len(tensors))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sizes[b], sizes[a]) })
	begin := make([]int64, len(tensors))
	var at int64
	for _, i := range order {
		begin[i] = at
		at += int64(len(tensors[i].Data))
	}
	header, err := encodeHeader(tensors, begin, meta)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, i := range order {
		if _, err := w.Write(tensors[i].Data); err != nil {
			return err
		}
	}
	return nil
}

// checkTensors refuses what could not be read back, and returns bytes per element.
func checkTensors(tensors []Tensor) ([]int, error) {
	sizes := make([]int, len(tensors))
	seen := make(map[string]bool, len(tensors))
	for i, t := range tensors {
		_, size := lookupDType(t.DType)
		n, ok := byteLen(t.Shape, size)
		var fault string
		switch {
		case t.Name == metadataKey:
			fault = "got the reserved name, want another"
		case !utf8.ValidString(t.Name):
			fault = "name: got bytes that are not UTF-8, want UTF-8"
		case seen[t.Name]:
			fault = "name: got it twice, want unique names"
		case size == 0:
			fault = fmt.Sprintf("dtype: got %s, want one of %v", quote(t.DType), DTypes())
		case len(t.Shape) > maxRank:
			fault = fmt.Sprintf("shape: got %d axes, want at most %d", len(t.Shape), maxRank)
		case !ok:
			fault = fmt.Sprintf("shape: got %v, want sizes that are not negative and whose product fits", t.Shape)
		case n != int64(len(t.Data)):
			fault = fmt.Sprintf("data: got %d bytes, want %d for %s%v", len(t.Data), n, t.DType, t.Shape)
		}
		if fault != "" {
			return nil, fmt.Errorf("ckpt: write tensor %s: %s", quote(t.Name), fault)
		}
		seen[t.Name], sizes[i] = true, size
	}
	return sizes, nil
}

// encodeHeader returns the length word and the padded JSON header.
func encodeHeader(tensors []Tensor, begin []int64, meta map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	sep := "{"
	if len(meta) > 0 {
		b.WriteString(sep + strconv.Quote(metadataKey) + ":")
		inner := "{"
		for _, k := range slices.Sorted(maps.Keys(meta)) {
			if !utf8.ValidString(k) || !utf8.ValidString(meta[k]) {
				return nil, fmt.Errorf("ckpt: write metadata %s: got bytes that are not UTF-8, want UTF-8", quote(k))
			}
			b.WriteString(inner + jsonString(k) + ":" + jsonString(meta[k]))
			inner = ","
		}
		b.WriteString("}")
		sep = ","
	}
	for i, t := range tensors {
		shape, err := json.Marshal(append([]int{}, t.Shape...))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `%s%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`,
			sep, jsonString(t.Name), t.DType, shape, begin[i], begin[i]+int64(len(t.Data)))
		sep = ","
	}
	if sep == "{" {
		b.WriteString(sep)
	}
	b.WriteString("}")
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	out := b.Bytes()
	binary.LittleEndian.PutUint64(out, uint64(len(out)-8))
	return out, nil
}

// jsonString encodes valid UTF-8 as a JSON string.
func jsonString(s string) string {
	out, _ := json.Marshal(s) // a string always encodes
	return string(out)
}

// quote shows a name of unknown origin in an error: escaped, and cut at 64 bytes.
func quote(s string) string {
	if len(s) > 64 {
		return strconv.QuoteToASCII(s[:64]) + "…"
	}
	return strconv.QuoteToASCII(s)
}
