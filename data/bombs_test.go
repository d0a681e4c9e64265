package data

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"strings"
	"testing"
	"time"
)

// bomb is a small file that stands for a large one.
type bomb struct {
	name, file string
	bytes      []byte
	want       string
}

// repeatGzip compresses head, and then the body n times as members of their own, which is
// much quicker than to compress all of it.
func repeatGzip(t *testing.T, head, body string, n int) []byte {
	t.Helper()
	return append(gzipped(t, []byte(head)), bytes.Repeat(gzipped(t, []byte(body)), n)...)
}

// repeatZip is a zip file with one array: head, and n × 8 MiB of zeros. The directory declares
// the given size.
func repeatZip(t *testing.T, head string, n int, declared uint64) []byte {
	t.Helper()
	var body, out bytes.Buffer
	first, err := flate.NewWriter(&body, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	first.Write([]byte(head))
	first.Flush()
	start := body.Len()
	w, _ := flate.NewWriter(&body, flate.BestCompression)
	w.Write(make([]byte, 8<<20))
	w.Flush() // ends at a byte, so that the block can be repeated
	zeros := bytes.Clone(body.Bytes()[start:])
	packed := bytes.Clone(body.Bytes()[:start])
	packed = append(append(packed, bytes.Repeat(zeros, n)...), 3, 0) // an empty last block
	z := zip.NewWriter(&out)
	f, err := z.CreateRaw(&zip.FileHeader{Name: "x.npy", Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: declared})
	if err != nil {
		t.Fatal(err)
	}
	f.Write(packed)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bombs are files that ask for far more memory than they have bytes.
func bombs(t *testing.T) []bomb {
	zeros := string(make([]byte, 8<<20))
	idx := func(rows uint32) string { return string(mkIDX(8, []uint32{rows, 64, 64}, nil)) }
	array := string(mkNPY(npyHead("|u1", "(60000, 4096)"), nil))
	long := append([]byte(npyMagic), 2, 0, 0, 0, 0, 0x80)
	return []bomb{
		{"1 MiB of gzip for 1 GiB of idx, declared", "a.idx.gz", repeatGzip(t, idx(1<<18), zeros, 128), "count: got 262144×64×64 values"},
		{"1 MiB of gzip for 1 GiB, 240 MiB declared", "a.idx.gz", repeatGzip(t, idx(60000), zeros, 128), "want at most 256 out of one"},
		{"1 GiB without a line break", "a.csv.gz", repeatGzip(t, "", zeros, 128), "want at most 256 out of one"},
		{"1 GiB of short rows", "a.csv.gz", repeatGzip(t, "", strings.Repeat("0\n", 4<<20), 128), "want at most 256 out of one"},
		{"1 GiB of JSON rows", "a.jsonl.gz", repeatGzip(t, "", strings.Repeat("{\"x\":[0]}\n", 1<<20), 100), "want at most 256 out of one"},
		{"1 GiB of JSON without a line break", "a.jsonl.gz", repeatGzip(t, "", zeros, 128), "want at most 256 out of one"},
		{"64 MiB without a line break", "a.csv", bytes.Repeat([]byte{'7'}, 64<<20), "got more than 4194304 bytes, want a line break"},
		{"1 GiB for an image", "a.png.gz", repeatGzip(t, "", zeros, 128), "want at most 256 out of one"},
		{"1 GiB in an npz, declared", "a.npz", repeatZip(t, array, 128, 1<<30), "want at most 256 out of one"},
		{"1 GiB in an npz, not declared", "a.npz", repeatZip(t, array, 128, 1000), "by the header"},
		{"PNG of 20000×20000 pixels", "a.png", hugePNG(t), "size: got 20000×20000 pixels"},
		{"PNG of 4000×4000 pixels", "a.png", resizedPNG(t, hugePNG(t), 4000, 4000), "as many as the file can hold"},
		{"64 MiB in quotes", "a.csv", []byte("a,b\n1,\"" + strings.Repeat("x", 64<<20)), "inside a quoted field, want a closing quote"},
		{"64 MiB of quotes", "a.csv", []byte("a,b\n1,\"" + strings.Repeat("\"\"", 32<<20)), "row 2: got more than 4194304 bytes"},
		{"64 MiB of commas", "a.csv", bytes.Repeat([]byte{','}, 64<<20), "row 1: got more than 65536 columns"},
		{"16 MiB of JSON brackets", "a.jsonl", bytes.Repeat([]byte{'['}, 16<<20), "row 1: got more than 4194304 bytes"},
		{"3 MiB of JSON brackets", "a.jsonl", []byte(`{"x":` + strings.Repeat("[", 3<<20)), "exceeded max depth"},
		{"3 MiB of empty lists", "a.jsonl", []byte(`{"x":[` + strings.Repeat("[],", 1<<20) + "[]]}"), `x: got "[]" at index 0`},
		{"npy header of 2^31 bytes", "a.npy", long, "header length: got 2147483648"},
		{"npy shape of 2^64 values", "a.npy", mkNPY(npyHead("|u1", "(4294967296, 4294967296)"), ramp(9)), "shape: got 4294967296×4294967296"},
		{"npy shape of 1 GiB", "a.npy", mkNPY(npyHead("<f4", "(16777216, 16)"), ramp(9)), "values: got 9 bytes, want 1073741824"},
		{"idx of 2^31 rows", "a.idx", mkIDX(8, []uint32{1 << 31}, ramp(9)), "count: got 2147483648"},
	}
}

// Each bomb is refused within 64 MiB and a second of processor time.
func TestBombsAreRefusedWithLittleMemoryAndTime(t *testing.T) {
	most, longest := uint64(0), time.Duration(0)
	for _, b := range bombs(t) {
		path := put(t, t.TempDir(), b.file, b.bytes)
		var err error
		start := cpuTime()
		used := allocated(func() { _, _, err = ReadFile(path, ReadOptions{}) })
		took := cpuTime() - start
		t.Run(b.name, func(t *testing.T) {
			wantFormatError(t, err, b.want)
			if used > 64<<20 || took > raceSlowdown*time.Second {
				t.Errorf("got %d MiB in %v, want at most 64 MiB and 1 s", used>>20, took)
			}
			t.Logf("%8d bytes: %6d KiB, %v", len(b.bytes), used>>10, took.Round(time.Microsecond))
		})
		most, longest = max(most, used), max(longest, took)
	}
	t.Logf("at most %d MiB and %v", most>>20, longest)
}

// The smallest bomb must cost next to nothing: the best of ten tries is below 1 ms.
func TestTheSeventyBytePNGCostsNothing(t *testing.T) {
	b := hugePNG(t)
	best := time.Hour
	for range 10 {
		start := time.Now()
		used := allocated(func() { checkHostile(t, "png", b, ReadOptions{}) })
		best = min(best, time.Since(start))
		if used > 1<<20 {
			t.Errorf("got %d bytes allocated, want at most 1 MiB", used)
		}
	}
	if best > raceSlowdown*time.Millisecond {
		t.Errorf("got %v for %d bytes, want at most 1 ms", best, len(b))
	}
}
