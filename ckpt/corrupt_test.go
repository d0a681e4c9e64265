package ckpt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// stepDir is where the tests of this file save.
const stepDir = "step-000000000007"

// saved opens a store with steps 6 and 7 and returns the folder of step 7.
func saved(t *testing.T, n int) (*Store, string) {
	t.Helper()
	s := mustOpen(t, tempDir(t))
	mustSave(t, s, sample(6, n), SaveOptions{})
	mustSave(t, s, sample(7, n), SaveOptions{})
	return s, filepath.Join(s.dir, stepDir)
}

// wantCorrupt demands that last is an ErrCorrupt that names file.
func wantCorrupt(t *testing.T, s *Store, file string) {
	t.Helper()
	_, err := s.Load("last")
	var c *CorruptError
	if !errors.Is(err, ErrCorrupt) || !errors.As(err, &c) || c.File != file {
		t.Fatalf("got %v, want %v naming %s", err, ErrCorrupt, file)
	}
	if !strings.Contains(err.Error(), file) {
		t.Fatalf("got %q, want the text to name %s", err, file)
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBitFlipsAreFound(t *testing.T) {
	s, dir := saved(t, 3000)
	r := rng.New(3).Named("flips").Rand()
	files := []string{"model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"}
	for i := range 1000 {
		name := files[i%len(files)]
		data := read(t, filepath.Join(dir, name))
		bit := r.IntN(8 * len(data))
		data[bit/8] ^= 1 << (bit % 8)
		write(t, filepath.Join(dir, name), data)
		wantCorrupt(t, s, stepDir+"/"+name)
		data[bit/8] ^= 1 << (bit % 8)
		write(t, filepath.Join(dir, name), data)
	}
	wantLoad(t, s, "last", sample(7, 3000))
	pointer := read(t, filepath.Join(s.dir, "last"))
	for bit := range 8 * len(pointer) {
		pointer[bit/8] ^= 1 << (bit % 8)
		write(t, filepath.Join(s.dir, "last"), pointer)
		wantCorrupt(t, s, "last")
		pointer[bit/8] ^= 1 << (bit % 8)
	}
}

func TestTruncationAtEveryLengthIsFound(t *testing.T) {
	s, dir := saved(t, 4)
	for _, name := range []string{"model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"} {
		path := filepath.Join(dir, name)
		whole := read(t, path)
		for n := range len(whole) {
			write(t, path, whole[:n])
			wantCorrupt(t, s, stepDir+"/"+name)
		}
		write(t, path, append(bytes.Clone(whole), 0))
		wantCorrupt(t, s, stepDir+"/"+name)
		write(t, path, whole)
	}
	whole := read(t, filepath.Join(s.dir, "last"))
	for n := range len(whole) {
		write(t, filepath.Join(s.dir, "last"), whole[:n])
		wantCorrupt(t, s, "last")
	}
}

// damage is what can happen to the files of step 7, and the file that is to blame.
var damage = map[string]struct {
	do   func(t *testing.T, dir string) error
	file string
}{
	"model missing":      {remove("model.safetensors"), stepDir + "/model.safetensors"},
	"optimizer missing":  {remove("optimizer.safetensors"), stepDir + "/optimizer.safetensors"},
	"state missing":      {remove("state.json"), stepDir + "/state.json"},
	"manifest missing":   {remove("manifest.json"), stepDir + "/manifest.json"},
	"folder missing":     {func(_ *testing.T, dir string) error { return os.RemoveAll(dir) }, "last"},
	"an extra file":      {extra("x"), stepDir + "/x"},
	"an extra dot file":  {extra(".x"), stepDir + "/.x"},
	"two files swapped":  {swap("model.safetensors", "optimizer.safetensors"), stepDir + "/model.safetensors"},
	"model of step 6":    {swap("model.safetensors", "../step-000000000006/model.safetensors"), stepDir + "/model.safetensors"},
	"manifest of step 6": {swap("manifest.json", "../step-000000000006/manifest.json"), stepDir + "/manifest.json"},
	"folder in place of a file": {func(_ *testing.T, dir string) error {
		return errors.Join(os.Remove(filepath.Join(dir, "state.json")), os.Mkdir(filepath.Join(dir, "state.json"), 0o777))
	}, stepDir + "/state.json"},
	"link in place of a file": {func(_ *testing.T, dir string) error {
		return errors.Join(os.Rename(filepath.Join(dir, "state.json"), dir+".json"), os.Symlink(dir+".json", filepath.Join(dir, "state.json")))
	}, stepDir + "/state.json"},
	"manifest naming ../x":       {forge(func(m *manifest) { m.Files[0].Name = "../x" }), stepDir + "/manifest.json"},
	"manifest naming /etc/x":     {forge(func(m *manifest) { m.Files[0].Name = "/etc/x" }), stepDir + "/manifest.json"},
	"manifest of another step":   {forge(func(m *manifest) { m.Step = 8 }), stepDir + "/manifest.json"},
	"manifest of a later format": {forge(func(m *manifest) { m.Version = 2 }), stepDir + "/manifest.json"},
	"manifest without a file":    {forge(func(m *manifest) { m.Files = m.Files[:2] }), stepDir + "/manifest.json"},
	"manifest with one twice":    {forge(func(m *manifest) { m.Files[1] = m.Files[0] }), stepDir + "/manifest.json"},
	"negative size":              {forge(func(m *manifest) { m.Files[1].Size = -1 }), stepDir + "/manifest.json"},
	"huge size":                  {forge(func(m *manifest) { m.Files[1].Size = 1 << 62 }), stepDir + "/optimizer.safetensors"},
	"short digest":               {forge(func(m *manifest) { m.Files[1].SHA256 = "ab" }), stepDir + "/manifest.json"},
	"whole but another manifest": {forge(func(m *manifest) { m.Files[2].SHA256 = m.Files[1].SHA256 }), "last"},
}

func remove(name string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, name)) }
}

func extra(name string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		return os.WriteFile(filepath.Join(dir, name), nil, 0o666)
	}
}

func swap(a, b string) func(*testing.T, string) error {
	return func(t *testing.T, dir string) error {
		a, b := filepath.Join(dir, a), filepath.Join(dir, b)
		da, db := read(t, a), read(t, b)
		write(t, a, db)
		write(t, b, da)
		return nil
	}
}

// forge changes the manifest and seals it again, and last with it, as an attacker would.
func forge(change func(*manifest)) func(*testing.T, string) error {
	return func(t *testing.T, dir string) error {
		path := filepath.Join(dir, "manifest.json")
		m, err := unseal[manifest](read(t, path))
		if err != nil {
			return err
		}
		before := m.Files[2]
		change(&m)
		data, err := seal(m)
		if err != nil {
			return err
		}
		write(t, path, data)
		if m.Files[len(m.Files)-1] != before && len(m.Files) == 3 {
			return nil // the pointer stays as it was
		}
		p, err := seal(pointer{stepDir, digest(data)})
		write(t, filepath.Join(filepath.Dir(dir), "last"), p)
		return err
	}
}

func TestDamageIsNamed(t *testing.T) {
	for name, d := range damage {
		t.Run(name, func(t *testing.T) {
			s, dir := saved(t, 4)
			write(t, filepath.Join(filepath.Dir(s.dir), "x"), []byte("canary"))
			if err := d.do(t, dir); err != nil {
				t.Fatal(err)
			}
			wantCorrupt(t, s, d.file)
			c, skipped, err := s.LoadNewestValid()
			if strings.Contains(name, "of step 6") { // swapping broke both
				if !errors.Is(err, ErrCorrupt) || len(skipped) < 2 {
					t.Errorf("both broken: got %v, %v, want %v", skipped, err, ErrCorrupt)
				}
				return
			}
			if err != nil || c.Step != 6 || len(skipped) != 1 {
				t.Errorf("fall back: got step %d, %v, %v, want 6 and one warning", c.Step, skipped, err)
			}
		})
	}
}

func TestPointersOnlyNameStepFolders(t *testing.T) {
	s, _ := saved(t, 4)
	sum := digest(read(t, filepath.Join(s.dir, stepDir, "manifest.json")))
	for _, folder := range []string{"", "..", "../" + stepDir, stepDir + "/", "step-7", "step-+00000000007", "step-000000000007.r0", "step--00000000007", "/etc", stepDir + ".tmp-new"} {
		data, err := seal(pointer{folder, sum})
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(s.dir, "last"), data)
		wantCorrupt(t, s, "last")
		c, skipped, err := s.LoadNewestValid()
		if err != nil || c.Step != 7 || len(skipped) != 1 {
			t.Errorf("%q: got step %d, %v, %v, want the newest folder and one warning", folder, c.Step, skipped, err)
		}
	}
	data, _ := seal(pointer{"step-000000000008", sum})
	write(t, filepath.Join(s.dir, "last"), data)
	wantCorrupt(t, s, "last")
	if err := os.Remove(filepath.Join(s.dir, "last")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("last"); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("without the pointer: got %v, want %v", err, ErrNoCheckpoint)
	}
	if c, skipped, err := s.LoadNewestValid(); err != nil || c.Step != 7 || len(skipped) != 1 {
		t.Errorf("without the pointer: got step %d, %v, %v, want 7 and one warning", c.Step, skipped, err)
	}
}

func TestRetentionKeepsStepsWhenAPointerIsBroken(t *testing.T) {
	s, _ := saved(t, 4)
	write(t, filepath.Join(s.dir, "best"), []byte("{"))
	err := s.Save(sample(8, 4), SaveOptions{})
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "remove old steps") {
		t.Errorf("got %v, want the broken pointer", err)
	}
	wantLoad(t, s, "last", sample(8, 4))
	wantSteps(t, s, 6, 7, 8)
	mustSave(t, s, sample(9, 4), SaveOptions{Best: true})
	wantSteps(t, s, 8, 9)
}

func TestFormatFaultsShowThroughTheCheckpoint(t *testing.T) {
	s, dir := saved(t, 4)
	bad := []byte("\x02\x00\x00\x00\x00\x00\x00\x00[]")
	write(t, filepath.Join(dir, "model.safetensors"), bad)
	if err := forge(func(m *manifest) { m.Files[0].Size, m.Files[0].SHA256 = int64(len(bad)), digest(bad) })(t, dir); err != nil {
		t.Fatal(err)
	}
	wantCorrupt(t, s, stepDir+"/model.safetensors")
	_, err := s.Load("last")
	var f *FormatError
	if !errors.As(err, &f) || f.Format != "safetensors" || f.Offset != 8 {
		t.Errorf("got %v, want a safetensors fault at byte 8", err)
	}
}
