package testkit

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// ending ends its goroutine as Skip and Fatal do, and tells which it was.
type ending struct {
	testing.TB
	how string
}

func (e *ending) Helper()              {}
func (e *ending) Cleanup(func())       {}
func (e *ending) Skip(...any)          { e.how = "skipped"; runtime.Goexit() }
func (e *ending) Skipf(string, ...any) { e.Skip() }
func (e *ending) Fatal(...any)         { e.how = "failed"; runtime.Goexit() }

// An absent file skips; one that is there and cannot be read is a failure, never a skip.
func TestDataFileSkipsForAbsentFilesAlone(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ELBO_DATA", dir)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"packed.gz": packed.Bytes(), "plain": []byte("text"), "broken.gz": []byte("text")} {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"packed.gz": "text", "plain": "text", "broken.gz": "failed", "absent": "skipped", "plain/below": "failed"} {
		e, done := &ending{TB: t}, make(chan string)
		go func() {
			text := ""
			defer func() { done <- e.how + text }()
			raw, err := io.ReadAll(DataFile(e, filepath.FromSlash(name)))
			if err != nil {
				t.Error(err)
			}
			text = string(raw)
		}()
		if got := <-done; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
