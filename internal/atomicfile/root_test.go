package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/elbo-go/elbo/internal/atomicfile"
)

func TestRootFSStaysBelowItsFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret", filepath.Join(dir, "in", "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	root, err := os.OpenRoot(filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	fsys := atomicfile.NewRootFS(root)
	for _, name := range []string{"../secret", "link", filepath.Join(dir, "secret"), "."} {
		if _, _, err := fsys.Open(name); err == nil {
			t.Errorf("open %s: got no error, want one", name)
		}
	}
	if _, err := fsys.Create("../new"); err == nil {
		t.Error("create above: got no error, want one")
	}
	if err := fsys.Rename("link", "../link"); err == nil {
		t.Error("rename above: got no error, want one")
	}
}

func TestRootFSKeepsFiles(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	fsys := atomicfile.NewRootFS(root)
	if err := fsys.Mkdir("d"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d/b", "d/a"} {
		f, err := fsys.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, name)
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fsys.Create("d/a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over: got %v, want %v", err, fs.ErrExist)
	}
	list, err := fsys.ReadDir("d")
	if err != nil || len(list) != 2 || list[0].Name() != "a" || list[1].Name() != "b" {
		t.Errorf("list: got %v, %v, want a and b", list, err)
	}
	r, size, err := fsys.Open("d/a")
	if err != nil || size != 3 {
		t.Fatalf("open: got %d bytes, %v, want 3", size, err)
	}
	r.Close()
	if err := errors.Join(fsys.SyncDir("d"), fsys.SyncDir("."), fsys.Remove("d/a"), fsys.Remove("d/b"), fsys.Remove("d")); err != nil {
		t.Error(err)
	}
	if err := fsys.SyncDir("d"); err == nil {
		t.Error("sync a folder that is gone: got no error, want one")
	}
}

func TestMkdirAll(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b", "c")
	for range 2 {
		if err := atomicfile.MkdirAll(deep); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(deep); err != nil || !info.IsDir() {
		t.Fatalf("got %v, %v, want a folder", info, err)
	}
	file := filepath.Join(dir, "file")
	if err := atomicfile.WriteBytes(file, nil); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{file, filepath.Join(file, "x")} {
		if err := atomicfile.MkdirAll(bad); err == nil {
			t.Errorf("%s: got no error, want one", bad)
		}
	}
}
