package ckpt

import "errors"

// defaultKeep is how many of the newest steps stay: the last, and one to fall back to.
const defaultKeep = 2

// retention removes all steps but the newest keep ones and those that last and best name. A
// pointer that cannot be read stops it: what it names is not known.
func (s *Store) retention(keep int) error {
	if keep < 0 {
		return nil
	}
	if keep == 0 {
		keep = defaultKeep
	}
	stays := map[string]bool{}
	for _, n := range []Name{nameLast, nameBest} {
		p, err := s.readPointer(n)
		if err != nil && !errors.Is(err, ErrNoCheckpoint) {
			return err
		}
		stays[p.Folder] = true
	}
	all, err := s.folders()
	if err != nil {
		return err
	}
	step, kept := int64(-1), 0
	for _, f := range all {
		if f.step != step { // the newest revision of each step counts
			step = f.step
			if kept++; kept <= keep {
				stays[f.name.s] = true
			}
		}
		if !stays[f.name.s] {
			if err := s.retire(f.name); err != nil {
				return err
			}
		}
	}
	return nil
}

// retire removes a step folder. It first gets a temporary name, durably, so that a step folder
// is never seen half-empty.
func (s *Store) retire(n Name) error {
	tmp := Name{n.s + tempMark + "old"}
	if err := s.fsys.Rename(join(n), join(tmp)); err != nil {
		return err
	}
	if err := s.fsys.SyncDir(join()); err != nil {
		return err
	}
	return s.removeAll(tmp, true)
}
