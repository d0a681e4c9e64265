package ckpt

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSecondOpenNamesTheHolder(t *testing.T) {
	dir := tempDir(t)
	s := mustOpen(t, dir)
	_, err := Open(dir)
	if want := fmt.Sprintf("ckpt: open %s: in use by pid %d", dir, os.Getpid()); !errors.Is(err, ErrInUse) || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	mustSave(t, s, sample(1, 4), SaveOptions{}) // the holder is not disturbed
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	wantLoad(t, s, "last", sample(1, 4))
	s.Close()
	write(t, filepath.Join(dir, "lock"), []byte("no number"))
	mustOpen(t, dir)
	write(t, filepath.Join(dir, "lock"), []byte("no number"))
	if _, err := Open(dir); !errors.Is(err, ErrInUse) || !strings.HasSuffix(err.Error(), "by another process") {
		t.Errorf("unreadable holder: got %v, want %v by another process", err, ErrInUse)
	}
}

func TestLockIsBetweenProcessesAndEndsWithThem(t *testing.T) {
	dir := tempDir(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=small="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // "ready"
		t.Fatal(err)
	}
	go func() { // keep the child from blocking
		for buf := make([]byte, 1<<12); err == nil; _, err = out.Read(buf) {
			continue
		}
	}()
	_, openErr := Open(dir)
	r, readErr := OpenReadOnly(dir)
	if readErr == nil {
		r.Close()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if want := fmt.Sprintf("in use by pid %d", cmd.Process.Pid); !errors.Is(openErr, ErrInUse) || !strings.HasSuffix(openErr.Error(), want) {
		t.Errorf("second process: got %v, want %s", openErr, want)
	}
	if readErr != nil {
		t.Errorf("reader beside the holder: got %v, want no error", readErr)
	}
	mustOpen(t, dir)
}

func TestOpenClearsUnfinishedFiles(t *testing.T) {
	dir := tempDir(t)
	s := mustOpen(t, dir)
	mustSave(t, s, sample(1, 4), SaveOptions{})
	s.Close()
	half := filepath.Join(dir, "step-000000000002.tmp-new")
	if err := os.Mkdir(half, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(half, "model.safetensors"), []byte("half"))
	write(t, filepath.Join(dir, "last.tmp-1-1"), nil)
	write(t, filepath.Join(dir, "my notes.tmp-x"), nil) // no name of ours
	s = mustOpen(t, dir)
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp-*")); len(left) != 1 {
		t.Errorf("left: got %v, want the notes only", left)
	}
	wantLoad(t, s, "last", sample(1, 4))
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	dir := tempDir(t)
	file := filepath.Join(dir, "file")
	write(t, file, nil)
	for _, bad := range []string{file, filepath.Join(file, "x"), filepath.Join(dir, "a\x00b")} {
		if s, err := Open(bad); err == nil {
			s.Close()
			t.Errorf("open %q: got no error, want one", bad)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "lock"), 0o777); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(dir); err == nil {
		s.Close()
		t.Error("folder in place of the lock: got no error, want one")
	}
}

// TestSaveNoticesThatItsFolderIsGone covers the silent success of writing into a folder that
// nobody will find.
func TestSaveNoticesThatItsFolderIsGone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open folder cannot be moved on Windows")
	}
	for name, replace := range map[string]func(dir string) error{
		"removed":             os.RemoveAll,
		"moved":               func(dir string) error { return os.Rename(dir, dir+"2") },
		"replaced by a file":  func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o666)) },
		"replaced by another": func(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777)) },
	} {
		dir := filepath.Join(tempDir(t), "ckpt")
		s := mustOpen(t, dir)
		mustSave(t, s, sample(1, 4), SaveOptions{})
		if err := replace(dir); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(sample(2, 4), SaveOptions{}); err == nil || !strings.HasPrefix(err.Error(), "ckpt: save step 2: ") {
			t.Errorf("%s: got %v, want an error from Save", name, err)
		}
	}
}

func TestFolderWithoutPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := tempDir(t)
	s := mustOpen(t, dir)
	mustSave(t, s, sample(1, 4), SaveOptions{})
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o777)
	if err := s.Save(sample(2, 4), SaveOptions{}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v, want %v", err, os.ErrPermission)
	}
	wantLoad(t, s, "last", sample(1, 4))
}
