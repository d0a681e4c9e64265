package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFullDiskEndsAFitOfAnEngineThatCanGoOn(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	t.Chdir(t.TempDir())
	run := filepath.Join(disk, "r")
	o := call(t.Context(), "train", "lda", "--topics", "400", "--sweeps", "4", "--no-report", "--out", run) // a model of 150 kB and more
	if o.code != exitFailed || !strings.Contains(o.err, "no space left on device; free some space, then go on with: elbo train lda --out "+run+" --resume") {
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	must(t, "train", "lda", "--resume", "--out", run, "--no-report", "-q")
	must(t, "topics", run)
}

func TestAFolderThatAnEngineCannotWriteIsNamed(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_RDONLY, "size=64k"); err != nil {
		t.Skipf("no read-only file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	o := call(t.Context(), "train", "gmm", "--restarts", "1", "--out", filepath.Join(disk, "r"))
	if o.code != exitFailed || !strings.Contains(o.err, "read-only file system; choose another place with --out") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}
