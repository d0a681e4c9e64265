package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/internal/atomicfile/crashfs"
	"github.com/elbo-go/elbo/internal/rng"
)

// text writes s in two calls.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		if _, err := io.WriteString(w, s[:len(s)/2]); err != nil {
			return err
		}
		_, err := io.WriteString(w, s[len(s)/2:])
		return err
	}
}

// content reads a file and fails when anything else lies beside it.
func content(t *testing.T, path string) string {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(list) != 1 {
		t.Fatalf("folder: got %v, %v, want one file", list, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, want := range []string{"first", "second, longer", ""} {
		if err := atomicfile.WriteBytes(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	t.Chdir(filepath.Dir(path))
	if err := atomicfile.WriteFile("f", text("by a bare name")); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "by a bare name" {
		t.Fatalf("got %q", got)
	}
}

func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := atomicfile.WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	err := atomicfile.WriteFile(path, func(w io.Writer) error {
		io.WriteString(w, strings.Repeat("x", 1<<18))
		return boom
	})
	if !errors.Is(err, boom) || !strings.HasPrefix(err.Error(), "atomicfile: write "+path) {
		t.Errorf("got %v, want boom and the file's name", err)
	}
	if got := content(t, path); got != "old" {
		t.Errorf("got %q, want old", got)
	}
	func() {
		defer func() { recover() }()
		atomicfile.WriteFile(path, func(io.Writer) error { panic("boom") })
	}()
	if got := content(t, path); got != "old" {
		t.Errorf("after a panic: got %q, want old", got)
	}
	if err := atomicfile.WriteBytes(filepath.Join(path, "f"), nil); err == nil {
		t.Error("write below a file: got no error, want one")
	}
	dir := filepath.Join(filepath.Dir(path), "d")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.WriteBytes(dir, nil); err == nil {
		t.Error("write over a folder: got no error, want one")
	}
	if left, _ := filepath.Glob(dir + ".tmp-*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestStaleTemporaryFilesGo(t *testing.T) {
	dead := exec.Command(os.Args[0], "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	names := map[string]bool{ // name → stays after a write to f
		fmt.Sprintf("f.tmp-%d-1", dead.Process.Pid): false,
		fmt.Sprintf("f.tmp-%d-999999", os.Getpid()): false, // an earlier process with our number
		fmt.Sprintf("f.tmp-%d-1", os.Getppid()):     true,  // at work
		fmt.Sprintf("g.tmp-%d-1", dead.Process.Pid): true,  // another file's
		"f.tmp-x": true, "f.tmp-1": true, ".tmp-1-1": true, "f.tmp-0-1": true,
	}
	for name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "f"), nil); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		for name, stays := range names {
			if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
				t.Errorf("%s: %s: got there = %v, want %v", when, name, err == nil, stays)
			}
		}
	}
	check("after a write")
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := atomicfile.Clean(atomicfile.NewRootFS(root), "."); err != nil {
		t.Fatal(err)
	}
	names[fmt.Sprintf("g.tmp-%d-1", dead.Process.Pid)] = false
	check("after Clean")
}

func TestWritersOfOneFileInOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	done := make(chan error)
	for i := range 8 {
		go func() {
			var err error
			for range 10 {
				if werr := atomicfile.WriteBytes(path, []byte(strings.Repeat(fmt.Sprint(i), 1000))); werr != nil {
					err = werr
				}
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := content(t, path); got != strings.Repeat(got[:1], 1000) {
		t.Errorf("got a mixture of writers")
	}
}

// lossCases cuts the power after every operation of the second of two writes and returns how
// many of the cases broke a promise.
func lossCases(t *testing.T, broken crashfs.Broken, seeds int) (cases, bad int) {
	t.Helper()
	for crash := 0; ; crash++ {
		f := crashfs.New()
		if err := atomicfile.Write(f, "f", text("old")); err != nil {
			t.Fatal(err)
		}
		f.Broken, f.CrashAfter = broken, len(f.Ops)+crash
		err := atomicfile.Write(f, "f", text("new and longer"))
		for _, kept := range []int{0, 50, 100} {
			for seed := range seeds {
				after := f.PowerLoss(kept, rng.New(uint64(seed)).At(uint64(crash)).Rand())
				got := "missing"
				if r, _, oerr := after.Open("f"); oerr == nil {
					data, _ := io.ReadAll(r)
					got = string(data)
				}
				cases++
				if got != "new and longer" && (got != "old" || err == nil) {
					bad++
				}
			}
		}
		if err == nil {
			return cases, bad
		}
	}
}

func TestPowerLossLeavesOldOrNew(t *testing.T) {
	cases, bad := lossCases(t, crashfs.Broken{}, 100)
	if bad > 0 || cases < 1500 {
		t.Errorf("got %d broken promises in %d cases, want 0 in 1500 or more", bad, cases)
	}
	for _, broken := range []crashfs.Broken{{FileSync: true}, {ParentSync: true}} {
		if _, bad := lossCases(t, broken, 100); bad == 0 {
			t.Errorf("%+v: got no broken promise, want some: the test cannot see a sync left out", broken)
		}
	}
}

func TestAnyFailingOperationLeavesOldOrNew(t *testing.T) {
	full := errors.New("no space left on device")
	failed := 0
	for at := 0; ; at++ {
		f := crashfs.New()
		if err := atomicfile.Write(f, "f", text("old")); err != nil {
			t.Fatal(err)
		}
		start, last := len(f.Ops), crashfs.Op{}
		f.Hook = func(op crashfs.Op) error {
			if last = op; len(f.Ops) == start+at {
				start = -1
				return full
			}
			return nil
		}
		err := atomicfile.Write(f, "f", text("new"))
		if err == nil {
			break
		}
		failed++
		list, _ := f.ReadDir(".")
		r, _, oerr := f.Open("f")
		if !errors.Is(err, full) || oerr != nil || len(list) != 1 {
			t.Fatalf("operation %d, %v: got %v, %v, %d files, want one file and the disk's error", at, last, err, oerr, len(list))
		}
		if data, _ := io.ReadAll(r); string(data) != "old" && (string(data) != "new" || last.Kind != "syncdir") {
			t.Errorf("operation %d: got %q, want old", at, data)
		}
	}
	if failed != 5 { // create, write, sync, rename, sync of the folder
		t.Errorf("operations: got %d, want 5", failed)
	}
}
