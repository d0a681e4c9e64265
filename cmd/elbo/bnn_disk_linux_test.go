package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFullDiskEndsAFitThatCanGoOn(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	t.Chdir(t.TempDir())
	planes(t, 60)
	run := filepath.Join(disk, "r")
	args := quick("--hidden", "200", "--draws", "100", "--no-report", "--out", run) // a net of 800 kB
	o := call(t.Context(), args...)
	if o.code != exitFailed || !strings.Contains(o.err, "no space left on device; free some space, then go on with: elbo train bnn --out "+run+" --resume") {
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	must(t, "train", "bnn", "--resume", "--out", run, "--no-report", "-q")
	must(t, "eval", run, "-q")
}

func TestAFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_RDONLY, "size=64k"); err != nil {
		t.Skipf("no read-only file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	t.Chdir(t.TempDir())
	planes(t, 60)
	o := call(t.Context(), quick("--out", filepath.Join(disk, "r"))...)
	if o.code != exitFailed || !strings.Contains(o.err, "read-only file system; choose another place with --out") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
	o = call(t.Context(), quick("--out", disk)...)
	if o.code != exitFailed || !strings.Contains(o.err, "read-only file system") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}
