package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The usual names of the four files of MNIST and of the sets that take its place.
const (
	idxTrainImages = "train-images-idx3-ubyte.gz"
	idxTrainLabels = "train-labels-idx1-ubyte.gz"
	idxTestImages  = "t10k-images-idx3-ubyte.gz"
	idxTestLabels  = "t10k-labels-idx1-ubyte.gz"
)

// ErrNoFiles is matched by the error of a named set whose files are in none of the data roots.
var ErrNoFiles = errors.New("files not found")

// namedSet describes a set that is read from idx files below a data root.
type namedSet struct {
	info               Info
	train, valid, test string // image files; valid and test may be empty
	classes            []string
	files              []remoteFile
	addresses          []string
}

// register adds the set to the registry.
func (n namedSet) register() {
	n.info.Fetchable = len(n.addresses) > 0
	register(setSource{Info: n.info, load: n.load, files: n.files, addresses: n.addresses})
}

// load reads the parts from the first data root that holds every file.
func (n namedSet) load(ctx context.Context, spec Spec) (p setParts, err error) {
	dir, err := n.find(spec.Dir)
	if err != nil {
		return p, err
	}
	for _, part := range []struct {
		file string
		set  **Set
	}{{n.train, &p.train}, {n.valid, &p.valid}, {n.test, &p.test}} {
		if part.file == "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return setParts{}, err
		}
		path, _ := filePath(dir, part.file)
		if *part.set, err = n.read(path); err != nil {
			return setParts{}, err
		}
	}
	return p, nil
}

// read reads one image file and compares the shape of its rows with the published one.
func (n namedSet) read(path string) (*Set, error) {
	s, _, err := ReadFile(path, ReadOptions{})
	if err != nil {
		return nil, err
	}
	if fmt.Sprint(s.Shape) != fmt.Sprint(n.info.Shape) {
		return nil, fmt.Errorf("data: %s: %s: got rows of shape %v, want %v", n.info.Name, path, s.Shape, n.info.Shape)
	}
	if n.info.Classes > 0 && s.Labels == nil {
		return nil, fmt.Errorf("data: %s: %s: got images without labels, want the labels file beside them", n.info.Name, path)
	}
	if len(n.classes) > 0 && len(s.Classes) <= len(n.classes) {
		s.Classes = n.classes
	}
	s.Name = n.info.Name
	return s, nil
}

// find returns the folder of the set in the first data root that holds all its files.
func (n namedSet) find(dir string) (string, error) {
	var searched []string
	for _, root := range Roots(dir) {
		folder := filepath.Join(root, n.info.Folder)
		if missing := missingFile(folder, n.files); missing != "" {
			searched = append(searched, fmt.Sprintf("%s (no %s)", folder, missing))
			continue
		}
		return folder, nil
	}
	remedy := fmt.Sprintf("run `elbo data fetch %s`, or put them there", n.info.Name)
	if len(n.addresses) == 0 {
		remedy = "put them there by hand; `elbo data fetch " + n.info.Name + "` says how"
	}
	return "", fmt.Errorf("data: %s: %w in %s: %s", n.info.Name, ErrNoFiles, strings.Join(searched, ", "), remedy)
}

// Roots returns the folders in which named sets are looked up, in order: the environment
// variable ELBO_DATA, dir, and elbo in the user's cache folder. A set lies in a folder of its
// own below a root.
func Roots(dir string) []string {
	var roots []string
	if env := os.Getenv("ELBO_DATA"); env != "" {
		roots = append(roots, env)
	}
	if dir != "" {
		roots = append(roots, dir)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		roots = append(roots, filepath.Join(cache, "elbo"))
	}
	return roots
}

// missingFile returns the first file that the folder lacks, or "".
func missingFile(folder string, files []remoteFile) string {
	for _, f := range files {
		if _, ok := filePath(folder, f.name); !ok {
			return f.name
		}
	}
	return ""
}

// filePath returns the path of a file that may also be there without its .gz.
func filePath(folder, name string) (string, bool) {
	for _, n := range []string{name, strings.TrimSuffix(name, ".gz")} {
		path := filepath.Join(folder, n)
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}
