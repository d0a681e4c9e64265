package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ReadOptions says how a file is read. The zero value reads every column as a feature and
// changes no value but pixels.
type ReadOptions struct {
	// Label names the label column of a CSV file; "" means that there is none.
	Label string
	// Drop names columns of a CSV file to leave out.
	Drop []string
	// Standardize brings each column of a table to mean 0 and standard deviation 1. Images
	// are left as they are.
	Standardize bool
	// Columns are stored standardisations to apply instead of fitting. In a CSV file they
	// also choose the columns, by name; in other tables they go by position.
	Columns []Column
	// AllowNaN lets a CSV file have missing cells (empty, NA, NaN, ?): they take the mean of
	// their column, the stored one if Columns is set. Infinities remain errors.
	AllowNaN bool
	// Limits bounds memory; zero fields take their defaults.
	Limits Limits
}

// ErrUnknownFormat is returned for a file that no reader takes.
var ErrUnknownFormat = errors.New("data: unknown file format")

// formats names what readers there are, for errors.
const formats = "idx, csv, tsv, npy, npz, png, jpeg or jsonl, or a folder of images"

// idxName matches the usual names of idx files, such as train-images-idx3-ubyte.
var idxName = regexp.MustCompile(`\.idx$|[-.]idx[1-4]-ubyte$`)

// formatOf tells the format from the file's name, without .gz; "" if the name does not say.
func formatOf(path string) string {
	base := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	if idxName.MatchString(base) {
		return "idx"
	}
	switch ext := filepath.Ext(base); ext {
	case ".csv", ".tsv", ".npy", ".npz", ".png", ".jsonl":
		return ext[1:]
	case ".jpg", ".jpeg":
		return "jpeg"
	case ".ndjson":
		return "jsonl"
	}
	return ""
}

// sniff tells a binary format from its first bytes; "" if they are of none.
func sniff(head string) string {
	for magic, format := range map[string]string{
		"\x93NUMPY": "npy", "\x89PNG\r\n": "png", "\xff\xd8\xff": "jpeg", "PK\x03\x04": "npz",
	} {
		if strings.HasPrefix(head, magic) {
			return format
		}
	}
	if len(head) >= 4 && head[0] == 0 && head[1] == 0 && idxTypes[head[2]].size > 0 {
		return "idx"
	}
	return ""
}

// ReadFile reads a data set from a file, or from a folder of images. The format follows from
// the name, else from the first bytes; any file but npz, PNG and JPEG may be compressed with
// gzip. The report describes what was read.
//
//   - idx: X-images-idx3-ubyte takes its labels from X-labels-idx1-ubyte beside it, if there.
//     Pixel bytes become [0, 1]; images whose bytes are all 0 or 1 keep their values.
//   - csv, tsv: see [ReadOptions]. A first column without a name, or named rownames, is left out.
//   - npy, npz: N, N×D, N×H×W or N×H×W×C; bytes of rank 2 and more are pixels, as in idx.
//   - png, jpeg: one row. A folder holds one row an image, with sub-folders as classes.
//   - jsonl: {"x": [numbers], "label": "name"} a line.
func ReadFile(path string, opt ReadOptions) (*Set, *Report, error) {
	if err := checkColumns(opt.Columns); err != nil {
		return nil, nil, err
	}
	opt.Limits = opt.Limits.orDefault()
	st, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	if !st.IsDir() && !st.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("data: %s: got a device, pipe or socket, want a file or a folder", path)
	}
	rep := &Report{Path: path}
	set, err := readPath(path, st, opt, rep)
	if err != nil {
		return nil, nil, inFile(path, err)
	}
	set.Name = path
	rep.describe(set)
	return set, rep, nil
}

// readPath chooses the reader.
func readPath(path string, st os.FileInfo, opt ReadOptions, rep *Report) (*Set, error) {
	if st.IsDir() {
		rep.Format = "images"
		set, err := readFolder(path, opt.Limits, rep)
		if err != nil {
			return nil, err
		}
		_, err = tabulate(set, opt, "images")
		return set, err
	}
	format := formatOf(path)
	if format == "" {
		err := withSource(path, "file", opt.Limits, func(s *source) error {
			head, _ := s.Peek(8)
			format = sniff(string(head))
			return nil
		})
		if err != nil {
			return nil, err
		}
		if format == "" {
			return nil, fmt.Errorf("%w: got %s, want %s", ErrUnknownFormat, path, formats)
		}
	}
	rep.Format = format
	if format == "idx" {
		set, err := readIDXFile(path, opt.Limits)
		if err != nil {
			return nil, err
		}
		rep.Columns, err = tabulate(set, opt, format)
		return set, err
	}
	var set *Set
	err := withSource(path, format, opt.Limits, func(s *source) (err error) {
		set, err = decode(s, opt, rep)
		return err
	})
	return set, err
}

// Read reads a data set of a named format from r: idx, csv, tsv, npy, npz, png, jpeg or jsonl,
// compressed with gzip or not.
func Read(r io.Reader, format string, opt ReadOptions) (*Set, *Report, error) {
	if err := checkColumns(opt.Columns); err != nil {
		return nil, nil, err
	}
	opt.Limits = opt.Limits.orDefault()
	s, err := newSource(r, -1, format, opt.Limits)
	if err != nil {
		return nil, nil, err
	}
	rep := &Report{Format: format}
	set, err := decode(s, opt, rep)
	if err != nil {
		return nil, nil, err
	}
	rep.describe(set)
	return set, rep, nil
}

// decode reads the source with the reader of its format.
func decode(s *source, opt ReadOptions, rep *Report) (set *Set, err error) {
	switch s.format {
	case "csv", "tsv":
		return decodeCSV(s, opt, rep)
	case "idx":
		set, err = decodeIDX(s)
	case "npy":
		set, err = decodeNPY(s)
	case "npz":
		set, err = decodeNPZ(s, rep)
	case "png", "jpeg":
		set, err = decodeImage(s)
	case "jsonl":
		set, err = decodeJSONL(s)
	default:
		return nil, fmt.Errorf("%w: got %s, want %s", ErrUnknownFormat, quote(s.format), formats)
	}
	if err != nil {
		return nil, err
	}
	rep.Columns, err = tabulate(set, opt, s.format)
	return set, err
}

// withSource opens a file and hands its decompressed bytes to f. Errors carry the path.
func withSource(path, format string, lim Limits, f func(*source) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	s, err := newSource(file, st.Size(), format, lim)
	if err == nil {
		err = f(s)
	}
	return inFile(path, err)
}
