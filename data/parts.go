package data

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// partNames are the names by which a folder marks its parts.
var partNames = [3][]string{{"train"}, {"valid", "val"}, {"test", "t10k"}}

// idxPart matches an idx image file that is one part of a set, such as t10k-images-idx3-ubyte.gz.
var idxPart = regexp.MustCompile(`(?:^|[-_.])(train|valid|val|test|t10k)-images-idx3-ubyte(?:\.gz)?$`)

// readParts reads a path as training rows or, where it is a folder that holds its parts, as
// those.
func readParts(ctx context.Context, path string, opt ReadOptions) (p setParts, err error) {
	found, err := findParts(path)
	if err != nil {
		return p, err
	}
	for i, set := range []**Set{&p.train, &p.valid, &p.test} {
		if found[i] == "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return setParts{}, err
		}
		if *set, _, err = ReadFile(found[i], opt); err != nil {
			return setParts{}, err
		}
	}
	return p, nil
}

// findParts returns the paths of the training, validation and test rows, "" for none. A
// folder counts as split if it holds a folder or an idx file for the training rows and every
// sub-folder is a part; otherwise the path itself is the training rows.
func findParts(path string) (found [3]string, err error) {
	whole := [3]string{path}
	st, err := os.Stat(path)
	if err != nil {
		return found, fmt.Errorf("data: open: %w", err)
	}
	if !st.IsDir() {
		return whole, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return found, fmt.Errorf("data: open: %w", err)
	}
	for _, e := range entries {
		name, isPart := e.Name(), e.IsDir()
		if m := idxPart.FindStringSubmatch(name); !isPart && m != nil {
			name, isPart = m[1], true
		}
		if !isPart {
			continue
		}
		i := slices.IndexFunc(partNames[:], func(names []string) bool { return slices.Contains(names, name) })
		if i < 0 {
			return whole, nil
		}
		if found[i] != "" {
			return found, fmt.Errorf("data: open: %s: got both %s and %s, want one of them", path, filepath.Base(found[i]), e.Name())
		}
		found[i] = filepath.Join(path, e.Name())
	}
	if found[0] == "" {
		return whole, nil
	}
	return found, nil
}

// mergeClasses gives all parts the same classes: those of train, then those that only valid
// or test have.
func mergeClasses(p setParts) error {
	classes := slices.Clone(p.train.Classes)
	for _, s := range []*Set{p.valid, p.test} {
		if s == nil {
			continue
		}
		if (s.Labels == nil) != (p.train.Labels == nil) {
			return fmt.Errorf("data: open: %s: got labels in some parts only, want them in all or none", p.train.Name)
		}
		index := make([]int32, len(s.Classes))
		for i, c := range s.Classes {
			at := slices.Index(classes, c)
			if at < 0 {
				at, classes = len(classes), append(classes, c)
			}
			index[i] = int32(at)
		}
		for i, l := range s.Labels {
			if l >= 0 {
				s.Labels[i] = index[l]
			}
		}
	}
	for _, s := range []*Set{p.train, p.valid, p.test} {
		if s != nil {
			s.Classes = classes
		}
	}
	return nil
}
