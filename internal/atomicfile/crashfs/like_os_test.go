package crashfs

import (
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/internal/rng"
)

// fileSystem is what the simulated and the real one have in common.
type fileSystem interface {
	atomicfile.FS
	Mkdir(name string) error
	Open(name string) (io.ReadCloser, int64, error)
}

var (
	_ fileSystem = (*FS)(nil)
	_ fileSystem = atomicfile.RootFS{}
)

// tree lists a file system with its contents, folders with a slash.
func tree(t *testing.T, f fileSystem, dir string) (out []string) {
	t.Helper()
	list, err := f.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		name := path.Join(dir, e.Name())
		if e.IsDir() != (e.Type() == fs.ModeDir) {
			t.Errorf("%s: got type %v, folder %v", name, e.Type(), e.IsDir())
		}
		if e.IsDir() {
			out = append(append(out, name+"/"), tree(t, f, name)...)
			continue
		}
		r, size, err := f.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil || int64(len(data)) != size {
			t.Fatalf("%s: got %d bytes, %v, want %d", name, len(data), err, size)
		}
		out = append(out, fmt.Sprintf("%s=%s", name, data))
	}
	return out
}

// isFolder tells whether a name is a folder in a listing of tree.
func isFolder(list []string, name string) bool { return slices.Contains(list, name+"/") }

// step draws an operation and returns it as a function of the file system.
func step(r *rand.Rand, list []string) (string, func(fileSystem) error) {
	names := []string{"a", "b", "c", "a/x", "a/y", "b/x", "b/y"}
	one, two := names[r.IntN(len(names))], names[r.IntN(len(names))]
	switch r.IntN(6) {
	case 0:
		return "mkdir " + one, func(f fileSystem) error { return f.Mkdir(one) }
	case 1:
		return "remove " + one, func(f fileSystem) error { return f.Remove(one) }
	case 2:
		if path.Dir(one) != path.Dir(two) || one == two || isFolder(list, one) && isFolder(list, two) {
			return "nothing", func(fileSystem) error { return nil } // the simulation has no such renames
		}
		return "rename " + one + " " + two, func(f fileSystem) error { return f.Rename(one, two) }
	case 3:
		dir := path.Dir(one)
		if dir != "." && !isFolder(list, dir) {
			dir = "none" // the real one also syncs files
		}
		return "sync " + dir, func(f fileSystem) error { return f.SyncDir(dir) }
	case 4:
		return "open " + one, func(f fileSystem) error {
			file, _, err := f.Open(one)
			if err == nil {
				err = file.Close()
			}
			return err
		}
	}
	text := fmt.Sprint(r.IntN(1000))
	return "create " + one, func(f fileSystem) error {
		w, err := f.Create(one)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		if err := w.Sync(); err != nil {
			return err
		}
		return w.Close()
	}
}

// TestBehavesLikeTheRealFileSystem runs the same operations on both.
func TestBehavesLikeTheRealFileSystem(t *testing.T) {
	for seed := range 20 {
		root, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		disk, sim := atomicfile.NewRootFS(root), New()
		r := rng.New(uint64(seed)).Named("like os").Rand()
		for i := range 60 {
			what, do := step(r, tree(t, sim, "."))
			simErr, diskErr := do(sim), do(disk)
			if (simErr == nil) != (diskErr == nil) {
				t.Fatalf("seed %d, %d: %s: got %v, want %v", seed, i, what, simErr, diskErr)
			}
			if got, want := tree(t, sim, "."), tree(t, disk, "."); !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d: %s: got %v, want %v", seed, i, what, got, want)
			}
		}
		if got, want := tree(t, sim.PowerLoss(100, nil), "."), tree(t, sim, "."); !slices.Equal(got, want) {
			t.Errorf("seed %d: everything kept: got %v, want %v", seed, got, want)
		}
	}
}

func TestHookFailsOneOperation(t *testing.T) {
	f, writes := New(), 0
	f.Hook = func(op Op) error {
		if op.Kind == "write" {
			writes++
		}
		if writes == 2 {
			return io.ErrShortWrite
		}
		return nil
	}
	w, err := f.Create("x")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{4, 2, 4} { // the failing write leaves half
		n, err := io.WriteString(w, "abcd")
		if n != want || (err != nil) != (i == 1) {
			t.Errorf("write %d: got %d bytes, %v, want %d", i, n, err, want)
		}
	}
	if got := get(t, f, "x"); got != "abcdababcd" {
		t.Errorf("got %q", got)
	}
	want := []Op{{"create", "x"}, {"write", "x"}, {"write", "x"}}
	if !slices.Equal(f.Ops, want) {
		t.Errorf("operations: got %v, want %v", f.Ops, want)
	}
}
