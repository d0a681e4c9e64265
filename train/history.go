package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/elbo-go/elbo/vi"
)

// history is the file of a run's epochs, one JSON object a line.
type history struct{ path string }

// maxLine bounds one line of a history that is read: 65,536 latent dimensions fit.
const maxLine = 16 << 20

// append adds an epoch and returns the length of the file, which is synced. A line that a full
// disk or a crash cut short is dropped first, so that the new one does not grow out of it.
func (h *history) append(e vi.Epoch) (int64, error) {
	line, err := json.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("train: history: %w", err)
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return 0, fmt.Errorf("train: history: %w", err)
	}
	if err = dropTorn(f); err == nil {
		_, err = f.Write(append(line, '\n'))
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

// cut drops what a killed run wrote after the checkpoint that is being resumed.
func (h *history) cut(size int64) error {
	info, err := os.Stat(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the curves are lost, not the run
	}
	if err != nil {
		return fmt.Errorf("train: history: %w", err)
	}
	if info.Size() <= size {
		return nil // shorter: lines were lost with a full disk, which does not stop a resume
	}
	if err := os.Truncate(h.path, size); err != nil {
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

// read returns the epochs of the file; one that is absent has none. A last line without an
// end is one that was being written.
func (h *history) read() ([]vi.Epoch, error) {
	f, err := os.Open(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("train: history: %w", err)
	}
	defer f.Close()
	whole, err := torn(f)
	if err != nil {
		return nil, fmt.Errorf("train: history: %w", err)
	}
	var out []vi.Epoch
	lines := bufio.NewScanner(io.LimitReader(f, whole))
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e vi.Epoch
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return out, fmt.Errorf("train: history: %s: line %d: %w; without the file the run can be used, but has no curves", h.path, len(out)+1, err)
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil {
		return out, fmt.Errorf("train: history: %s: line %d: %w", h.path, len(out)+1, err)
	}
	return out, nil
}
