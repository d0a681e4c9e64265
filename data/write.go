package data

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// WriteFile writes a set in the format that the extension of the path names. The file appears
// whole or not at all: it is written beside its place, synced, and renamed.
//
//   - .png: images only, values × 255; several rows become one grid of tiles, row by row.
//   - .csv: a header, the values as they are in the set (standardised ones stay so), and the
//     class names in a column label. Images become flat rows.
//   - .npy: the rows, N×shape, as float32; labels are lost.
//   - .npz: x, and if there are labels, labels (int64) and classes (text).
//   - .jsonl: {"x": […], "label": "name"} a line, with "shape" for images.
//
// Reading a file back gives the same values, but for PNG, which has 8 bits a value.
func WriteFile(path string, s *Set) error {
	writers := map[string]func(io.Writer, *Set) error{
		".png": writePNG, ".csv": writeCSV, ".npy": writeNPY, ".npz": writeNPZ, ".jsonl": writeJSONL,
	}
	ext := strings.ToLower(filepath.Ext(path))
	write := writers[ext]
	if write == nil {
		return fmt.Errorf("data: write %s: got extension %q, want .png, .csv, .npy, .npz or .jsonl", path, ext)
	}
	if err := writable(s); err != nil {
		return fmt.Errorf("data: write %s: %w", path, err)
	}
	err := writeAtomic(path, func(w io.Writer) error { return write(w, s) })
	if err != nil {
		return fmt.Errorf("data: write %s: %w", path, err)
	}
	return nil
}

// writable checks what the writers rely on.
func writable(s *Set) error {
	d := s.Dim()
	if d <= 0 || len(s.X) == 0 || len(s.X)%d != 0 {
		return fmt.Errorf("rows: got %d values of shape %v, want whole rows and at least one", len(s.X), s.Shape)
	}
	for i, v := range s.X {
		if !finite32(float64(v)) {
			return fmt.Errorf("row %d: got %v at index %d, want finite values", i/d, v, i%d)
		}
	}
	if s.Labels == nil {
		return nil
	}
	if len(s.Labels) != s.Len() {
		return fmt.Errorf("labels: got %d, want %d, one a row", len(s.Labels), s.Len())
	}
	for i, l := range s.Labels {
		if l < 0 || int(l) >= len(s.Classes) {
			return fmt.Errorf("labels: got class %d in row %d, want 0 to %d", l, i, len(s.Classes)-1)
		}
	}
	return nil
}

// writeAtomic writes a new file beside path, syncs it and renames it to path. After an error
// the path is as it was, and the new file is removed.
func writeAtomic(path string, encode func(io.Writer) error) (err error) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	f, err := createBeside(dir, base)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := encode(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// createBeside makes a new file with the permissions that the umask leaves, which
// [os.CreateTemp] would narrow to the owner.
func createBeside(dir, base string) (*os.File, error) {
	for i := 0; ; i++ {
		name := filepath.Join(dir, fmt.Sprintf(".%s.%d-%d.tmp", base, os.Getpid(), i))
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if !os.IsExist(err) || i == 1000 {
			return f, err
		}
	}
}

// syncDir makes a rename durable. A file system that cannot sync a folder is no failure:
// the file is there.
func syncDir(dir string) error {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
	return nil
}
