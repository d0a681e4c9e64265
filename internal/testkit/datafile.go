package testkit

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// DataFile opens a file of the real data sets, whose path is joined from parts, and unpacks it if its
// name ends in .gz. The test is skipped where the file is absent, and fails where it cannot be read.
func DataFile(t testing.TB, parts ...string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{DataDir(t)}, parts...)...))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if !strings.HasSuffix(f.Name(), ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
