package engine

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// Files reads the files that a task learns from, and sums up their content.
type Files struct{ sum hash.Hash }

// NewFiles begins with a text that decides what the files mean, such as their format.
func NewFiles(about string) *Files {
	f := &Files{sha256.New()}
	fmt.Fprintf(f.sum, "%q\n", about)
	return f
}

// Read hands the bytes of a file to a reader, unpacked if they are gzip's. The fingerprint then
// depends on what was read, not on where it lay or how it was packed.
func (f *Files) Read(path string, read func(io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if st, err := file.Stat(); err != nil || !st.Mode().IsRegular() {
		return fmt.Errorf("%s: got a folder, device, pipe or socket, want a file", path)
	}
	packed := bufio.NewReaderSize(file, 64<<10)
	var plain io.Reader = packed
	if head, _ := packed.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(packed)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		plain = z
	}
	if f != nil {
		f.sum.Write([]byte("file\n"))
		plain = io.TeeReader(plain, f.sum)
	}
	if err := read(plain); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Add sums up a text that was read in another way.
func (f *Files) Add(text string) { fmt.Fprintf(f.sum, "%q\n", text) }

// Fingerprint is the sha256 of all that was read.
func (f *Files) Fingerprint() string { return hex.EncodeToString(f.sum.Sum(nil)) }
