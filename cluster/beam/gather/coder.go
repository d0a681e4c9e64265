package gather

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/elbo-go/elbo/cluster/beam/fixed"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[Part](), encodePart, decodePart)
	beam.RegisterCoder(reflect.TypeFor[Total](), encodeTotal, decodeTotal)
}

// Lists of rows and shards travel as their length and their steps in varints, numbers as 8 bytes,
// sums as 16, little-endian.

// appendList appends a rising list.
func appendList(b []byte, x []int32) []byte {
	b = binary.AppendUvarint(b, uint64(len(x)))
	last := int32(-1)
	for _, v := range x {
		b = binary.AppendUvarint(b, uint64(v-last-1))
		last = v
	}
	return b
}

// wire takes bytes apart; it keeps the first thing that is wrong.
type wire struct {
	b   []byte
	err error
}

// fail notes what is wrong.
func (w *wire) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("gather: "+format, args...)
	}
	w.b = nil
}

// uvarint reads a number of at most the limit.
func (w *wire) uvarint(what string, limit uint64) uint64 {
	v, n := binary.Uvarint(w.b)
	if n <= 0 || v > limit {
		w.fail("%s: got %d in %d bytes, want at most %d", what, v, len(w.b), limit)
		return 0
	}
	w.b = w.b[n:]
	return v
}

// list reads a rising list.
func (w *wire) list(what string) []int32 {
	n := w.uvarint(what, uint64(len(w.b))) // each takes a byte at least
	x, next := make([]int32, 0, n), uint64(0)
	for range n {
		if next > math.MaxInt32 {
			w.fail("%s: got one beyond 2^31", what)
			break
		}
		v := next + w.uvarint(what, math.MaxInt32-next)
		x = append(x, int32(v))
		next = v + 1
	}
	return x
}

// words is how many numbers of so many bytes are left.
func (w *wire) words(what string, size int) int {
	if len(w.b)%size != 0 {
		w.fail("%s: got %d bytes, want a multiple of %d", what, len(w.b), size)
	}
	return len(w.b) / size
}

// encodePart is the coder of Part.
func encodePart(p Part) []byte {
	b := make([]byte, 0, 16+3*len(p.Rows)+8*len(p.Values))
	b = appendList(binary.AppendUvarint(b, uint64(p.Shard)), p.Rows)
	for _, v := range p.Values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

// decodePart is its inverse.
func decodePart(b []byte) (Part, error) {
	w := wire{b: b}
	p := Part{Shard: int32(w.uvarint("shard", math.MaxInt32)), Rows: w.list("rows")}
	p.Values = make([]float64, w.words("values", 8))
	for i := range p.Values {
		p.Values[i] = math.Float64frombits(binary.LittleEndian.Uint64(w.b[8*i:]))
	}
	if w.err != nil {
		return p, w.err
	}
	return p, p.check()
}

// encodeTotal is the coder of Total.
func encodeTotal(t Total) []byte {
	b := make([]byte, 0, 16+3*len(t.Rows)+5*len(t.Shards)+16*len(t.Sums))
	b = appendList(appendList(b, t.Shards), t.Rows)
	for _, s := range t.Sums {
		b = binary.LittleEndian.AppendUint64(b, uint64(s.Hi))
		b = binary.LittleEndian.AppendUint64(b, s.Lo)
	}
	return b
}

// decodeTotal is its inverse.
func decodeTotal(b []byte) (Total, error) {
	w := wire{b: b}
	t := Total{Shards: w.list("shards"), Rows: w.list("rows")}
	t.Sums = make(fixed.Vector, w.words("sums", 16))
	for i := range t.Sums {
		t.Sums[i] = fixed.Sum{Hi: int64(binary.LittleEndian.Uint64(w.b[16*i:])), Lo: binary.LittleEndian.Uint64(w.b[16*i+8:])}
	}
	if w.err != nil {
		return t, w.err
	}
	return t, t.check()
}
