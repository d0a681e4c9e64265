package rundir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Log is the history of a run, one JSON object a line.
type Log struct {
	Path string // of the file
}

// maxLine bounds one line of a history that is read: 65,536 latent dimensions fit.
const maxLine = 16 << 20

// Append adds lines, each with its end, and returns the length of the file, which is synced. A
// line that a full disk or a crash cut short is dropped first, so that the new one does not grow
// out of it.
func (l Log) Append(lines []byte) (int64, error) {
	f, err := os.OpenFile(l.Path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return 0, fmt.Errorf("train: history: %w", err)
	}
	if err = dropTorn(f); err == nil {
		_, err = f.Write(lines)
	}
	size := int64(0)
	if err == nil {
		err = f.Sync()
	}
	if info, e := f.Stat(); e == nil {
		size = info.Size()
	}
	return size, errors.Join(err, f.Close())
}

// Cut drops what a killed run wrote after the checkpoint that is being resumed.
func (l Log) Cut(size int64) error {
	info, err := os.Stat(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the curves are lost, not the run
	}
	if err != nil {
		return fmt.Errorf("train: history: %w", err)
	}
	if info.Size() <= size {
		return nil // shorter: lines were lost with a full disk, which does not stop a resume
	}
	if err := os.Truncate(l.Path, size); err != nil {
		return fmt.Errorf("train: history: %w", err)
	}
	return nil
}

// torn returns where the last line of a file starts if it has no end, else the file's size.
func torn(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 4096)
	for end := info.Size(); end > 0; {
		n := min(end, int64(len(buf)))
		if _, err := f.ReadAt(buf[:n], end-n); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return end - n + int64(i) + 1, nil
		}
		end -= n
	}
	return 0, nil
}

// dropTorn cuts a last line without an end off a file.
func dropTorn(f *os.File) error {
	whole, err := torn(f)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil || info.Size() == whole {
		return err
	}
	return f.Truncate(whole)
}

// Each calls add with each line of the file, without its end; a file that is absent has none. A
// last line without an end is one that was being written.
func (l Log) Each(add func(line []byte) error) error {
	f, err := os.Open(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("train: history: %w", err)
	}
	defer f.Close()
	whole, err := torn(f)
	if err != nil {
		return fmt.Errorf("train: history: %w", err)
	}
	lines := bufio.NewScanner(io.LimitReader(f, whole))
	lines.Buffer(nil, maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		if err := add(lines.Bytes()); err != nil {
			return fmt.Errorf("train: history: %s: line %d: %w; without the file the run can be used, but has no curves", l.Path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("train: history: %s: line %d: %w", l.Path, n, err)
	}
	return nil
}
