package data

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/elbo-go/elbo/internal/atomicfile"
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
	write, err := writerOf(strings.ToLower(filepath.Ext(path)), s)
	if err != nil {
		return fmt.Errorf("data: write %s: %w", path, err)
	}
	if err := atomicfile.WriteFile(path, func(w io.Writer) error { return write(w, s) }); err != nil {
		return fmt.Errorf("data: write %s: %w", path, errors.Unwrap(err)) // whose wrapping names the path too
	}
	return nil
}

// Write writes a set to a stream in the format of an extension, as [WriteFile] does to a file.
func Write(w io.Writer, ext string, s *Set) error {
	write, err := writerOf(ext, s)
	if err == nil {
		err = write(w, s)
	}
	if err != nil {
		return fmt.Errorf("data: write: %w", err)
	}
	return nil
}

// writerOf returns the writer of a format for a set that can be written.
func writerOf(ext string, s *Set) (func(io.Writer, *Set) error, error) {
	writers := map[string]func(io.Writer, *Set) error{
		".png": writePNG, ".csv": writeCSV, ".npy": writeNPY, ".npz": writeNPZ, ".jsonl": writeJSONL,
	}
	write := writers[ext]
	if write == nil {
		return nil, fmt.Errorf("got extension %q, want .png, .csv, .npy, .npz or .jsonl", ext)
	}
	return write, writable(s)
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
		if l < unlabelled || int(l) >= len(s.Classes) {
			return fmt.Errorf("labels: got class %d in row %d, want 0 to %d, or %d for none", l, i, len(s.Classes)-1, unlabelled)
		}
	}
	return nil
}
