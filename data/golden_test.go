package data

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var updateErrors = flag.Bool("update-errors", false, "write the golden error texts anew")

// badFile is a damaged file and its name in the golden file.
type badFile struct {
	name  string
	bytes []byte
}

// badIDX, badCSV, badNPY and badPNG are the bad files whose error texts are kept.
func badIDX(t *testing.T) []badFile {
	good := mkIDX(8, []uint32{2, 2, 2}, ramp(8))
	packed := gzipped(t, good)
	flipped := bytes.Clone(packed)
	flipped[len(flipped)-6] ^= 1 // the checksum
	nan := binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN())))
	return []badFile{
		{"empty", nil},
		{"cut in the magic number", good[:3]},
		{"wrong magic number", []byte("\x89PNG\r\n\x1a\n")},
		{"unknown element type", mkIDX(7, []uint32{1}, ramp(1))},
		{"rank 0", mkIDX(8, nil, nil)},
		{"rank 5", mkIDX(8, []uint32{1, 1, 1, 1, 1}, ramp(1))},
		{"cut in a dimension", good[:10]},
		{"no rows", mkIDX(8, []uint32{0, 2, 2}, nil)},
		{"no columns", mkIDX(8, []uint32{2, 2, 0}, nil)},
		{"too many rows", mkIDX(8, []uint32{1 << 31, 1}, nil)},
		{"product overflows", mkIDX(14, []uint32{1 << 24, 1 << 31, 1 << 31, 1 << 31}, nil)},
		{"values cut", good[:18]},
		{"bytes after the end", append(bytes.Clone(good), 1)},
		{"not a number", mkIDX(13, []uint32{1}, nan)},
		{"gzip cut", packed[:len(packed)-9]},
		{"gzip checksum", flipped},
		{"gzip header", packed[:8]},
	}
}

func badCSV(*testing.T) []badFile {
	return []badFile{
		{"empty", nil},
		{"header only", []byte("a,b\n")},
		{"too short a row", []byte("a,b\n1,2\n3\n")},
		{"too long a row", []byte("a,b\n1,2,3\n")},
		{"text feature", []byte("a,b\n1,red\n")},
		{"missing value", []byte("a,b\n1,NA\n")},
		{"infinity", []byte("a\n1\n-inf\n")},
		{"overflow", []byte("a\n1\n1e999\n")},
		{"same name twice", []byte("a,a\n1,2\n")},
		{"bare quote", []byte("a\n1\nx\"y\n")},
		{"open quote", []byte("a\n1\n\"2\n")},
		{"long cell", []byte("a\n1\n" + strings.Repeat("ab", 50) + "\n")},
		{"other encoding", []byte("\xfe\xff\x00a")},
	}
}

func badNPY(*testing.T) []badFile {
	good := mkNPY(npyHead("<f4", "(2, 2)"), le(make([]float32, 4)))
	raw := func(head string) []byte { return mkNPY(head, le(make([]float32, 4))) }
	long := append([]byte(npyMagic), 2, 0, 0, 0, 0, 0x80)
	return []badFile{
		{"empty", nil},
		{"wrong magic number", []byte("\x93NUMPI\x01\x00  ")},
		{"version", append([]byte(npyMagic), 9, 0, 1, 0, ' ')},
		{"header of 2^31 bytes", long},
		{"header cut", good[:20]},
		{"no dictionary", raw("[1, 2]")},
		{"unknown key", raw("{'descr': '<f4', 'order': 1}")},
		{"no shape", raw("{'descr': '<f4', 'fortran_order': False}")},
		{"key twice", raw("{'descr': '<f4', 'descr': '<f4'}")},
		{"complex numbers", raw(npyHead("<c8", "(2, 2)"))},
		{"big-endian", raw(npyHead(">f4", "(2, 2)"))},
		{"objects", raw(npyHead("|O", "(2, 2)"))},
		{"text", raw(npyHead("<U4", "(1,)"))},
		{"Fortran order", raw("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }")},
		{"shape of no dimension", raw(npyHead("<f4", "()"))},
		{"shape of five", raw(npyHead("<f4", "(1, 1, 1, 1, 4)"))},
		{"negative shape", raw(npyHead("<f4", "(-4, 1)"))},
		{"shape overflows", raw(npyHead("<f4", "(4294967296, 4294967296)"))},
		{"dimension overflows", raw(npyHead("<f4", "(99999999999999999999, 1)"))},
		{"values cut", good[:len(good)-1]},
		{"bytes after the end", append(bytes.Clone(good), 1)},
		{"infinite value", mkNPY(npyHead("<f4", "(1, 2)"), le([]float32{1, float32(math.Inf(1))}))},
	}
}

func badPNG(t *testing.T) []badFile {
	good := encodePNG(t, grayRamp(8, 8))
	at := func(i int, b byte) []byte { c := bytes.Clone(good); c[i] = b; return c }
	return []badFile{
		{"empty", nil},
		{"signature", at(1, 'p')},
		{"cut in the header", good[:20]},
		{"header checksum", at(30, good[30]+1)},
		{"header only", good[:33]},
		{"pixels cut", good[:len(good)-30]},
		{"pixel checksum", at(len(good)-13, good[len(good)-13]+1)},
		{"no end", good[:len(good)-12]},
		{"70 bytes for 20000×20000 pixels", hugePNG(t)},
		{"many pixels in few bytes", resizedPNG(t, encodePNG(t, image.NewGray(image.Rect(0, 0, 1, 1))), 4000, 4000)},
	}
}

// Error texts are part of what users meet, so a change to one has to be looked at.
func TestErrorTextsStayAsTheyAre(t *testing.T) {
	for format, list := range map[string]func(*testing.T) []badFile{"idx": badIDX, "csv": badCSV, "npy": badNPY, "png": badPNG} {
		dir := t.TempDir()
		var got strings.Builder
		for _, bad := range list(t) {
			path := put(t, dir, "bad."+format, bad.bytes)
			_, _, err := ReadFile(path, ReadOptions{})
			wantFormatError(t, err)
			fmt.Fprintf(&got, "%s\n\t%s\n", bad.name, strings.ReplaceAll(fmt.Sprint(err), dir+string(filepath.Separator), ""))
		}
		golden := filepath.Join("testdata", "golden", "errors-"+format+".txt")
		if *updateErrors {
			put(t, filepath.Dir(golden), filepath.Base(golden), []byte(got.String()))
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", format, &got, want)
		}
	}
}
