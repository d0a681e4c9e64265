package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
)

// hostileLimits are small, so that a reader that ignores one is seen.
var hostileLimits = Limits{MaxBytes: 8 << 20, MaxRows: 1 << 16, MaxColumns: 1 << 10, MaxPixels: 1 << 14, MaxRecordBytes: 1 << 16}

// readSized reads bytes as ReadFile reads a file: with a known size.
func readSized(format string, b []byte, opt ReadOptions) (*Set, error) {
	opt.Limits = opt.Limits.orDefault()
	s, err := newSource(bytes.NewReader(b), int64(len(b)), format, opt.Limits)
	if err != nil {
		return nil, err
	}
	return decode(s, opt, &Report{})
}

// mutate damages a file in one to three places.
func mutate(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(3) {
		if len(b) < 8 {
			return b
		}
		// Headers are short: half of the damage goes to the first 64 bytes.
		at := r.IntN(len(b))
		if r.IntN(2) == 0 {
			at = r.IntN(min(64, len(b)))
		}
		switch r.IntN(7) {
		case 0:
			b = b[:at]
		case 1:
			b[at] ^= 1 << r.IntN(8)
		case 2:
			b[at] = []byte{0, 1, 0x7f, 0x80, 0xff, '"', '\n', ',', '9', '('}[r.IntN(10)]
		case 3:
			word := []uint32{0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 24, r.Uint32()}[r.IntN(7)]
			if at = min(at, len(b)-4); r.IntN(2) == 0 {
				binary.BigEndian.PutUint32(b[at:], word)
			} else {
				binary.LittleEndian.PutUint32(b[at:], word)
			}
		case 4:
			text := []string{"1e999", "NaN", "-1", "\"", "\n", ",", "999999999999999999999", "[[[[", "null", "\r\n,,,,"}[r.IntN(10)]
			b = append(b[:at:at], append([]byte(text), b[at:]...)...)
		case 5:
			end := min(at+r.IntN(16), len(b))
			b = append(b[:at:at], b[end:]...)
		case 6:
			end := min(at+r.IntN(64), len(b))
			b = append(b[:end:end], b[at:]...)
		}
	}
	return b
}

// mendPNG puts right checksums on the chunks of a damaged PNG, so that the damage gets past them.
func mendPNG(b []byte) []byte {
	for at := 8; at+12 <= len(b); {
		n := int(binary.BigEndian.Uint32(b[at:]))
		if n < 0 || n > len(b)-at-12 {
			break
		}
		binary.BigEndian.PutUint32(b[at+8+n:], crc32.ChecksumIEEE(b[at+4:at+8+n]))
		at += 12 + n
	}
	return b
}

// specimen is a good file and what can be done after the damage to carry it past checksums.
type specimen struct {
	name, format string
	good         []byte
	opt          ReadOptions
	mend         func([]byte) []byte
}

// specimens returns one good file of each format.
func specimens(t testing.TB) []specimen {
	idx := mkIDX(8, []uint32{20, 5, 4}, ramp(400))
	npy := mkNPY(npyHead("<f4", "(20, 5)"), le(randomSet(20, nil, 5).X))
	table := ReadOptions{Label: "kind", Standardize: true, AllowNaN: true, Limits: hostileLimits}
	plain := ReadOptions{Limits: hostileLimits}
	csv := "a,b,kind\n"
	lines := ""
	for range 20 {
		csv += "1.5,-2e3,x\n?,\"7\",\"y\"\n"
		lines += "{\"x\":[1.5,-2e3],\"label\":\"x\"}\n"
	}
	return []specimen{
		{"idx", "idx", idx, plain, nil},
		{"idx.gz", "idx", idx, plain, func(b []byte) []byte { return gzipped(t, b) }},
		{"gzip", "idx", gzipped(t, idx), plain, nil},
		{"csv", "csv", []byte(csv), table, nil},
		{"npy", "npy", npy, plain, nil},
		{"npz", "npz", []byte(mkNPZ(t, "x.npy", npzX, "y.npy", npzY)), plain, nil},
		{"npz arrays", "npz", npzX, plain, func(b []byte) []byte { return []byte(mkNPZ(t, "y.npy", npzY, "x.npy", b)) }},
		{"png", "png", encodePNG(t, grayRamp(20, 20)), plain, nil},
		{"png, checksums mended", "png", encodePNG(t, grayRamp(20, 20)), plain, mendPNG},
		{"jpeg", "jpeg", encodeJPEG(t, grayRamp(20, 20)), plain, nil},
		{"jsonl", "jsonl", []byte(lines), plain, nil},
	}
}

// checkHostile reads bytes of any kind and fails unless there is a sound set or a FormatError
// that says a place. It tells whether the bytes were refused.
func checkHostile(t testing.TB, format string, b []byte, opt ReadOptions) bool {
	t.Helper()
	set, err := readSized(format, b, opt)
	if err == nil {
		if err := writable(set); err != nil {
			t.Errorf("%s: got a set with %v from %q", format, err, b)
		}
		return false
	}
	var fe *FormatError
	if !errors.As(err, &fe) {
		t.Errorf("%s: got error %v, want a FormatError, from %q", format, err, b)
	} else if fe.Field == "" && fe.Offset < 0 || fe.Msg == "" || fe.Format == "" {
		t.Errorf("%s: got error %+v without a place, from %q", format, fe, b)
	}
	return true
}

// Ten thousand damaged files of each format: no panic, a FormatError with its place, and no
// more memory than 1 MiB, four times the file, and the pixels that the limit admits (8 bytes
// each, twice for interlacing, and 3 values of 4 bytes).
func TestDamagedFilesAreRefusedWithinBounds(t *testing.T) {
	n := 10000
	if testing.Short() {
		n = 2000
	}
	for _, s := range specimens(t) {
		if checkHostile(t, s.format, s.undamaged(), s.opt) {
			t.Fatalf("%s: the undamaged file was refused", s.name)
		}
		refused, most, size := 0, uint64(0), 0
		var busy time.Duration
		for i := range n {
			b := mutate(rng.New(7).Named(s.name).At(uint64(i)).Rand(), s.good)
			if s.mend != nil {
				b = s.mend(b)
			}
			start := time.Now()
			used := allocated(func() {
				if checkHostile(t, s.format, b, s.opt) {
					refused++
				}
			})
			busy += time.Since(start)
			if used > most {
				used = allocatedExactly(func() { checkHostile(t, s.format, b, s.opt) })
			}
			bound := uint64(1<<20 + 4*len(b))
			if s.format == "png" || s.format == "jpeg" {
				bound += uint64(hostileLimits.MaxPixels) * (2*8 + 3*4)
			}
			if used > bound {
				t.Errorf("%s, file %d: got %d bytes allocated for %d, want at most %d", s.name, i, used, len(b), bound)
			}
			if used > most {
				most, size = used, len(b)
			}
		}
		// Damage that nobody could notice, such as another pixel, is less than half of it.
		if refused < n/2 && s.mend == nil && s.format != "jpeg" {
			t.Errorf("%s: got %d of %d refused, want at least half", s.name, refused, n)
		}
		t.Logf("%-22s %5.1f %% refused, at most %4d KiB for a file of %d bytes, %6.0f files/s",
			s.name, 100*float64(refused)/float64(n), most>>10, size, float64(n)/busy.Seconds())
	}
}

// undamaged returns the good file as it is read.
func (s specimen) undamaged() []byte {
	if s.mend == nil {
		return s.good
	}
	return s.mend(bytes.Clone(s.good))
}

// The undamaged file cut at every length is refused: no format here ends early unnoticed.
func TestFilesCutAtEveryLengthAreRefused(t *testing.T) {
	for _, s := range specimens(t) {
		if s.mend != nil || s.format == "csv" || s.format == "jsonl" || s.format == "jpeg" {
			continue // text may end after any line; a JPEG may lack its last marker
		}
		for k := range len(s.good) {
			if !checkHostile(t, s.format, s.good[:k], s.opt) {
				t.Errorf("%s cut to %d of %d bytes was read", s.name, k, len(s.good))
			}
		}
	}
}
