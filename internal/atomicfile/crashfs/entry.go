package crashfs

import (
	"io/fs"
	"time"
)

// entry is a folder entry and its own description.
type entry struct {
	name  string
	isDir bool
}

// Name is the entry's name.
func (e entry) Name() string { return e.name }

// IsDir tells folders from files.
func (e entry) IsDir() bool { return e.isDir }

// Type is fs.ModeDir or zero.
func (e entry) Type() fs.FileMode {
	if e.isDir {
		return fs.ModeDir
	}
	return 0
}

// Info is the entry itself.
func (e entry) Info() (fs.FileInfo, error) { return e, nil }

// Size is not kept.
func (e entry) Size() int64 { return 0 }

// Mode is Type.
func (e entry) Mode() fs.FileMode { return e.Type() }

// ModTime is not kept.
func (e entry) ModTime() time.Time { return time.Time{} }

// Sys is nil.
func (e entry) Sys() any { return nil }
