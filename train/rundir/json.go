package rundir

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/internal/atomicfile"
)

// WriteJSON writes a value as indented JSON, atomically.
func WriteJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("train: %s: %w", path, err)
	}
	if err := atomicfile.WriteBytes(path, append(b, '\n')); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// maxJSON bounds the JSON files of a run directory that are read.
const maxJSON = 64 << 20

// readBytes reads a file of at most maxJSON bytes.
func readBytes(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if info.Size() > maxJSON {
		return nil, fmt.Errorf("train: %s: got %d bytes, want at most %d", path, info.Size(), maxJSON)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && info.Size() > 0 {
		return nil, fmt.Errorf("train: %w", err)
	}
	return b, nil
}

// ReadJSON reads a JSON file strictly: a field that v does not know is an error.
func ReadJSON(path string, v any) error {
	b, err := readBytes(path)
	if err != nil {
		return err
	}
	if err := ckpt.DecodeStrict(b, v, maxJSON); err != nil {
		return fmt.Errorf("train: %s: %w", path, err)
	}
	return nil
}
