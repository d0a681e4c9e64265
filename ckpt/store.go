package ckpt

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/elbo-go/elbo/internal/atomicfile"
)

// Checkpoint is everything a run needs to go on.
type Checkpoint struct {
	Step      int64    // training steps done
	Model     []Tensor // parameters
	Optimizer []Tensor // the optimiser's moments
	State     []byte   // the rest, one JSON value; empty is saved as {}
}

// fileSystem is what a store asks of a file system; paths come from join alone.
type fileSystem interface {
	atomicfile.FS
	Mkdir(name string) error
	Open(name string) (r io.ReadCloser, size int64, err error)
}

// Store is the checkpoint folder of one run. Its methods may be called from several goroutines.
type Store struct {
	mu       sync.Mutex
	dir      string // for messages
	fsys     fileSystem
	root     *os.Root
	lock     *os.File // nil when opened for reading
	readOnly bool
	closed   bool
}

// Open makes the checkpoint folder if needed, takes its lock, and removes what killed processes
// left half-done. While another process has it open the error is ErrInUse, with that process's
// number. The lock ends with Close or with the process.
func Open(dir string) (*Store, error) {
	if err := atomicfile.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("ckpt: open %s: %w", dir, err)
	}
	s, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	if s.lock, err = takeLock(s.root); err != nil {
		s.root.Close()
		return nil, fmt.Errorf("ckpt: open %s: %w", dir, err)
	}
	if err := s.sweep(); err != nil {
		s.Close()
		return nil, fmt.Errorf("ckpt: open %s: %w", dir, err)
	}
	return s, nil
}

// OpenReadOnly opens an existing checkpoint folder to load from, beside the process that saves.
func OpenReadOnly(dir string) (*Store, error) {
	s, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	s.readOnly = true
	return s, nil
}

// openRoot opens a folder without a lock.
func openRoot(dir string) (*Store, error) {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("ckpt: open %s: %w", dir, err)
	}
	return &Store{dir: dir, root: root, fsys: atomicfile.NewRootFS(root)}, nil
}

// Close gives the lock back. Closing twice is allowed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if s.lock != nil {
		err = s.lock.Close()
	}
	if s.root != nil {
		err = errors.Join(err, s.root.Close())
	}
	return err
}

// Steps returns the steps that have a complete folder, in rising order. Their content is checked
// when they are loaded.
func (s *Store) Steps() ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	folders, err := s.folders()
	if err != nil {
		return nil, fmt.Errorf("ckpt: steps: %w", err)
	}
	steps := make([]int64, len(folders))
	for i, f := range folders {
		steps[i] = f.step
	}
	slices.Sort(steps)
	return slices.Compact(steps), nil
}

// folder is one step folder.
type folder struct {
	name Name
	step int64
	rev  int
}

// folders lists the step folders, newest first: by step, then by revision. Steps beyond the one
// that last names come at the end; they belong to a course that the run went back from.
func (s *Store) folders() ([]folder, error) {
	list, err := s.fsys.ReadDir(join())
	if err != nil {
		return nil, err
	}
	var all []folder
	for _, e := range list {
		if step, rev, ok := parseStepName(e.Name()); ok && e.IsDir() {
			all = append(all, folder{stepName(step, rev), step, rev})
		}
	}
	last := int64(-1)
	if p, err := s.readPointer(nameLast); err == nil {
		last, _, _ = parseStepName(p.Folder)
	}
	beyond := func(f folder) int {
		if last >= 0 && f.step > last {
			return 1
		}
		return 0
	}
	slices.SortFunc(all, func(a, b folder) int {
		return cmp.Or(cmp.Compare(beyond(a), beyond(b)), cmp.Compare(b.step, a.step), cmp.Compare(b.rev, a.rev))
	})
	return all, nil
}

// tempMark stands in the names of files and folders that are not finished.
const tempMark = ".tmp-"

// sweep removes unfinished files and folders; the lock says that nobody is working on them.
func (s *Store) sweep() error {
	list, err := s.fsys.ReadDir(join())
	if err != nil {
		return err
	}
	for _, e := range list {
		if !strings.Contains(e.Name(), tempMark) {
			continue
		}
		n, err := ParseName(e.Name())
		if err != nil {
			continue // not a name this package gives
		}
		if err := s.removeAll(n, e.IsDir()); err != nil {
			return err
		}
	}
	return nil
}

// removeAll deletes a file, or a folder with the files in it.
func (s *Store) removeAll(n Name, isDir bool) error {
	if isDir {
		list, err := s.fsys.ReadDir(join(n))
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := s.fsys.Remove(join(n) + "/" + e.Name()); err != nil {
				return err
			}
		}
	}
	return s.fsys.Remove(join(n))
}

// usable reports a store that cannot save.
func (s *Store) usable() error {
	switch {
	case s.closed:
		return fmt.Errorf("%s: %w", s.dir, os.ErrClosed)
	case s.readOnly:
		return fmt.Errorf("%s: %w", s.dir, ErrReadOnly)
	case s.root == nil:
		return nil
	}
	open, err := s.root.Stat(".")
	if err != nil {
		return err
	}
	now, err := os.Stat(s.dir)
	if err != nil {
		return fmt.Errorf("the checkpoint folder is gone: %w", err)
	}
	if !os.SameFile(open, now) {
		return fmt.Errorf("%s: got another file in place of the checkpoint folder, want the folder that was opened", s.dir)
	}
	return nil
}
