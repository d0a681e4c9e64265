package data

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// digestError tells that the content of a file is not the published one.
type digestError struct{ msg string }

// Error implements error.
func (e *digestError) Error() string { return e.msg }

func wrongContent(format string, args ...any) error {
	return &digestError{fmt.Sprintf(format, args...)}
}

// verify compares the content of r, gzip or not, with the size and the sha256 of f. It never
// unpacks more than one byte beyond the size. All of r has been read when it returns nil.
func verify(r io.Reader, f remoteFile) error {
	packed := bufio.NewReader(r)
	var content io.Reader = packed
	if head, _ := packed.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(packed)
		if err != nil {
			return wrongContent("content: got a damaged gzip header (%v), want %s", err, f.name)
		}
		content = z
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(content, f.size+1))
	switch {
	case err != nil:
		return wrongContent("content: got damaged bytes after %d (%v), want %d", n, err, f.size)
	case n > f.size:
		return wrongContent("content: got more than %d bytes without gzip, want as many", f.size)
	case n < f.size:
		return wrongContent("content: got %d bytes without gzip, want %d", n, f.size)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.sha256 {
		return wrongContent("content: got sha256 %s, want %s", got, f.sha256)
	}
	return nil
}

// verifyFile verifies a file on disk.
func verifyFile(path string, f remoteFile) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return verify(file, f)
}
