package ckpt

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
)

// maxState bounds state.json in bytes.
const maxState = 64 << 20

// Load reads the checkpoint that "last" or "best" names, or a step folder by its name. Content
// that is not what was saved is an ErrCorrupt and names the file; ErrNoCheckpoint says that
// nothing was saved under the name.
func (s *Store) Load(name string) (Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := ParseName(name)
	if err != nil {
		return Checkpoint{}, err
	}
	if step, rev, ok := parseStepName(name); ok {
		c, err := s.loadFolder(folder{n, step, rev}, "")
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("ckpt: load %s: %w: %w", n, ErrNoCheckpoint, err)
		}
		return c, err
	}
	if n != nameLast && n != nameBest {
		return Checkpoint{}, fmt.Errorf("ckpt: load: got %s, want last, best or a step folder", quote(name))
	}
	return s.loadPointer(n)
}

// LoadStep reads the newest checkpoint of a step.
func (s *Store) LoadStep(step int64) (Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.folders()
	if err != nil {
		return Checkpoint{}, fmt.Errorf("ckpt: load step %d: %w", step, err)
	}
	for _, f := range all {
		if f.step == step {
			return s.loadFolder(f, "")
		}
	}
	return Checkpoint{}, fmt.Errorf("ckpt: load step %d: %w", step, ErrNoCheckpoint)
}

// LoadNewestValid reads the last checkpoint, or the newest one that is whole when it is not.
// skipped says why newer ones were passed over, newest first; a caller shows it as a warning.
// The error is ErrNoCheckpoint when there is none, else that of the last checkpoint. A single
// step that last does not name yet is what a kill in the first save leaves: it was never
// acknowledged, its best mark may be missing, and it does not count.
func (s *Store) LoadNewestValid() (c Checkpoint, skipped []error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err = s.loadPointer(nameLast)
	if err == nil {
		return c, nil, nil
	}
	first := err
	skipped = append(skipped, err)
	all, err := s.folders()
	if err != nil {
		return Checkpoint{}, skipped, fmt.Errorf("ckpt: load: %w", err)
	}
	if errors.Is(first, ErrNoCheckpoint) && len(all) < 2 {
		return Checkpoint{}, nil, first
	}
	tried := ""
	if p, err := s.readPointer(nameLast); err == nil {
		tried = p.Folder
	}
	for _, f := range all {
		if f.name.s == tried {
			continue
		}
		if c, err = s.loadFolder(f, ""); err == nil {
			return c, skipped, nil
		}
		skipped = append(skipped, err)
	}
	return Checkpoint{}, skipped, first
}

// loadPointer reads the checkpoint that a pointer names. Another process may move the pointer
// and remove the step between the two reads; then the new one counts.
func (s *Store) loadPointer(n Name) (Checkpoint, error) {
	var c Checkpoint
	p, err := s.readPointer(n)
	if err != nil {
		return Checkpoint{}, err
	}
	for range 100 {
		step, rev, _ := parseStepName(p.Folder)
		if c, err = s.loadFolder(folder{stepName(step, rev), step, rev}, p.Manifest); err == nil {
			return c, nil
		}
		now, rerr := s.readPointer(n)
		if rerr != nil || now == p {
			break
		}
		p = now
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = corrupt(n.s, "got a name of a step folder that does not exist, %s", p.Folder)
	} else if errors.Is(err, errDigest) {
		err = corrupt(n.s, "got another digest than that of %s", p.Folder)
	}
	return Checkpoint{}, err
}

// readPointer reads and checks last or best.
func (s *Store) readPointer(n Name) (pointer, error) {
	data, err := s.readFile(join(n), -1, maxSealed)
	if errors.Is(err, fs.ErrNotExist) {
		return pointer{}, fmt.Errorf("ckpt: load %s: %w", n, ErrNoCheckpoint)
	}
	if err != nil {
		return pointer{}, err
	}
	p, err := unseal[pointer](data)
	if err != nil {
		return pointer{}, &CorruptError{n.s, err}
	}
	if _, _, ok := parseStepName(p.Folder); !ok {
		return pointer{}, corrupt(n.s, "folder: got %s, want a step folder", quote(p.Folder))
	}
	return p, nil
}

// errDigest says that a manifest is whole but not the one that a pointer means.
var errDigest = errors.New("other manifest")

// loadFolder reads a step folder and checks every byte of it. A sum that is not empty must be
// the digest of the manifest.
func (s *Store) loadFolder(f folder, sum string) (Checkpoint, error) {
	fail := func(n Name, err error) (Checkpoint, error) {
		var c *CorruptError
		if errors.As(err, &c) {
			return Checkpoint{}, err
		}
		return Checkpoint{}, &CorruptError{join(f.name, n), err}
	}
	if err := s.checkListing(f.name); err != nil {
		return Checkpoint{}, err
	}
	data, err := s.readFile(join(f.name, nameManifest), -1, maxSealed)
	if err != nil {
		return Checkpoint{}, err
	}
	m, err := unseal[manifest](data)
	if err == nil {
		err = m.check(f.step)
	}
	if err != nil {
		return fail(nameManifest, err)
	}
	if sum != "" && digest(data) != sum {
		return Checkpoint{}, errDigest
	}
	c := Checkpoint{Step: m.Step}
	for i, n := range contentNames {
		data, err := s.readContent(f.name, n, m.Files[i])
		if err != nil {
			return Checkpoint{}, err
		}
		switch n {
		case nameModel:
			c.Model, _, err = ParseTensors(data, Limits{Bytes: m.Files[i].Size})
		case nameOptimizer:
			c.Optimizer, _, err = ParseTensors(data, Limits{Bytes: m.Files[i].Size})
		case nameState:
			c.State, err = data, checkJSON(data, maxState)
		}
		if err != nil {
			return fail(n, err)
		}
	}
	return c, nil
}

// checkListing holds that a step folder has its four files and nothing else.
func (s *Store) checkListing(dir Name) error {
	list, err := s.fsys.ReadDir(join(dir))
	if err != nil {
		return fmt.Errorf("ckpt: load %s: %w", dir, err)
	}
	missing := append([]Name{nameManifest}, contentNames...)
	for _, e := range list {
		at := slices.IndexFunc(missing, func(n Name) bool { return n.s == e.Name() })
		if at < 0 {
			return corrupt(join(dir)+"/"+e.Name(), "got a file that the manifest does not list, want none")
		}
		if !e.Type().IsRegular() {
			return corrupt(join(dir, missing[at]), "got a %s, want a regular file", e.Type())
		}
		missing = slices.Delete(missing, at, at+1)
	}
	if len(missing) > 0 {
		return corrupt(join(dir, missing[0]), "got no such file, want one")
	}
	return nil
}

// readContent reads a file that the manifest describes.
func (s *Store) readContent(dir, n Name, e fileEntry) ([]byte, error) {
	data, err := s.readFile(join(dir, n), e.Size, e.Size)
	if err != nil {
		return nil, err
	}
	if got := digest(data); got != e.SHA256 {
		return nil, corrupt(join(dir, n), "sha256: got %s, want %s", got, e.SHA256)
	}
	return data, nil
}

// readFile reads a whole file of the given size, or of any size when want is negative, up to
// limit bytes. The length is compared with the real one before memory is taken.
func (s *Store) readFile(path string, want, limit int64) ([]byte, error) {
	r, size, err := s.fsys.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ckpt: load %s: %w", path, err)
	}
	defer r.Close()
	if want >= 0 && size != want {
		return nil, corrupt(path, "got %d bytes, want %d", size, want)
	}
	if size > limit {
		return nil, corrupt(path, "got %d bytes, want at most %d", size, limit)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("ckpt: load %s: %w", path, err)
	}
	return data, nil
}
