package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
)

// A blob is a line that names the format, the length of a head in 4 bytes, the head as JSON, the
// number of float64s in 8 bytes, the float64s, and the CRC-32C of all that; little-endian.
const (
	magic   = "elbo numbers 1\n"
	maxHead = 64 << 20
	chunk   = 8192 // numbers at a time, so that a false length asks for no memory
)

// castagnoli is the polynomial of the checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum is the CRC-32C of bytes.
func Checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// Extend is the checksum of what has the checksum sum, and b behind it.
func Extend(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// Put writes a blob.
func Put(ctx context.Context, path string, head any, x []float64) error {
	h, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("store: %s: head: %w", path, err)
	}
	if len(h) > maxHead {
		return fmt.Errorf("store: %s: head: got %d bytes, want at most %d", path, len(h), maxHead)
	}
	return Write(ctx, path, func(to io.Writer) error {
		sum := crc32.New(castagnoli)
		w := bufio.NewWriterSize(io.MultiWriter(to, sum), 1<<16)
		_, _ = w.WriteString(magic) // bufio keeps the first error for Flush
		_, _ = w.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(h))))
		_, _ = w.Write(h)
		_, _ = w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(x))))
		var b [8]byte
		for _, v := range x {
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
			_, _ = w.Write(b[:])
		}
		if err := w.Flush(); err != nil {
			return err
		}
		_, err := to.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
		return err
	})
}

// Get reads a blob, its head into the value that head points to. A file that is torn or altered
// is refused.
func Get(ctx context.Context, path string, head any) ([]float64, error) {
	f, err := Open(ctx, path, 0, -1)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x, err := read(f, head)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", path, err)
	}
	return x, nil
}

// checked is a reader that sums up what passes.
type checked struct {
	r   io.Reader
	sum hash.Hash32
}

// fill reads all of b.
func (c checked) fill(b []byte, field string) error {
	if _, err := io.ReadFull(c.r, b); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	c.sum.Write(b)
	return nil
}

// read takes a blob apart.
func read(f io.Reader, head any) ([]float64, error) {
	c := checked{bufio.NewReaderSize(f, 1<<16), crc32.New(castagnoli)}
	var b [8]byte
	first := make([]byte, len(magic))
	if err := c.fill(first, "first line"); err != nil {
		return nil, err
	}
	if string(first) != magic {
		return nil, fmt.Errorf("first line: got %q, want %q", first, magic)
	}
	if err := c.fill(b[:4], "length of the head"); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(b[:4])
	if n > maxHead {
		return nil, fmt.Errorf("length of the head: got %d, want at most %d", n, maxHead)
	}
	h := make([]byte, n)
	if err := c.fill(h, "head"); err != nil {
		return nil, err
	}
	if err := c.fill(b[:], "count"); err != nil {
		return nil, err
	}
	x, err := c.numbers(binary.LittleEndian.Uint64(b[:]))
	if err != nil {
		return nil, err
	}
	want := c.sum.Sum32()
	if _, err := io.ReadFull(c.r, b[:4]); err != nil {
		return nil, fmt.Errorf("checksum: %w", err)
	}
	if got := binary.LittleEndian.Uint32(b[:4]); got != want {
		return nil, fmt.Errorf("checksum: got %08x, want %08x: the file was altered", got, want)
	}
	if err := json.Unmarshal(h, head); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	return x, nil
}

// numbers reads n float64s.
func (c checked) numbers(n uint64) ([]float64, error) {
	var x []float64
	b := make([]byte, 8*chunk)
	for n > 0 {
		now := b[:8*min(n, chunk)]
		if err := c.fill(now, "numbers"); err != nil {
			return nil, err
		}
		for i := 0; i < len(now); i += 8 {
			x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(now[i:])))
		}
		n -= uint64(len(now) / 8)
	}
	return x, nil
}
