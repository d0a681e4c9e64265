package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
)

// head is the head of the blobs of these tests.
type head struct {
	Name  string
	Terms []int
}

// blob is a blob in a file, and its bytes.
func blob(t *testing.T, x []float64) (path string, b []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "deep", "x.blob")
	if err := Put(t.Context(), path, head{"é", []int{3, 1}}, x); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, b
}

func TestNumbersComeBackToTheBit(t *testing.T) {
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 5} {
		r, x := rand.New(rand.NewPCG(uint64(n), 1)), make([]float64, n)
		for i := range x {
			x[i] = math.Float64frombits(r.Uint64()) // infinities and NaNs too
		}
		path, _ := blob(t, x)
		var h head
		got, err := Get(t.Context(), path, &h)
		if err != nil || len(got) != n || h.Name != "é" || len(h.Terms) != 2 {
			t.Fatalf("%d numbers: got %d, head %+v, error %v", n, len(got), h, err)
		}
		for i := range x {
			if math.Float64bits(got[i]) != math.Float64bits(x[i]) {
				t.Fatalf("number %d of %d: got %x, want %x", i, n, got[i], x[i])
			}
		}
	}
}

func TestTheSameNumbersAreTheSameBytes(t *testing.T) {
	_, a := blob(t, []float64{1, 2, 3})
	_, b := blob(t, []float64{1, 2, 3})
	if !bytes.Equal(a, b) {
		t.Error("got different files for the same numbers")
	}
}

func TestTornAndAlteredFilesAreRefused(t *testing.T) {
	path, whole := blob(t, []float64{1, 2, 3, 4})
	refused := func(what string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Get(t.Context(), path, &head{}); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	for n := range whole {
		refused("a torn file", whole[:n])
		b := bytes.Clone(whole)
		b[n] ^= 1 << (n % 8)
		refused("an altered byte", b)
	}
	long := bytes.Clone(whole)
	at := len(magic) + 4 + int(binary.LittleEndian.Uint32(whole[len(magic):]))
	binary.LittleEndian.PutUint64(long[at:], 1<<60)
	refused("a false count", long)
	binary.LittleEndian.PutUint32(long[len(magic):], 1<<31)
	refused("a false head", long)
}

func FuzzBlobsNeverPanic(f *testing.F) {
	f.Add([]byte(magic + "\x02\x00\x00\x00{}\x00\x00\x00\x00\x00\x00\x00\x00abcd"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = read(bytes.NewReader(b), &head{}) })
}

func TestAWriterThatFailsLeavesTheOldFileAndNoDraft(t *testing.T) {
	path, before := blob(t, []float64{1})
	broken := errors.New("broken")
	err := Write(t.Context(), path, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got error %v, want that of the writer", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("got another file than before, error %v", err)
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(names) != 1 {
		t.Errorf("got files %v and error %v, want one", names, err)
	}
}

func TestAHalfWrittenDraftIsNotTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	err := Write(t.Context(), path, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got error %v before the end, want no file yet", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if one, two := draft(path), draft(path); one == two {
		t.Error("got one name for two drafts")
	}
}

func TestPartsOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to int64
		want     string
	}{{0, -1, "0123456789"}, {3, 5, "34"}, {8, 99, "89"}, {4, 4, ""}, {7, -1, "789"}} {
		r, err := Open(t.Context(), path, c.from, c.to)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != c.want || r.Close() != nil {
			t.Errorf("bytes %d … %d: got %q and error %v, want %q", c.from, c.to, got, err, c.want)
		}
	}
}

func TestFilesAreRemovedByPattern(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a-1", "a-2", "b-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Remove(t.Context(), filepath.Join(dir, "a-*")); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "b-1" {
		t.Errorf("got %v and error %v, want b-1", left, err)
	}
}

func TestWhatIsNotThereIsAnError(t *testing.T) {
	ctx := context.Background()
	missing := filepath.Join(t.TempDir(), "none")
	for what, err := range map[string]error{
		"file":   second(Get(ctx, missing, &head{})),
		"scheme": second(Get(ctx, "nowhere://x", &head{})),
		"open":   second(Open(ctx, "nowhere://x", 0, -1)),
		"write":  Write(ctx, "nowhere://x", nil),
		"remove": Remove(ctx, "nowhere://x"),
		"head":   Put(ctx, missing, func() {}, nil),
		"folder": Write(ctx, "/dev/null/x", nil),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "store: ") {
			t.Errorf("%s: got error %v, want one of this package", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// In memory files have no folders and no Renamer, as those of a cloud.
func TestFileSystemsThatCannotRenameAreCopied(t *testing.T) {
	const path = "memfs://numbers"
	for _, x := range [][]float64{{1, 2}, {3}} { // the second takes the place of the first
		if err := Put(t.Context(), path, head{"m", nil}, x); err != nil {
			t.Fatal(err)
		}
		var h head
		got, err := Get(t.Context(), path, &h)
		if err != nil || len(got) != len(x) || got[0] != x[0] || h.Name != "m" {
			t.Errorf("got %v, head %+v and error %v, want %v", got, h, err, x)
		}
	}
	if _, err := Get(t.Context(), "memfs://none", &head{}); !errors.Is(err, ErrNone) {
		t.Errorf("got error %v, want ErrNone", err)
	}
}

func TestAFileThatIsNotThereIsToldFromOneThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(t.Context(), filepath.Join(dir, "none"), 0, -1); !errors.Is(err, ErrNone) {
		t.Errorf("got error %v, want ErrNone", err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), loop, 0, -1); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("got error %v of a link to itself, want another than ErrNone", err)
	}
	if _, err := Get(t.Context(), dir, &head{}); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("got error %v of a folder, want another than ErrNone", err)
	}
}

func TestManyWritersOfOneFileLeaveOneWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	x := make([]float64, 5000)
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() {
			for range 10 {
				if err := Put(context.Background(), path, head{"w", []int{writer}}, x); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for read := 0; read < 50; {
		got, err := Get(t.Context(), path, &head{})
		if errors.Is(err, ErrNone) {
			continue // before the first
		}
		if err != nil || len(got) != len(x) {
			t.Fatalf("got %d numbers and error %v while others write, want a whole file", len(got), err)
		}
		read++
	}
	all.Wait()
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) != 1 {
		t.Errorf("got files %v and error %v, want one", names, err)
	}
}

func TestChecksumsGoOn(t *testing.T) {
	b := []byte("123456789")
	const want = 0xe3069283 // the check value of CRC-32C, RFC 3720
	if got := Checksum(b); got != want {
		t.Errorf("got %08x, want %08x", got, want)
	}
	for n := range b {
		if got := Extend(Checksum(b[:n]), b[n:]); got != want {
			t.Errorf("in two pieces at %d: got %08x, want %08x", n, got, want)
		}
	}
}

func TestWholeFilesAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("all of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadAll(t.Context(), path); err != nil || string(got) != "all of it" {
		t.Errorf("got %q and error %v", got, err)
	}
	if _, err := ReadAll(t.Context(), path+"x"); !errors.Is(err, ErrNone) {
		t.Errorf("got error %v, want ErrNone", err)
	}
	if _, err := ReadAll(t.Context(), filepath.Dir(path)); err == nil {
		t.Error("got no error for a folder")
	}
}
