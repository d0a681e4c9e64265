package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// IsRun tells whether a directory holds a run.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ConfigFile))
	return err == nil
}

// CheckFree reports a directory that holds a run already.
func CheckFree(dir string) error {
	if !IsRun(dir) {
		return nil
	}
	return fmt.Errorf("train: %s holds a run already; add --resume to go on with it, or choose another --out", dir)
}

// Absent explains the error of reading the config of a directory that has none, or of what is a file;
// other errors it returns as they are.
func Absent(dir string, err error) error {
	if info, e := os.Stat(dir); err != nil && e == nil && !info.IsDir() {
		return fmt.Errorf("train: %s is no run directory but a file; `elbo train` makes one", dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("train: %s is no run directory: it has no %s; `elbo train` makes one", dir, ConfigFile)
	}
	return err
}

// ModelOf returns the name of the model that was trained in a directory, whichever package its
// config belongs to: who reads the rest follows from it.
func ModelOf(dir string) (string, error) {
	path := filepath.Join(dir, ConfigFile)
	b, err := readBytes(path)
	if err != nil {
		return "", Absent(dir, err)
	}
	var c struct {
		Model *string `json:"model"`
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return "", fmt.Errorf("train: %s: %w", path, err)
	}
	if c.Model == nil || *c.Model == "" {
		return "", fmt.Errorf("train: %s: model: got none, want its name", path)
	}
	return *c.Model, nil
}

// Create writes config and circumstances, which make a directory a run. The config comes last:
// it is what [IsRun] looks for.
func Create(dir string, config, info any) error {
	if err := CheckFree(dir); err != nil {
		return err
	}
	if err := WriteJSON(filepath.Join(dir, InfoFile), info); err != nil {
		return err
	}
	return WriteJSON(filepath.Join(dir, ConfigFile), config)
}
