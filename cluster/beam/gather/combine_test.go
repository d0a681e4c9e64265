package gather

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/elbo-go/elbo/cluster/beam/launch"
	"github.com/elbo-go/elbo/cluster/beam/store"
)

func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

func init() { register.Function2x0(tabled) }

// tabled puts a part into the two tables 0 and 7.
func tabled(p Part, emit func(int64, Part)) {
	emit(0, p)
	emit(7, p)
}

// gathered runs the pipeline over parts.
func gathered(t *testing.T, runner string, parts []Part, prefix string) {
	t.Helper()
	err := launch.Options{Runner: runner}.Run(t.Context(), func(s beam.Scope) {
		Tables(s, beam.ParDo(s, tabled, beam.Reshuffle(s, beam.CreateList(s, parts))), "run", prefix)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTablesAreSummedUpAndWritten(t *testing.T) {
	parts := someParts(9, 20, 3)
	want := total(t, parts)
	for _, runner := range []string{"direct", "prism"} {
		prefix := filepath.Join(t.TempDir(), "s-")
		gathered(t, runner, append(slices.Clone(parts), parts[4], parts[4]), prefix) // one comes three times
		for _, table := range []int64{0, 7} {
			h, x, err := Read(t.Context(), "run", prefix, table)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(x, want.Sums.Floats()) || !reflect.DeepEqual(h, Head{"run", table, want.Shards, want.Rows}) {
				t.Errorf("%s: table %d: got head %+v or other sums than in order", runner, table, h)
			}
		}
		if _, _, err := Read(t.Context(), "run", prefix, 1); err == nil {
			t.Errorf("%s: got no error for a table that no part is of", runner)
		}
		if _, _, err := Read(t.Context(), "other", prefix, 0); err == nil {
			t.Errorf("%s: got no error for the table of another run", runner)
		}
	}
}

func TestWritingTwiceWritesTheSameFile(t *testing.T) {
	w, s := &writeFn{"run", filepath.Join(t.TempDir(), "s-")}, total(t, someParts(10, 3, 2))
	var files [2][]byte
	for i := range files {
		if err := w.ProcessElement(t.Context(), 3, s); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(path(w.Prefix, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(files[0], files[1]) {
		t.Error("got two files for one table")
	}
	if err := store.Put(context.Background(), path(w.Prefix, 3), Head{Run: "run", Table: 4}, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(t.Context(), "run", w.Prefix, 3); err == nil {
		t.Error("got no error for a file of another table")
	}
}
