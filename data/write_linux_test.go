package data

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAFullDiskLeavesNoPartOfAFile(t *testing.T) {
	dir := os.Getenv("ELBO_TINY_FS")
	if dir == "" {
		dir = t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
			t.Skipf("cannot mount a small file system (%v); set ELBO_TINY_FS to one of 1 MiB", err)
		}
		defer syscall.Unmount(dir, 0)
	}
	large := randomSet(1000, nil, 1000)
	for _, ext := range []string{".csv", ".npy", ".npz", ".jsonl"} {
		if err := WriteFile(filepath.Join(dir, "a"+ext), large); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: got %v, want no space left", ext, err)
		}
		wantEmptyDir(t, dir)
	}
	if err := WriteFile(filepath.Join(dir, "a.npy"), randomSet(10, nil, 10)); err != nil {
		t.Errorf("after the failure: %v", err)
	}
	os.Remove(filepath.Join(dir, "a.npy"))
}
