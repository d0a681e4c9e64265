package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/elbo-go/elbo/vi"
)

// history is the file of a run's epochs, one JSON object a line.
type history struct{ path string }

// maxLine bounds one line of a history that is read: 65,536 latent dimensions fit.
const maxLine = 16 << 20

// append adds an epoch and returns the length of the file, which is synced.
func (h *history) append(e vi.Epoch) (int64, error) {
	line, err := json.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("train: history: %w", err)
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, fmt.Errorf("train: history: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
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
	if errors.Is(err, fs.ErrNotExist) && size == 0 {
		return nil
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

// read returns the epochs of the file; one that is absent has none.
func (h *history) read() ([]vi.Epoch, error) {
	f, err := os.Open(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("train: history: %w", err)
	}
	defer f.Close()
	var out []vi.Epoch
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e vi.Epoch
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return out, fmt.Errorf("train: history: %s: line %d: %w", h.path, len(out)+1, err)
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil {
		return out, fmt.Errorf("train: history: %s: line %d: %w", h.path, len(out)+1, err)
	}
	return out, nil
}
