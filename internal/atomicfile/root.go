package atomicfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// RootFS is the operating system's file system below one folder. No name leads out of it, not
// even through a symbolic link.
type RootFS struct{ root *os.Root }

// NewRootFS wraps root, which stays the caller's to close.
func NewRootFS(root *os.Root) RootFS { return RootFS{root} }

// Create makes a new file with mode 0666 less the umask.
func (r RootFS) Create(name string) (File, error) {
	f, err := r.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Mkdir makes one folder with mode 0777 less the umask.
func (r RootFS) Mkdir(name string) error { return r.root.Mkdir(name, 0o777) }

// Rename moves from to to.
func (r RootFS) Rename(from, to string) error { return r.root.Rename(from, to) }

// Remove deletes a file or an empty folder.
func (r RootFS) Remove(name string) error { return r.root.Remove(name) }

// SyncDir makes the entries of a folder durable. Windows has no such call and needs none: its
// rename is journaled.
func (r RootFS) SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := r.root.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

// ReadDir lists a folder in the order of names.
func (r RootFS) ReadDir(name string) ([]fs.DirEntry, error) {
	d, err := r.root.Open(name)
	if err != nil {
		return nil, err
	}
	list, err := d.ReadDir(-1)
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

// Open opens a regular file for reading and tells its size in bytes. Anything else is refused
// before it is opened, because opening a named pipe would wait for ever.
func (r RootFS) Open(name string) (io.ReadCloser, int64, error) {
	info, err := r.root.Stat(name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("open %s: got a %s, want a regular file", name, info.Mode().Type())
	}
	f, err := r.root.Open(name)
	if err != nil {
		return nil, 0, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// MkdirAll makes a folder with its parents, and makes each new entry durable.
func MkdirAll(dir string) error {
	info, err := os.Stat(dir)
	if err == nil {
		if !info.IsDir() {
			return fmt.Errorf("atomicfile: %s: got a file, want a folder", dir)
		}
		return nil
	}
	if !os.IsNotExist(err) {
		return fmt.Errorf("atomicfile: make folder: %w", err)
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return fmt.Errorf("atomicfile: make folder: %w", err)
	}
	if err := MkdirAll(parent); err != nil {
		return err
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return fmt.Errorf("atomicfile: make folder: %w", err)
	}
	defer root.Close()
	if err := root.Mkdir(filepath.Base(dir), 0o777); err != nil && !os.IsExist(err) {
		return fmt.Errorf("atomicfile: make folder %s: %w", dir, err)
	}
	if err := NewRootFS(root).SyncDir("."); err != nil {
		return fmt.Errorf("atomicfile: make folder %s: %w", dir, err)
	}
	return nil
}
