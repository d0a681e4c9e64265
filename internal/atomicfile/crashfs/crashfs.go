// Package crashfs is a file system in memory that forgets like a disk without power: bytes that
// were not synced and folder entries that were not synced may or may not be there afterwards.
// Tests run a program on it up to any operation, cut the power, and look at what is left.
package crashfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"strings"
	"testing/fstest"

	"github.com/elbo-go/elbo/internal/atomicfile"
)

// ErrCrashed is the error of every operation from the crash on.
var ErrCrashed = errors.New("crashed")

// Op is an operation that changes something, with its main name.
type Op struct {
	Kind string // create, write, sync, rename, …
	Name string // of the file or folder
}

// Broken lists the syncs that do nothing, to show that a test notices when one is left out.
type Broken struct {
	FileSync   bool // of file contents
	DirSync    bool // of folders other than the root
	ParentSync bool // of the root folder
}

// FS is the file system. Its methods serve one goroutine.
type FS struct {
	// Broken says which syncs do nothing.
	Broken Broken
	// Hook, when set, is asked before each operation; its error is the operation's.
	Hook func(Op) error
	// Ops are the operations done so far.
	Ops []Op
	// CrashAfter is the number of operations after which all fail; negative for never.
	CrashAfter int

	root *dir
}

// New returns an empty file system that does not crash.
func New() *FS { return &FS{CrashAfter: -1, root: newDir()} }

// node is a *dir or a *file.
type node any

// dir holds the entries as programs see them, those that are safe, and the changes between.
type dir struct {
	live, safe map[string]node
	pending    []change
}

func newDir() *dir { return &dir{live: map[string]node{}, safe: map[string]node{}} }

// change is one entry taken away, one put in, or both at once.
type change struct {
	drop, put string
	node      node
}

func (c change) apply(entries map[string]node) {
	if c.drop != "" {
		delete(entries, c.drop)
	}
	if c.put != "" {
		entries[c.put] = c.node
	}
}

// do changes the live entries and remembers the change as not yet safe.
func (d *dir) do(c change) {
	c.apply(d.live)
	d.pending = append(d.pending, c)
}

// file holds the bytes that are safe and the writes since.
type file struct {
	data   []byte
	synced int // length of the safe prefix; files are only appended to
	writes []int
}

// before counts an operation, or fails.
func (f *FS) before(kind, name string) error {
	if f.CrashAfter >= 0 && len(f.Ops) >= f.CrashAfter {
		return ErrCrashed
	}
	op := Op{kind, name}
	if f.Hook != nil {
		if err := f.Hook(op); err != nil {
			return fmt.Errorf("%s %s: %w", kind, name, err)
		}
	}
	f.Ops = append(f.Ops, op)
	return nil
}

// crashed fails reads after the crash.
func (f *FS) crashed() error {
	if f.CrashAfter >= 0 && len(f.Ops) >= f.CrashAfter {
		return ErrCrashed
	}
	return nil
}

// dir finds a folder.
func (f *FS) dir(name string) (*dir, error) {
	d := f.root
	if name == "." {
		return d, nil
	}
	for _, part := range strings.Split(name, "/") {
		next, ok := d.live[part].(*dir)
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		d = next
	}
	return d, nil
}

// free finds the folder of a name that must not be taken.
func (f *FS) free(name string) (*dir, error) {
	d, err := f.dir(path.Dir(name))
	if err == nil && d.live[path.Base(name)] != nil {
		err = &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	return d, err
}

// Create makes a new file.
func (f *FS) Create(name string) (atomicfile.File, error) {
	d, err := f.free(name)
	if err != nil {
		return nil, err
	}
	if err := f.before("create", name); err != nil {
		return nil, err
	}
	n := &file{}
	d.do(change{put: path.Base(name), node: n})
	return &writer{f, n, name}, nil
}

// Mkdir makes a folder.
func (f *FS) Mkdir(name string) error {
	d, err := f.free(name)
	if err != nil {
		return err
	}
	if err := f.before("mkdir", name); err != nil {
		return err
	}
	d.do(change{put: path.Base(name), node: newDir()})
	return nil
}

// Rename moves an entry within its folder, over a file or to a free name.
func (f *FS) Rename(from, to string) error {
	d, err := f.dir(path.Dir(from))
	if err != nil {
		return err
	}
	n := d.live[path.Base(from)]
	if n == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	_, isDir := n.(*dir)
	over := d.live[path.Base(to)]
	if _, overDir := over.(*dir); path.Dir(from) != path.Dir(to) || overDir || isDir && over != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrInvalid}
	}
	if err := f.before("rename", to); err != nil {
		return err
	}
	d.do(change{drop: path.Base(from), put: path.Base(to), node: n})
	return nil
}

// Remove deletes a file or an empty folder.
func (f *FS) Remove(name string) error {
	d, err := f.dir(path.Dir(name))
	if err != nil {
		return err
	}
	n := d.live[path.Base(name)]
	if n == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	if sub, ok := n.(*dir); ok && len(sub.live) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: errors.New("folder not empty")}
	}
	if err := f.before("remove", name); err != nil {
		return err
	}
	d.do(change{drop: path.Base(name)})
	return nil
}

// SyncDir makes the entries of a folder safe, not what they lead to.
func (f *FS) SyncDir(name string) error {
	d, err := f.dir(name)
	if err != nil {
		return err
	}
	if err := f.before("syncdir", name); err != nil {
		return err
	}
	if name == "." && f.Broken.ParentSync || name != "." && f.Broken.DirSync {
		return nil
	}
	d.safe, d.pending = maps.Clone(d.live), nil
	return nil
}

// ReadDir lists a folder in the order of names.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.crashed(); err != nil {
		return nil, err
	}
	d, err := f.dir(name)
	if err != nil {
		return nil, err
	}
	list := fstest.MapFS{}
	for n, what := range d.live {
		list[n] = &fstest.MapFile{}
		if _, isDir := what.(*dir); isDir {
			list[n].Mode = fs.ModeDir
		}
	}
	return list.ReadDir(".")
}

// Open opens a file for reading and tells its size.
func (f *FS) Open(name string) (io.ReadCloser, int64, error) {
	if err := f.crashed(); err != nil {
		return nil, 0, err
	}
	d, err := f.dir(path.Dir(name))
	if err != nil {
		return nil, 0, err
	}
	n, ok := d.live[path.Base(name)].(*file)
	if !ok {
		return nil, 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return io.NopCloser(bytes.NewReader(n.data)), int64(len(n.data)), nil
}

// writer appends to a file.
type writer struct {
	fs   *FS
	file *file
	name string
}

// Write appends p; half of it also when the disk fails.
func (w *writer) Write(p []byte) (int, error) {
	if err := w.fs.before("write", w.name); err != nil {
		n := len(p) / 2
		w.file.data = append(w.file.data, p[:n]...)
		w.file.writes = append(w.file.writes, n)
		return n, err
	}
	w.file.data = append(w.file.data, p...)
	w.file.writes = append(w.file.writes, len(p))
	return len(p), nil
}

// Sync makes the bytes safe.
func (w *writer) Sync() error {
	if err := w.fs.before("sync", w.name); err != nil {
		return err
	}
	if !w.fs.Broken.FileSync {
		w.file.synced, w.file.writes = len(w.file.data), nil
	}
	return nil
}

// Close does nothing: closing makes nothing safe.
func (w *writer) Close() error { return nil }
