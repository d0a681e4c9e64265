package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// imageFile is one image of a folder.
type imageFile struct {
	path   string
	format string
	class  int32 // −1 without sub-folders
}

// readFolder reads the PNG and JPEG files of a folder: one row an image, in the order of the
// paths. Sub-folders are the classes, sorted by name; images directly in the folder have no
// labels. All images have one size. The set is grey if every image is, else H×W×3.
func readFolder(dir string, lim Limits, rep *Report) (*Set, error) {
	files, classes, err := listFolder(dir, rep)
	if err != nil {
		return nil, err
	}
	first, gray, err := inspectAll(files, lim)
	if err != nil {
		return nil, err
	}
	set := &Set{Shape: first.shape(gray), Classes: classes}
	if err := fits("images", len(files), set.Dim(), lim); err != nil {
		return nil, err
	}
	set.X = make([]float32, 0, len(files)*set.Dim())
	for _, f := range files {
		b, err := os.ReadFile(f.path)
		if err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		n := len(set.X)
		if set.X, err = appendPixels(set.X, f.format, b, gray); err != nil {
			return nil, inFile(f.path, err)
		}
		if len(set.X)-n != set.Dim() {
			return nil, inFile(f.path, malformed(f.format, "size", "got a file that changed while it was read, want %v pixels", set.Shape))
		}
		if f.class >= 0 {
			set.Labels = append(set.Labels, f.class)
		}
	}
	return set, nil
}

// listFolder finds the images and the classes.
func listFolder(dir string, rep *Report) ([]imageFile, []string, error) {
	files, subs, skipped, err := listImages(dir, -1)
	if err != nil {
		return nil, nil, err
	}
	direct := len(files)
	var classes []string
	for _, sub := range subs {
		in, _, other, err := listImages(filepath.Join(dir, sub), int32(len(classes)))
		if err != nil {
			return nil, nil, err
		}
		skipped += other
		if len(in) > 0 {
			files, classes = append(files, in...), append(classes, sub)
		}
	}
	switch {
	case len(files) == 0:
		return nil, nil, malformed("images", "folder", "got no PNG or JPEG file in it or its sub-folders, want at least one")
	case direct > 0 && len(classes) > 0:
		return nil, nil, malformed("images", "folder", "got %d images beside sub-folders %s with images, want either", direct, list(classes))
	}
	if skipped > 0 {
		rep.note("%d other files were left out.", skipped)
	}
	return files, classes, nil
}

// listImages lists the images, the sub-folders and the number of other files of a folder;
// hidden ones are left out.
func listImages(dir string, class int32) (files []imageFile, subs []string, other int, err error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, nil, 0, fmt.Errorf("data: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		st, err := os.Stat(path)
		if err != nil {
			return nil, nil, 0, fmt.Errorf("data: %w", err)
		}
		format := formatOf(path)
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case st.IsDir():
			subs = append(subs, e.Name())
		case st.Mode().IsRegular() && (format == "png" || format == "jpeg"):
			files = append(files, imageFile{path, format, class})
		default:
			other++
		}
	}
	return files, subs, other, nil
}

// headBytes is how much of a file inspectAll reads to find the size; JPEG files may carry
// long metadata before it.
const headBytes = 1 << 20

// inspectAll reads every header before any image is decoded.
func inspectAll(files []imageFile, lim Limits) (first imageInfo, gray bool, err error) {
	gray = true
	for i, f := range files {
		info, err := inspectFile(f, lim)
		if err != nil {
			return first, false, inFile(f.path, err)
		}
		if i == 0 {
			first = info
		}
		if info.w != first.w || info.h != first.h {
			return first, false, inFile(f.path, malformed(f.format, "size", "got %d×%d pixels, want %d×%d as in %s",
				info.w, info.h, first.w, first.h, files[0].path))
		}
		gray = gray && info.gray
	}
	return first, gray, nil
}

// inspectFile reads the header of one file.
func inspectFile(f imageFile, lim Limits) (imageInfo, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return imageInfo{}, fmt.Errorf("data: %w", err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return imageInfo{}, fmt.Errorf("data: %w", err)
	}
	if st.Size() > lim.MaxBytes {
		return imageInfo{}, malformed(f.format, "size", "got %d bytes, want at most %d", st.Size(), lim.MaxBytes)
	}
	b := make([]byte, min(st.Size(), headBytes))
	if n, err := io.ReadFull(file, b); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return imageInfo{}, fmt.Errorf("data: %w", err)
	} else if b = b[:n]; n == 0 {
		return imageInfo{}, malformed(f.format, "size", "got an empty file, want an image")
	}
	return inspect(f.format, b, st.Size(), lim)
}
