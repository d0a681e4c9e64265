package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// WriteFile replaces the file at path by what fn writes. When it returns nil the new content is
// durable; when it returns an error the old content stands (or, should only the last sync of the
// folder have failed, either one stands whole) and no temporary file is left.
func WriteFile(name string, fn func(io.Writer) error) error {
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("atomicfile: write %s: %w", name, err)
	}
	defer root.Close()
	if err := Write(NewRootFS(root), base, fn); err != nil {
		return fmt.Errorf("atomicfile: write %s: %w", name, err)
	}
	return nil
}

// WriteBytes replaces the file at path by data, as WriteFile does.
func WriteBytes(path string, data []byte) error {
	return WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Write is WriteFile on a given file system. It first removes what earlier writers of the same
// name left when they were killed.
func Write(fsys FS, name string, fn func(io.Writer) error) error {
	if err := clean(fsys, path.Dir(name), path.Base(name)); err != nil {
		return err
	}
	tmp, release := newTemp(name)
	defer release()
	f, err := fsys.Create(tmp)
	if err != nil {
		return err
	}
	done := false
	defer func() { // also when fn panics
		if !done {
			f.Close()
			fsys.Remove(tmp)
		}
	}()
	if err := fill(f, fn); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := fsys.Rename(tmp, name); err != nil {
		return err
	}
	done = true
	return fsys.SyncDir(path.Dir(name))
}

// fill writes through a buffer and makes the bytes durable.
func fill(f File, fn func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<14)
	if err := fn(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}
