package ckpt

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/elbo-go/elbo/internal/atomicfile"
)

// SaveOptions says what a save means to the run.
type SaveOptions struct {
	Best bool // this is the best step so far
	Keep int  // newest steps to keep besides the best; 0 means 2, below 0 all
}

// Save writes a checkpoint and makes it the last one, and the best one when asked to. When it
// returns nil the step survives a power loss. On an error the earlier steps stand as they were
// (best may be the new one already) and nothing unfinished is left, unless the disk refuses even
// that: the next Save tries again. Only an error that says "remove old steps" comes after the step was saved.
func (s *Store) Save(c Checkpoint, opt SaveOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrap := func(err error) error { return fmt.Errorf("ckpt: save step %d: %w", c.Step, err) }
	if err := s.usable(); err != nil {
		return wrap(err)
	}
	if c.Step < 0 {
		return wrap(fmt.Errorf("step: got %d, want none below 0", c.Step))
	}
	if len(bytes.TrimSpace(c.State)) == 0 {
		c.State = []byte("{}")
	}
	if err := checkJSON(c.State, maxState); err != nil {
		return wrap(fmt.Errorf("state: %w", err))
	}
	if err := s.sweep(); err != nil {
		return wrap(fmt.Errorf("clear unfinished files: %w", err))
	}
	name, p, err := s.writeStep(c)
	if err != nil {
		return wrap(err)
	}
	if err := s.point(p, opt.Best); err != nil {
		if s.unnamed(p, nameLast) && s.unnamed(p, nameBest) {
			s.retire(name)
		}
		return wrap(err)
	}
	if err := s.usable(); err != nil { // moved away meanwhile
		return wrap(err)
	}
	if err := s.retention(opt.Keep); err != nil {
		return wrap(fmt.Errorf("remove old steps: %w", err))
	}
	return nil
}

// writeStep writes a complete step folder under a temporary name, renames it and makes the
// entry durable.
func (s *Store) writeStep(c Checkpoint) (Name, pointer, error) {
	name, err := s.freeName(c.Step)
	if err != nil {
		return Name{}, pointer{}, err
	}
	tmp := Name{name.s + tempMark + "new"}
	if err := s.fsys.Mkdir(join(tmp)); err != nil {
		return Name{}, pointer{}, err
	}
	sum, err := s.fillStep(tmp, c)
	if err == nil {
		err = s.fsys.SyncDir(join(tmp))
	}
	if err == nil {
		err = s.fsys.Rename(join(tmp), join(name))
	}
	if err != nil {
		s.removeAll(tmp, true)
		return Name{}, pointer{}, err
	}
	if err := s.fsys.SyncDir(join()); err != nil {
		s.retire(name)
		return Name{}, pointer{}, err
	}
	return name, pointer{Folder: name.s, Manifest: sum}, nil
}

// freeName is the step's name with the first revision above those that exist.
func (s *Store) freeName(step int64) (Name, error) {
	all, err := s.folders()
	rev := 0
	for _, f := range all {
		if f.step == step && f.rev >= rev {
			rev = f.rev + 1
		}
	}
	return stepName(step, rev), err
}

// fillStep writes the files of a step and returns the digest of the manifest.
func (s *Store) fillStep(dir Name, c Checkpoint) (string, error) {
	m := manifest{Format: manifestFormat, Version: manifestVersion, Step: c.Step}
	for _, name := range contentNames {
		e, err := s.writeFile(dir, name, func(w io.Writer) error {
			switch name {
			case nameModel:
				return WriteTensors(w, c.Model, nil)
			case nameOptimizer:
				return WriteTensors(w, c.Optimizer, nil)
			}
			_, err := w.Write(c.State)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("write %s: %w", join(dir, name), err)
		}
		m.Files = append(m.Files, e)
	}
	data, err := seal(m)
	if err != nil {
		return "", err
	}
	e, err := s.writeFile(dir, nameManifest, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("write %s: %w", join(dir, nameManifest), err)
	}
	return e.SHA256, nil
}

// writeFile writes and syncs one new file and measures it.
func (s *Store) writeFile(dir, name Name, fn func(io.Writer) error) (fileEntry, error) {
	f, err := s.fsys.Create(join(dir, name))
	if err != nil {
		return fileEntry{}, err
	}
	h := sha256.New()
	n := &counter{}
	buf := bufio.NewWriter(f)
	err = fn(io.MultiWriter(buf, h, n))
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return fileEntry{name.s, n.bytes, hex.EncodeToString(h.Sum(nil))}, err
}

// counter counts the bytes written to it.
type counter struct{ bytes int64 }

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

// point makes last, and best when asked to, name a step. Best comes first: a run that goes on
// from last then never knows of a best step that best does not name.
func (s *Store) point(p pointer, best bool) error {
	data, err := seal(p)
	if err != nil {
		return err
	}
	names := []Name{nameLast}
	if best {
		names = []Name{nameBest, nameLast}
	}
	for _, n := range names {
		err := atomicfile.Write(s.fsys, join(n), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return fmt.Errorf("write %s: %w", n, err)
		}
	}
	return nil
}

// unnamed tells that a pointer surely does not name a step.
func (s *Store) unnamed(p pointer, by Name) bool {
	now, err := s.readPointer(by)
	return err == nil && now != p || errors.Is(err, ErrNoCheckpoint)
}
