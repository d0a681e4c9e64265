package judge

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gomlx/compute/dtypes/float16"

	"github.com/elbo-go/elbo/internal/atomicfile"
)

// A file holds the weights as 16-bit floating-point numbers, low byte first, array by array, and
// nothing else: the net is always the same.

// parse reads the weights of a judge that was trained on the named data.
func parse(data string, raw []byte) (*Judge, error) {
	if want := 2 * weightCount(); len(raw) != want {
		return nil, fmt.Errorf("judge: %s: got %d bytes, want %d", data, len(raw), want)
	}
	hash := sha256.Sum256(raw)
	values := make([][]float32, len(weights))
	at := 0
	for i, w := range weights {
		values[i] = make([]float32, sizeOf(w.dims))
		for k := range values[i] {
			v := float16.FromBits(binary.LittleEndian.Uint16(raw[at:])).Float32()
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, fmt.Errorf("judge: %s: byte %d: %s: got %v, want a finite number", data, at, w.name, v)
			}
			values[i][k] = v
			at += 2
		}
	}
	return newJudge(fmt.Sprintf("%s-%x", data, hash[:4]), values)
}

// bytes is the content of the judge's file.
func (j *Judge) bytes() []byte {
	out := make([]byte, 0, 2*weightCount())
	for _, array := range j.values {
		for _, v := range array {
			out = binary.LittleEndian.AppendUint16(out, float16.FromFloat32(v).Bits())
		}
	}
	return out
}

// Save writes the judge's file. The name of data that the loaded judge will bear is that of the file up
// to its first dot or to the hash.
func (j *Judge) Save(path string) error {
	if err := atomicfile.WriteBytes(path, j.bytes()); err != nil {
		return fmt.Errorf("judge: save: %w", err)
	}
	return nil
}

// hashed is the end of a name with a hash.
var hashed = regexp.MustCompile(`-[0-9a-f]{8}$`)

// baseName is what the data of a file are called.
func baseName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return hashed.ReplaceAllString(name, "")
}
