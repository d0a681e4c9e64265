// Package atomicfile replaces files so that a reader, a killed process or a power loss sees
// either the whole old file or the whole new one: write a new file, sync it, rename it over the
// old one, sync the folder.
package atomicfile

import (
	"io"
	"io/fs"
)

// File is a file being written. Only Sync makes its bytes durable.
type File interface {
	io.WriteCloser
	Sync() error
}

// FS is what an atomic replacement asks of a file system. Names are slash-separated and relative
// to the file system's root; "." is the root itself.
type FS interface {
	// Create makes a new file and fails when the name is taken.
	Create(name string) (File, error)
	// Rename moves a file over another, or a folder to a free name, in one step.
	Rename(from, to string) error
	// SyncDir makes the entries of a folder durable.
	SyncDir(name string) error
	// Remove deletes a file or an empty folder.
	Remove(name string) error
	// ReadDir lists a folder in the order of names.
	ReadDir(name string) ([]fs.DirEntry, error)
}
