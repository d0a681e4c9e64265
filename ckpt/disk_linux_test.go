package ckpt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// tinyFS returns a folder on a file system of 4 MiB.
func tinyFS(t *testing.T, flags uintptr) string {
	t.Helper()
	if dir := os.Getenv("ELBO_TINY_FS"); dir != "" && flags == 0 {
		dir, err := os.MkdirTemp(dir, "ckpt")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no 4 MiB file system: mounting one: %v; ELBO_TINY_FS can name one", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestFullDiskLosesNothing(t *testing.T) {
	root := tinyFS(t, 0)
	dir := filepath.Join(root, "ckpt")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const size = 1<<20 - 1<<16
	step, full := int64(1), error(nil)
	for ; step <= 5; step++ {
		if full = s.Save(bulk(step, size), SaveOptions{Best: step == 1, Keep: -1}); full != nil {
			break
		}
	}
	if !errors.Is(full, syscall.ENOSPC) || !strings.Contains(full.Error(), "safetensors: ") || !strings.HasSuffix(full.Error(), "no space left on device") {
		t.Fatalf("got %v after %d steps, want a full disk and the file", full, step-1)
	}
	t.Log(full)
	wantClean(t, dir)
	for old := int64(1); old < step; old++ {
		if c, err := s.LoadStep(old); err != nil || !equal(c, bulk(old, size)) {
			t.Errorf("step %d: got %v or other bytes, want it whole", old, err)
		}
	}
	wantLoad(t, s, "last", bulk(step-1, size))
	wantLoad(t, s, "best", bulk(1, size))
	if err := os.RemoveAll(filepath.Join(dir, "step-000000000002")); err != nil { // free some space
		t.Fatal(err)
	}
	mustSave(t, s, bulk(step, size), SaveOptions{Keep: -1})
	wantLoad(t, s, "last", bulk(step, size))
}

func TestReadOnlyFileSystemIsAnError(t *testing.T) {
	dir := tinyFS(t, syscall.MS_RDONLY)
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mustSave(t, s, sample(1, 4), SaveOptions{})
	s.Close()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=4m"); err != nil {
		t.Skipf("cannot make the file system read-only: %v", err)
	}
	if _, err := Open(dir); !errors.Is(err, syscall.EROFS) {
		t.Errorf("open: got %v, want %v", err, syscall.EROFS)
	}
	r, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	wantLoad(t, r, "last", sample(1, 4))
}
