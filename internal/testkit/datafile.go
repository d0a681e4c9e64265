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

// DataPath is the path of a file or folder of the real data sets, joined from parts. The test is
// skipped where it is absent, and fails where that cannot be told.
func DataPath(t testing.TB, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{DataDir(t)}, parts...)...)
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// DataFile opens a file of the real data sets, whose path is joined from parts, and unpacks it if its
// name ends in .gz. The test is skipped where the file is absent, and fails where it cannot be read.
func DataFile(t testing.TB, parts ...string) io.Reader {
	t.Helper()
	f, err := os.Open(DataPath(t, parts...))
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
