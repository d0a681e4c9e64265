package ckpt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

const (
	manifestFormat  = "elbo checkpoint"
	manifestVersion = 1
	maxSealed       = 1 << 16 // bytes of a manifest or pointer
)

// manifest lists what a step folder holds.
type manifest struct {
	Format  string      `json:"format"`
	Version int         `json:"version"`
	Step    int64       `json:"step"`
	Files   []fileEntry `json:"files"` // in the order of contentNames
}

// fileEntry is one file of a step folder.
type fileEntry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // of the content, hexadecimal
}

// contentNames are the files that a manifest lists.
var contentNames = []Name{nameModel, nameOptimizer, nameState}

// check holds the manifest against the folder it lies in.
func (m manifest) check(step int64) error {
	if m.Format != manifestFormat || m.Version != manifestVersion {
		return fmt.Errorf("format: got %s version %d, want %q version %d", quote(m.Format), m.Version, manifestFormat, manifestVersion)
	}
	if m.Step != step {
		return fmt.Errorf("step: got %d, want %d", m.Step, step)
	}
	var names []Name
	for _, f := range m.Files {
		n, err := ParseName(f.Name)
		if err != nil {
			return err
		}
		if f.Size < 0 {
			return fmt.Errorf("%s: size: got %d, want none below 0", n, f.Size)
		}
		if b, err := hex.DecodeString(f.SHA256); err != nil || len(b) != sha256.Size {
			return fmt.Errorf("%s: sha256: got %s, want 64 hexadecimal digits", n, quote(f.SHA256))
		}
		names = append(names, n)
	}
	if !slices.Equal(names, contentNames) {
		return fmt.Errorf("files: got %v, want %v", names, contentNames)
	}
	return nil
}

// pointer is the content of last and best.
type pointer struct {
	Folder   string `json:"folder"`   // name of the step folder
	Manifest string `json:"manifest"` // sha256 of its manifest.json
}

// sealed is a small record together with the digest of its own encoding.
type sealed[T any] struct {
	Content T      `json:"content"`
	SHA256  string `json:"sha256"`
}

// seal encodes a record so that unseal notices the change of any bit.
func seal[T any](content T) ([]byte, error) {
	body, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(sealed[T]{content, digest(body)}, "", "  ")
	return append(out, '\n'), err
}

// unseal decodes what seal wrote. It demands the very bytes that seal would write, because JSON
// has many spellings of one value.
func unseal[T any](data []byte) (T, error) {
	var s sealed[T]
	if err := DecodeStrict(data, &s, maxSealed); err != nil {
		return s.Content, err
	}
	again, err := seal(s.Content)
	if err == nil && !bytes.Equal(data, again) {
		err = fmt.Errorf("got a record that does not match its sha256, want the record as saved")
	}
	return s.Content, err
}

// digest is the sha256 in hexadecimal.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
