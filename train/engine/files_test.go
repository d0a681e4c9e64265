package engine

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readAs reads a file and returns its text and the fingerprint.
func readAs(t *testing.T, about, path string) (text, sum string) {
	t.Helper()
	f := NewFiles(about)
	err := f.Read(path, func(r io.Reader) error {
		b, err := io.ReadAll(r)
		text = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text, f.Fingerprint()
}

// written writes a file.
func written(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPackedFilesHaveTheFingerprintOfTheirContent(t *testing.T) {
	content := strings.Repeat("a word\n", 30000)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(content))
	z.Close()
	text, sum := readAs(t, "x", written(t, "plain.txt", []byte(content)))
	unpacked, same := readAs(t, "x", written(t, "packed", packed.Bytes()))
	if text != content || unpacked != content || sum != same {
		t.Errorf("got %d and %d bytes, %s and %s", len(text), len(unpacked), sum, same)
	}
	if _, other := readAs(t, "y", written(t, "plain.txt", []byte(content))); other == sum {
		t.Error("another format has the same fingerprint")
	}
	if _, other := readAs(t, "x", written(t, "plain.txt", []byte(content+"b"))); other == sum {
		t.Error("another text has the same fingerprint")
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	f, none := NewFiles("x"), func(io.Reader) error { return nil }
	all := func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
	if err := f.Read("absent.txt", none); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	says(t, f.Read(t.TempDir(), none), "want a file")
	torn := written(t, "torn.gz", []byte("\x1f\x8b"))
	says(t, f.Read(torn, all), "torn.gz")
	says(t, f.Read(written(t, "a.txt", []byte("a")), func(io.Reader) error { return errors.New("line 1: bad") }), "a.txt: line 1: bad")
	var nobody *Files // reads without a sum
	if err := nobody.Read(written(t, "a.txt", []byte("a")), all); err != nil {
		t.Error(err)
	}
}
