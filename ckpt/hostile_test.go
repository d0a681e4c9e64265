package ckpt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
)

// safetensorsFile is a small valid file with several element types, a scalar, an empty tensor
// and metadata.
func safetensorsFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	err := WriteTensors(&b, []Tensor{
		FromFloat32s("enc/w", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}),
		{"mask", "BOOL", []int{3}, []byte{1, 0, 1}},
		FromFloat64s("scale", nil, []float64{0.5}),
		{"none", "I32", []int{0, 7}, nil},
		FromInt64s("count \"é\"", []int{1}, []int64{-1}),
	}, map[string]string{"format": "pt", "note": "a\nb"})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mutate returns a damaged copy: cut, bits flipped, words replaced, bytes or digits put in.
func mutate(r *rand.Rand, data []byte) []byte {
	out := bytes.Clone(data)
	at := r.IntN(len(out))
	insert := func(text string) {
		out = append(out[:at:at], append([]byte(text), out[at:]...)...)
	}
	switch r.IntN(6) {
	case 0:
		return out[:at]
	case 1:
		for range 1 + r.IntN(4) {
			i := r.IntN(8 * len(out))
			out[i/8] ^= 1 << (i % 8)
		}
	case 2:
		words := []uint64{0, 1, 7, 1 << 31, 1 << 32, 1 << 63, 1<<64 - 1, uint64(len(data)), uint64(r.IntN(1000))}
		at = []int{0, at / 8 * 8 % (len(out) - 7), len(out) - 8}[r.IntN(3)]
		binary.LittleEndian.PutUint64(out[at:], words[r.IntN(len(words))])
	case 3:
		insert(fmt.Sprint([]any{-1, int64(1 << 40), "18446744073709551616", 1e300, "00", 3.5, "null"}[r.IntN(7)]))
	case 4:
		insert([]string{"{", "}", "[", "]", ",", ":", `"`, `\`, "\x00", "\xff"}[r.IntN(10)])
	case 5:
		from := r.IntN(len(out))
		out = append(out[:at:at], out[from:]...)
	}
	return out
}

// allocated is the number of bytes that fn takes from the heap.
func allocated(fn func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// hostile parses bytes of unknown origin and checks what is promised for them: no panic, a
// *FormatError with a place, bounded memory.
func hostile(t testing.TB, data []byte) error {
	t.Helper()
	var err error
	took := allocated(func() { _, _, err = ParseTensors(data, Limits{}) })
	if limit := 1<<20 + 4*int64(len(data)); took > limit {
		t.Errorf("%d bytes of input: got %d bytes allocated, want at most %d", len(data), took, limit)
	}
	checkFault(t, err, "safetensors", len(data))
	return err
}

// checkFault demands that an error is a *FormatError that says what, where and got/want.
func checkFault(t testing.TB, err error, format string, size int) {
	t.Helper()
	var f *FormatError
	if err == nil {
		return
	}
	if !errors.As(err, &f) || f.Format != format || f.Offset < -1 || f.Offset > int64(size)+8 ||
		!strings.Contains(f.Msg, "got ") || !strings.Contains(f.Msg, "want ") || len(err.Error()) > 2000 {
		t.Errorf("got %v, want a short FormatError with place, got and want", err)
	}
}

func TestCorruptSafetensorsAreRejectedCleanly(t *testing.T) {
	base := safetensorsFile(t)
	r := rng.New(4).Named("bytes").Rand()
	rejected := 0
	for range 10_000 {
		if hostile(t, mutate(r, base)) != nil {
			rejected++
		}
	}
	t.Logf("rejected %d of 10000", rejected)
	if rejected < 6000 { // the format has no checksum: flips in the data pass
		t.Errorf("rejected: got %d of 10000, want most", rejected)
	}
}

// rawEntry is one tensor of a header, with any values.
type rawEntry struct {
	name    string
	DType   any `json:"dtype"`
	Shape   any `json:"shape"`
	Offsets any `json:"data_offsets"`
}

// rawFile writes a file of the entries with their header as it comes.
func rawFile(entries []rawEntry, size int) []byte {
	text := "{"
	for i, e := range entries {
		body, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		if i > 0 {
			text += ","
		}
		text += jsonString(e.name) + ":" + string(body)
	}
	return rawHeader(text+"}", size)
}

// rawHeader writes a file with the given header text and size bytes of data.
func rawHeader(text string, size int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(out, text...), make([]byte, size)...)
}

// mutateField changes one field of one entry.
func mutateField(r *rand.Rand, e []rawEntry) {
	k := r.IntN(len(e))
	begin, end := e[k].Offsets.([]int64)[0], e[k].Offsets.([]int64)[1]
	number := []int64{0, 1, 2, 3, 5, 8, 16, -1, 1 << 31, 1 << 40, 1<<63 - 1}[r.IntN(11)]
	switch r.IntN(7) {
	case 0:
		e[k].name = []string{"a", "b", "c", "", metadataKey, strings.Repeat("x", 300)}[r.IntN(6)]
	case 1:
		e[k].DType = []any{"F64", "F16", "U8", "f32", "F31", "", 4, nil}[r.IntN(8)]
	case 2:
		shape := append([]int64{}, e[k].Shape.([]int64)...)
		shape[r.IntN(len(shape))] = number
		e[k].Shape = shape
	case 3:
		e[k].Shape = [][]int64{{}, {1 << 32, 1 << 32}, make([]int64, 40), {number, number}}[r.IntN(4)]
	case 4:
		e[k].Offsets = []int64{number, end}
	case 5:
		e[k].Offsets = []int64{begin, number}
	case 6:
		e[k].Offsets = [][]int64{{}, {begin}, {begin, end, end}, {end, begin}, {begin + 1, end + 1}, {begin, end + number%100}}[r.IntN(6)]
	}
}

func TestCorruptFieldsAreRejectedCleanly(t *testing.T) {
	r := rng.New(4).Named("fields").Rand()
	reached, rejected := 0, 0
	for range 10_000 {
		entries := []rawEntry{
			{"a", "F32", []int64{2, 3}, []int64{0, 24}},
			{"b", "U8", []int64{8, 1}, []int64{24, 32}},
			{"c", "F64", []int64{1}, []int64{32, 40}},
		}
		mutateField(r, entries)
		data := rawFile(entries, 40)
		err := hostile(t, data)
		var f *FormatError
		if errors.As(err, &f) {
			rejected++
		}
		if err == nil || !strings.HasPrefix(f.Field, "header") {
			reached++
		}
	}
	t.Logf("rejected %d of 10000, %d reached past the header's syntax", rejected, reached)
	if reached < 9000 || rejected < 7000 {
		t.Errorf("got %d past the header and %d rejected, want 9000 and 7000 of 10000", reached, rejected)
	}
}

func TestBombsAreCheap(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 16<<20/5)
	length := func(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
	for name, data := range map[string][]byte{
		"header length 2^63":     append(length(1<<63), "{}"...),
		"header length 2^64-1":   append(length(1<<64-1), "{}"...),
		"header length 100 MB":   append(length(100e6), "{}"...),
		"shape of 2^62 elements": rawFile([]rawEntry{{"a", "F64", []int64{1 << 31, 1 << 31}, []int{0, 8}}}, 8),
		"shape that wraps to 0":  rawFile([]rawEntry{{"a", "F64", []int64{1 << 32, 1 << 32}, []int{0, 0}}}, 0),
		"offsets of 2^62":        rawFile([]rawEntry{{"a", "U8", []int64{1 << 62}, []int64{0, 1 << 62}}}, 8),
		"deep objects":           rawHeader(deep, 0),
		"deep arrays":            rawHeader(`{"a":{"shape":`+strings.Repeat("[", 16<<20), 0),
		"long shape":             rawHeader(`{"a":{"shape":[`+strings.Repeat("0,", 8<<20)+`0]}}`, 0),
		"long offsets":           rawHeader(`{"a":{"data_offsets":[`+strings.Repeat("0,", 8<<20)+`0]}}`, 0),
		"metadata":               rawHeader(`{"__metadata__":{`+manyKeys(1<<18)+`"z":""}}`, 0),
		"spaces":                 rawHeader("{"+strings.Repeat(" ", 16<<20), 0),
	} {
		var err error
		took, fastest := int64(0), time.Hour
		for try := 0; try < 3 && fastest > time.Second; try++ { // others may load the machine
			start := time.Now()
			took = allocated(func() { _, _, err = ParseTensors(data, Limits{}) })
			fastest = min(fastest, time.Since(start))
		}
		if err == nil || took > 64<<20 || fastest > time.Second {
			t.Errorf("%s: got %v, %d bytes, %v, want an error, 64 MiB and a second at most", name, err, took, fastest)
		}
		checkFault(t, err, "safetensors", len(data))
	}
	for name, text := range map[string]string{"objects": deep, "arrays": strings.Repeat("[", 16<<20)} {
		var into any
		took := allocated(func() {
			if err := DecodeStrict([]byte(text), &into, 32<<20); err == nil {
				t.Errorf("deep %s: got no error, want one", name)
			}
		})
		if took > 64<<20 {
			t.Errorf("deep %s: got %d bytes allocated, want 64 MiB at most", name, took)
		}
	}
}

// manyKeys spells n short members of an object.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%x":"",`, i)
	}
	return b.String()
}

func TestMemoryFollowsTheInput(t *testing.T) {
	var entries []rawEntry
	for i := range 20_000 {
		entries = append(entries, rawEntry{fmt.Sprintf("%x", i), "U8", []int{0}, []int{0, 0}})
	}
	var b strings.Builder
	for i, e := range entries {
		body, _ := json.Marshal(e)
		fmt.Fprintf(&b, "%s%q:%s", map[bool]string{true: "{", false: ","}[i == 0], e.name, body)
	}
	if err := hostile(t, rawHeader(b.String()+"}", 0)); err != nil {
		t.Error(err)
	}
	axes := make([]int, maxRank)
	b.Reset()
	for i := range 10_000 {
		body, _ := json.Marshal(rawEntry{"", "U8", axes, []int{0, 0}})
		fmt.Fprintf(&b, `%s"%x":%s`, map[bool]string{true: "{", false: ","}[i == 0], i, body)
	}
	if err := hostile(t, rawHeader(b.String()+"}", 0)); err != nil {
		t.Error(err)
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add(safetensorsFile(f))
	f.Add(rawHeader("{}", 0))
	f.Add(rawFile([]rawEntry{{"a", "F32", []int{2}, []int{0, 8}}}, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, meta, err := ParseTensors(data, Limits{Tensors: 1000})
		checkFault(t, err, "safetensors", len(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteTensors(&b, tensors, meta); err != nil {
			t.Fatalf("write what was read: %v", err)
		}
		again, _, err := ParseTensors(b.Bytes(), Limits{})
		if err != nil || !equal(Checkpoint{Model: again}, Checkpoint{Model: tensors}) {
			t.Fatalf("read what was written: %v", err)
		}
	})
}

func FuzzDecodeStrict(f *testing.F) {
	f.Add([]byte(configJSON))
	f.Add([]byte(`{"model":{"layers":[{}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c config
		checkFault(t, DecodeStrict(data, &c, 0), "json", len(data))
	})
}
