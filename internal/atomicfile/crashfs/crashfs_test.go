package crashfs

import (
	"errors"
	"io"
	"io/fs"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// put writes a file in two halves, syncing as told.
func put(t *testing.T, f *FS, name, text string, sync bool) {
	t.Helper()
	w, err := f.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{text[:len(text)/2], text[len(text)/2:]} {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
	}
	if sync {
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// get reads a file; "-" when it is not there.
func get(t *testing.T, f *FS, name string) string {
	t.Helper()
	r, size, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "-"
	}
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil || int64(len(data)) != size {
		t.Fatalf("read %s: got %d bytes, %v, want %d", name, len(data), err, size)
	}
	return string(data)
}

func TestOnlySyncedDataSurvivesPowerLoss(t *testing.T) {
	for _, c := range []struct {
		fileSync, dirSync bool
		kept              int
		want              string
	}{
		{true, true, 0, "abcd"},
		{false, true, 0, ""},
		{true, false, 0, "-"},
		{false, false, 0, "-"},
		{false, false, 100, "abcd"},
	} {
		f := New()
		put(t, f, "x", "abcd", c.fileSync)
		if c.dirSync {
			if err := f.SyncDir("."); err != nil {
				t.Fatal(err)
			}
		}
		if got := get(t, f.PowerLoss(c.kept, rng.New(1).Rand()), "x"); got != c.want {
			t.Errorf("%+v: got %q, want %q", c, got, c.want)
		}
	}
}

func TestHalfKeptWritesTearFiles(t *testing.T) {
	f := New()
	put(t, f, "x", "abcd", false)
	if err := f.SyncDir("."); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	r := rng.New(2).Rand()
	for range 200 { // a case is missed with probability 4·(3/4)^200
		seen[get(t, f.PowerLoss(50, r), "x")] = true
	}
	for _, want := range []string{"", "ab", "\x00\x00cd", "abcd"} {
		if !seen[want] {
			t.Errorf("content %q: not seen in 200 power losses", want)
		}
	}
	if len(seen) != 4 {
		t.Errorf("contents: got %d kinds, want 4", len(seen))
	}
}

func TestUnsyncedRenameIsWholeOrNot(t *testing.T) {
	f := New()
	put(t, f, "new", "2", true)
	put(t, f, "old", "1", true)
	if err := f.SyncDir("."); err != nil {
		t.Fatal(err)
	}
	if err := f.Rename("new", "old"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, f, "old"); got != "2" {
		t.Fatalf("before the loss: got %q, want 2", got)
	}
	before, after := f.PowerLoss(0, nil), f.PowerLoss(100, nil)
	if a, b := get(t, before, "old"), get(t, before, "new"); a != "1" || b != "2" {
		t.Errorf("rename lost: got %q and %q, want 1 and 2", a, b)
	}
	if a, b := get(t, after, "old"), get(t, after, "new"); a != "2" || b != "-" {
		t.Errorf("rename kept: got %q and %q, want 2 and none", a, b)
	}
}

func TestFoldersNeedTheirOwnSync(t *testing.T) {
	f := New()
	if err := f.Mkdir("d"); err != nil {
		t.Fatal(err)
	}
	put(t, f, "d/x", "abcd", true)
	if err := f.SyncDir("."); err != nil {
		t.Fatal(err)
	}
	if got := get(t, f.PowerLoss(0, nil), "d/x"); got != "-" {
		t.Errorf("entry not synced: got %q, want none", got)
	}
	if err := f.SyncDir("d"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, f.PowerLoss(0, nil), "d/x"); got != "abcd" {
		t.Errorf("entry synced: got %q, want abcd", got)
	}
	if err := f.Remove("d"); err == nil {
		t.Error("remove a full folder: got no error, want one")
	}
}

func TestBrokenSyncsAndCrashes(t *testing.T) {
	f := New()
	f.Broken = Broken{FileSync: true, ParentSync: true, DirSync: true}
	put(t, f, "x", "abcd", true)
	if err := f.SyncDir("."); err != nil {
		t.Fatal(err)
	}
	if got := get(t, f.PowerLoss(0, nil), "x"); got != "-" {
		t.Errorf("broken sync: got %q, want none", got)
	}
	f.CrashAfter = len(f.Ops)
	if _, err := f.Create("y"); !errors.Is(err, ErrCrashed) {
		t.Errorf("create after the crash: got %v, want %v", err, ErrCrashed)
	}
	if _, err := f.ReadDir("."); !errors.Is(err, ErrCrashed) {
		t.Errorf("list after the crash: got %v, want %v", err, ErrCrashed)
	}
	if _, _, err := f.Open("x"); !errors.Is(err, ErrCrashed) {
		t.Errorf("open after the crash: got %v, want %v", err, ErrCrashed)
	}
}

func TestNamesAreChecked(t *testing.T) {
	f := New()
	put(t, f, "x", "abcd", true)
	for what, err := range map[string]error{
		"create over":     func() error { _, err := f.Create("x"); return err }(),
		"create in none":  func() error { _, err := f.Create("d/x"); return err }(),
		"mkdir over":      f.Mkdir("x"),
		"rename none":     f.Rename("y", "z"),
		"rename to other": f.Rename("x", "d/x"),
		"remove none":     f.Remove("y"),
		"sync none":       f.SyncDir("y"),
	} {
		if err == nil {
			t.Errorf("%s: got no error, want one", what)
		}
	}
	if len(f.Ops) != 4 { // create, two writes, sync
		t.Errorf("operations: got %v, want 4", f.Ops)
	}
}

func TestImagesTellDisksApart(t *testing.T) {
	make := func(name, text string, in bool) string {
		f := New()
		if in {
			if err := f.Mkdir("d"); err != nil {
				t.Fatal(err)
			}
			name = "d/" + name
		}
		put(t, f, name, text, true)
		return f.Image()
	}
	images := []string{make("x", "ab", false), make("x", "ac", false), make("y", "ab", false), make("x", "ab", true)}
	for i, a := range images {
		for j, b := range images {
			if (a == b) != (i == j) {
				t.Errorf("disks %d and %d: got equal = %v", i, j, a == b)
			}
		}
	}
	if images[0] != make("x", "ab", false) {
		t.Error("equal disks: got other images, want equal ones")
	}
}
