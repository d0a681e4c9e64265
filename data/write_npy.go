package data

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// writeNPYHeader writes a version 1 header, padded so that the values start at a multiple of 64.
func writeNPYHeader(w io.Writer, descr string, dims []int) error {
	var shape strings.Builder
	for _, d := range dims {
		fmt.Fprintf(&shape, "%d, ", d)
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, strings.TrimSuffix(shape.String(), " "))
	const prefix = len(npyMagic) + 2 + 2
	pad := (64 - (prefix+len(text)+1)%64) % 64
	text += strings.Repeat(" ", pad) + "\n"
	head := append([]byte(npyMagic), 1, 0)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(text)))
	_, err := w.Write(append(head, text...))
	return err
}

// writeNPY writes the rows as float32.
func writeNPY(w io.Writer, s *Set) error {
	return WriteNPY(w, append([]int{s.Len()}, s.Shape...), s.X)
}

// WriteNPY writes an array of the given dimensions, row-major, as a NPY file of float32.
func WriteNPY(w io.Writer, dims []int, x []float32) error {
	bw := bufio.NewWriter(w)
	if err := writeNPYHeader(bw, "<f4", dims); err != nil {
		return err
	}
	var b [4]byte
	for _, v := range x {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		if _, err := bw.Write(b[:]); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// writeNPYLabels writes the labels as int64.
func writeNPYLabels(w io.Writer, s *Set) error {
	bw := bufio.NewWriter(w)
	if err := writeNPYHeader(bw, "<i8", []int{len(s.Labels)}); err != nil {
		return err
	}
	for i, l := range s.Labels {
		if l < 0 { // which would be read as a class of its own
			return fmt.Errorf("labels: got row %d without a class, want the class of each; csv and jsonl have room for rows without", i)
		}
		if err := binary.Write(bw, binary.LittleEndian, int64(l)); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// writeNPYClasses writes the class names as UTF-32 texts of one width.
func writeNPYClasses(w io.Writer, s *Set) error {
	k := 1
	for _, c := range s.Classes {
		k = max(k, utf8.RuneCountInString(c))
	}
	bw := bufio.NewWriter(w)
	if err := writeNPYHeader(bw, fmt.Sprintf("<U%d", k), []int{len(s.Classes)}); err != nil {
		return err
	}
	for _, c := range s.Classes {
		text := make([]rune, k)
		copy(text, []rune(c))
		if err := binary.Write(bw, binary.LittleEndian, text); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// writeNPZ writes a zip file of arrays: x, labels, classes.
func writeNPZ(w io.Writer, s *Set) error {
	z := zip.NewWriter(w)
	parts := []struct {
		name  string
		write func(io.Writer, *Set) error
	}{{"x", writeNPY}, {"labels", writeNPYLabels}, {"classes", writeNPYClasses}}
	if s.Labels == nil {
		parts = parts[:1]
	}
	for _, p := range parts {
		f, err := z.Create(p.name + ".npy")
		if err != nil {
			return err
		}
		if err := p.write(f, s); err != nil {
			return err
		}
	}
	return z.Close()
}
