package ckpt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// TestFileLayout compares with a file written by hand from the format's definition.
func TestFileLayout(t *testing.T) {
	var b bytes.Buffer
	err := WriteTensors(&b, []Tensor{
		{"b", "U8", []int{3}, []byte{7, 8, 9}},
		FromFloat32s("a", []int{1, 1}, []float32{1}),
	}, map[string]string{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},` +
		`"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}`
	header += strings.Repeat(" ", (8-len(header)%8)%8)
	want := string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + "\x00\x00\x80\x3f\x07\x08\x09"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
	b.Reset()
	if err := WriteTensors(&b, nil, nil); err != nil || b.String() != "\x08\x00\x00\x00\x00\x00\x00\x00{}      " {
		t.Errorf("no tensors: got %q, %v", b.String(), err)
	}
}

func TestTensorsRoundTrip(t *testing.T) {
	var want []Tensor
	for i, d := range DTypes() {
		_, size := lookupDType(d)
		want = append(want, Tensor{fmt.Sprintf("%s \"%d\"\n<é>", d, i), d, []int{2, i + 1}, bytes.Repeat([]byte{byte(i)}, 2*(i+1)*size)})
	}
	want = append(want, Tensor{"", "F32", []int{0, 1 << 20}, nil}, Tensor{"scalar", "U8", nil, []byte{1}})
	meta := map[string]string{"": "x", "é": "\x01\u2028"}
	var b, again bytes.Buffer
	if err := WriteTensors(&b, want, meta); err != nil {
		t.Fatal(err)
	}
	if err := WriteTensors(&again, want, meta); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("written twice: got other bytes, want the same")
	}
	got, gotMeta, err := ReadTensors(iotest.OneByteReader(&b), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !equal(Checkpoint{Model: got}, Checkpoint{Model: want}) || !maps.Equal(meta, gotMeta) {
		t.Errorf("got other tensors or %v, want what was written", gotMeta)
	}
	if _, _, err := ReadTensors(iotest.ErrReader(iotest.ErrTimeout), Limits{}); err == nil {
		t.Error("broken reader: got no error, want one")
	}
	for n := range 5 {
		if err := WriteTensors(&limitedWriter{n: n * 100}, want, meta); err == nil {
			t.Errorf("writer that fails after %d bytes: got no error, want one", n*100)
		}
	}
}

// limitedWriter fails after n bytes.
type limitedWriter struct{ n int }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, fmt.Errorf("full")
	}
	return len(p), nil
}

func TestElementsKeepTheirBits(t *testing.T) {
	f32 := []float32{0, float32(math.Copysign(0, -1)), 1.5, float32(math.Inf(1)), math.SmallestNonzeroFloat32}
	f64 := []float64{math.Pi, math.Inf(-1), math.SmallestNonzeroFloat64, -1}
	i64 := []int64{0, -1, math.MaxInt64, math.MinInt64}
	a, err := FromFloat32s("a", []int{5}, f32).Float32s()
	if err != nil || !slices.EqualFunc(a, f32, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }) {
		t.Errorf("got %v, %v, want %v", a, err, f32)
	}
	b, err := FromFloat64s("b", []int{2, 2}, f64).Float64s()
	if err != nil || !slices.Equal(b, f64) {
		t.Errorf("got %v, %v, want %v", b, err, f64)
	}
	c, err := FromInt64s("c", []int{4}, i64).Int64s()
	if err != nil || !slices.Equal(c, i64) {
		t.Errorf("got %v, %v, want %v", c, err, i64)
	}
	if _, err := FromFloat32s("a", []int{5}, f32).Float64s(); fmt.Sprint(err) != `ckpt: tensor "a": dtype: got "F32", want F64` {
		t.Errorf("other type: got %v", err)
	}
	if _, err := FromFloat32s("a", []int{4}, f32).Float32s(); err == nil {
		t.Error("wrong shape: got no error, want one")
	}
	if _, err := FromFloat64s("b", nil, f64).Int64s(); err == nil {
		t.Error("other type: got no error, want one")
	}
	if _, err := FromFloat64s("b", nil, f64).Float32s(); err == nil {
		t.Error("other type: got no error, want one")
	}
}

func TestByteLenIsChecked(t *testing.T) {
	for _, c := range []struct {
		shape []int
		size  int
		want  int64
		ok    bool
	}{
		{nil, 4, 4, true}, {[]int{2, 3}, 8, 48, true}, {[]int{0}, 8, 0, true}, {[]int{1 << 30, 0, 1 << 30, 1 << 30}, 8, 0, false},
		{[]int{1 << 30, 1 << 30, 1 << 3}, 1, 0, false}, {[]int{-1}, 1, 0, false}, {[]int{0, -1}, 1, 0, false},
		{[]int{1 << 20, 1 << 20, 1 << 20}, 4, 1 << 62, true}, {[]int{1 << 20, 1 << 20, 1 << 20}, 8, 0, false},
		{[]int{1 << 16, 1 << 16, 1 << 16, 1 << 16}, 1, 0, false},
	} {
		if got, ok := byteLen(c.shape, c.size); got != c.want || ok != c.ok {
			t.Errorf("%v × %d: got %d, %v, want %d, %v", c.shape, c.size, got, ok, c.want, c.ok)
		}
	}
}

// tensorText spells one tensor of a header.
func tensorText(name, dtype, shape, offsets string) string {
	return fmt.Sprintf(`%q:{"dtype":"%s","shape":[%s],"data_offsets":[%s]}`, name, dtype, shape, offsets)
}

func TestSafetensorsErrorTexts(t *testing.T) {
	one := tensorText("a", "U8", "4", "0,4")
	for _, c := range []struct {
		data []byte
		want string
	}{
		{nil, `byte 0: header length: got 0 bytes, want 8`},
		{[]byte("1234567"), `byte 7: header length: got 7 bytes, want 8`},
		{rawHeader("", 0), `byte 8: header: got no '{', want a JSON object`},
		{[]byte("\x09\x00\x00\x00\x00\x00\x00\x00{}"), `byte 0: header length: got 9, want at most the 2 bytes that follow`},
		{[]byte("\x00\x00\x00\x00\x00\x00\x00\x80{}"), `byte 0: header length: got 9223372036854775808, want at most 100000000`},
		{rawHeader("[]", 0), `byte 8: header: got no '{', want a JSON object`},
		{rawHeader("{\"\xff\":1}", 0), `byte 8: header: got bytes that are not UTF-8, want JSON`},
		{rawHeader("{"+one, 4), `byte 60: header: got the header's end, want ','`},
		{rawHeader("{"+one+"} x", 4), `byte 62: header: got 'x' after the object, want only spaces`},
		{rawHeader("{"+one+","+one+"}", 4), `byte 8: header: tensor "a": got it twice, want unique names`},
		{rawHeader(`{"a":{"dtype":"U8","dtype":"U8"}}`, 0), `byte 27: tensor "a" dtype: got it twice, want it once`},
		{rawHeader(`{"a":{"dtype":"U8","shape":[]}}`, 0), `byte 9: tensor "a": got no data_offsets, want one`},
		{rawHeader(`{"a":{"kind":1}}`, 0), `byte 14: tensor "a": key: got "kind", want dtype, shape or data_offsets`},
		{rawHeader(`{"a":7}`, 0), `byte 13: tensor "a": got '7', want '{'`},
		{rawHeader("{"+tensorText("a", "F31", "1", "0,4")+"}", 4), `byte 22: tensor "a" dtype: got "F31", want one of BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 I16 U16 F16 BF16 I32 U32 F32 I64 U64 F64 C64`},
		{rawHeader("{"+tensorText("a", "U8", "-4", "0,4")+"}", 4), `byte 36: tensor "a" shape: got no digit, want a whole number`},
		{rawHeader("{"+tensorText("a", "U8", "04", "0,4")+"}", 4), `byte 36: tensor "a" shape: got a leading zero, want none`},
		{rawHeader("{"+tensorText("a", "U8", "4.0", "0,4")+"}", 4), `byte 37: tensor "a" shape: got '.', want ','`},
		{rawHeader("{"+tensorText("a", "U8", strings.Repeat("1,", 32)+"4", "0,4")+"}", 4), `byte 101: tensor "a" shape: got more than 32 numbers, want at most that`},
		{rawHeader("{"+tensorText("a", "F32", "2", "0,4")+"}", 4), `byte 55: tensor "a" data_offsets: got 4 bytes, want 8 for F32[2]`},
		{rawHeader("{"+tensorText("a", "U8", "4", "4,0")+"}", 4), `byte 54: tensor "a" data_offsets: got end 0 before begin 4, want it after`},
		{rawHeader("{"+tensorText("a", "U8", "4", "4")+"}", 4), `byte 54: tensor "a" data_offsets: got 1 numbers, want 2`},
		{rawHeader("{"+one+"}", 3), `byte 61: tensor "a" data_offsets: got end 4, want at most the 3 bytes of data`},
		{rawHeader("{"+one+"}", 5), `byte 65: data: got 1 bytes after the last tensor, want none`},
		{rawHeader("{"+one+","+tensorText("b", "U8", "4", "2,6")+"}", 6), `byte 115: tensor "b" data_offsets: got begin 2, want 4: tensors overlap`},
		{rawHeader("{"+one+","+tensorText("b", "U8", "1", "5,6")+"}", 6), `byte 117: tensor "b" data_offsets: got begin 5, want 4: bytes that belong to no tensor`},
		{rawHeader(`{"__metadata__":{"k":1}}`, 0), `byte 29: __metadata__ "k": got '1', want '"'`},
		{rawHeader(`{"__metadata__":{"k":"","k":""}}`, 0), `byte 32: __metadata__ "k": got it twice, want unique keys`},
		{rawHeader(`{"__metadata__":{},"__metadata__":{}}`, 0), `byte 27: __metadata__: got it twice, want it once`},
		{rawHeader("{\"a\nb\":1}", 0), `byte 11: header: got control byte 0x0a in a string, want it escaped`},
		{rawHeader(`{"\x":1}`, 0), `byte 9: header: got a broken escape, want a JSON string`},
		{rawHeader(`{"abc`, 0), `byte 9: header: got a string without an end, want '"'`},
	} {
		_, _, err := ParseTensors(c.data, Limits{})
		if fmt.Sprint(err) != "ckpt: safetensors: "+c.want {
			t.Errorf("%.60q:\ngot  %v\nwant ckpt: safetensors: %s", c.data, err, c.want)
		}
	}
}

func TestLimitsHold(t *testing.T) {
	two := rawHeader("{"+tensorText("a", "U8", "4", "0,4")+","+tensorText("b", "U8", "4", "4,8")+"}", 8)
	meta := rawHeader(`{"__metadata__":{"k":"","l":""}}`, 0)
	for _, c := range []struct {
		data []byte
		lim  Limits
		ok   bool
	}{
		{two, Limits{Bytes: int64(len(two)), Header: int64(len(two) - 16), Tensors: 2}, true},
		{two, Limits{Bytes: int64(len(two) - 1)}, false},
		{two, Limits{Header: int64(len(two) - 17)}, false},
		{two, Limits{Tensors: 1}, false},
		{meta, Limits{Meta: 2}, true},
		{meta, Limits{Meta: 1}, false},
	} {
		_, _, err := ReadTensors(bytes.NewReader(c.data), c.lim)
		if (err == nil) != c.ok {
			t.Errorf("%+v: got %v, want ok = %v", c.lim, err, c.ok)
		}
		checkFault(t, err, "safetensors", len(c.data))
	}
}
