// Package store keeps files that are whole or absent. A file is written under a name of its own
// and renamed when it is complete, so that a writer that is killed leaves nothing behind that a
// reader would take for a result, and one that runs twice writes the same file twice. Paths go
// through Beam's file systems: a local or shared folder, gs://…, whatever the program registers.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local" // plain paths
)

// ErrNone is the error of a file that is not there.
var ErrNone = errors.New("no such file")

// drafts numbers the drafts of this process.
var drafts atomic.Int64

// draft is a name beside path that no other writer uses.
func draft(path string) string {
	host, _ := os.Hostname() // drafts of machines without a name differ by process
	return fmt.Sprintf("%s.%s-%d-%d.draft", path, host, os.Getpid(), drafts.Add(1))
}

// Write lets write fill a draft and renames it to path once all of it is there.
func Write(ctx context.Context, path string, write func(w io.Writer) error) error {
	files, err := filesystem.New(ctx, path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer files.Close()
	name := draft(path)
	w, err := files.OpenWrite(ctx, name)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	err = write(w)
	if closing := w.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = filesystem.Rename(ctx, files, name, path)
	}
	if err != nil {
		if rm, ok := files.(filesystem.Remover); ok {
			_ = rm.Remove(ctx, name) // the first error says more
		}
		return fmt.Errorf("store: %s: %w", path, err)
	}
	return nil
}

// Open reads the bytes from … to−1 of a file, all from there on where to is below 0. The error of
// a file that is not there is ErrNone.
func Open(ctx context.Context, path string, from, to int64) (io.ReadCloser, error) {
	files, err := filesystem.New(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer files.Close()
	r, err := files.OpenRead(ctx, path)
	if err != nil {
		names, listing := files.List(ctx, path)
		if errors.Is(err, fs.ErrNotExist) || listing == nil && len(names) == 0 {
			return nil, fmt.Errorf("store: %s: %w", path, ErrNone)
		}
		return nil, fmt.Errorf("store: %w", err)
	}
	if s, ok := r.(io.Seeker); ok {
		_, err = s.Seek(from, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, r, from)
	}
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("store: %s: byte %d: %w", path, from, err)
	}
	if to < 0 {
		return r, nil
	}
	return part{io.LimitReader(r, to-from), r}, nil
}

// ReadAll reads a whole file.
func ReadAll(ctx context.Context, path string) ([]byte, error) {
	r, err := Open(ctx, path, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", path, err)
	}
	return b, nil
}

// part is a piece of a file.
type part struct {
	io.Reader
	io.Closer
}

// Remove deletes the files that match a pattern, where the file system can.
func Remove(ctx context.Context, pattern string) error {
	files, err := filesystem.New(ctx, pattern)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer files.Close()
	rm, ok := files.(filesystem.Remover)
	if !ok {
		return nil
	}
	names, err := files.List(ctx, pattern)
	for _, name := range names {
		if err == nil {
			err = rm.Remove(ctx, name)
		}
	}
	if err != nil {
		return fmt.Errorf("store: %s: %w", pattern, err)
	}
	return nil
}
