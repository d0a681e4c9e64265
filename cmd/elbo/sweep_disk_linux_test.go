package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestASweepOnAFullDiskStopsAndGoesOn(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=900k"); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	dir := filepath.Join(disk, "s")
	o := call(t.Context(), sweepLine("--seed", "1-12", "--no-report", "--out", dir)...)
	if o.code != exitFailed || !strings.Contains(o.err, "no space left on device; free some space, then go on with: elbo sweep vae --out "+dir+" --resume") {
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	_, rows := tableOf(t, dir) // the last one that there was room for
	if len(rows) != 12 || rows[0][1] != sweptFinished || rows[11][1] != sweptWaiting {
		t.Errorf("got %v, want the first finished and the last waiting", rows)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	must(t, "sweep", "vae", "--out", dir, "--resume", "--no-report", "-q")
	if _, rows = tableOf(t, dir); rows[11][1] != sweptFinished {
		t.Errorf("got %v, want all finished", rows)
	}
}
