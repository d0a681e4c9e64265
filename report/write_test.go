package report

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/vi"
)

func TestFiguresFollowFromModelAndData(t *testing.T) {
	factors := images(30)
	factors.Labels, factors.Classes = nil, nil
	factors.Factors = []data.Factor{{Name: "height", Values: make([]float32, 30)}}
	for i := range factors.Factors[0].Values {
		factors.Factors[0].Values[i] = float32(i % 4)
	}
	color := &data.Set{Name: "colour", Shape: []int{4, 4, 3}, X: images(9).X[:9*48]}
	one := images(1)
	none := images(0)
	full := []string{"bounds.png", "density.png", "interpolation.png", "kl.png", "latent.png", "reconstructions.png", "samples.png", "training.png", "traversals.png"}
	plane := append(slices.Clone(full), "manifold.png")
	for _, c := range []struct {
		name, model string
		set         *data.Set
		latent      int
		want        []string
	}{
		{"images", "vae", images(30), 5, full},
		{"images, one dimension", "vae", images(30), 1, without(full, "density.png")},
		{"a factor instead of labels", "vae", factors, 2, plane},
		{"colour without labels", "vae", color, 3, full},
		{"no prior", "ae", images(30), 2, without(full, "samples.png", "kl.png", "density.png")},
		{"a table", "vae", table(40, 4), 2, full},
		{"a series", "linear-vae", table(12, 30), 2, full},
		{"one row", "vae", one, 2, without(plane, "interpolation.png", "latent.png", "kl.png", "density.png")},
		{"no rows", "vae", none, 2, []string{"bounds.png", "manifold.png", "samples.png", "training.png"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			net := network(t, c.model, c.set.Dim(), c.latent)
			figs, err := Write(context.Background(), dir, input(t, net, c.set))
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Sorted(slices.Values(c.want))
			if got := listed(t, dir); !slices.Equal(got, want) {
				t.Errorf("pictures: got %v, want %v", got, want)
			}
			page, err := os.ReadFile(filepath.Join(dir, "report.html"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range figs {
				decoded(t, filepath.Join(dir, "plots", f.File))
				raw, _ := os.ReadFile(filepath.Join(dir, "plots", f.File))
				if !strings.Contains(html.UnescapeString(string(page)), base64.StdEncoding.EncodeToString(raw)) {
					t.Errorf("%s: not in the report", f.File)
				}
				if f.Title == "" || len(f.Caption) < 80 {
					t.Errorf("%s: got %q with %q, want a title and a caption that teaches", f.File, f.Title, f.Caption)
				}
			}
		})
	}
}

// without returns list less some names.
func without(list []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return slices.Contains(names, n) })
}

func TestNoHistoryNoCurves(t *testing.T) {
	in := input(t, network(t, "vae", 64, 3), images(12))
	in.History = nil
	figs, err := Write(context.Background(), t.TempDir(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figs {
		if f.File == "bounds.png" || f.File == "training.png" {
			t.Errorf("%s: drawn without a history", f.File)
		}
	}
}

func TestEqualInputGivesEqualFiles(t *testing.T) {
	read := func(seed uint64) map[string]string {
		dir := t.TempDir()
		in := input(t, network(t, "vae", 64, 2), images(30))
		in.Seed = seed
		if _, err := Write(context.Background(), dir, in); err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, f := range append(listed(t, dir), "../report.html") {
			raw, err := os.ReadFile(filepath.Join(dir, "plots", f))
			if err != nil {
				t.Fatal(err)
			}
			out[f] = string(raw)
		}
		return out
	}
	first, second, other := read(3), read(3), read(4)
	for f := range first {
		if first[f] != second[f] {
			t.Errorf("%s: two runs on equal input differ", f)
		}
	}
	for _, f := range []string{"samples.png", "reconstructions.png"} {
		if first[f] == other[f] {
			t.Errorf("%s: does not depend on the seed", f)
		}
	}
	if first["bounds.png"] != other["bounds.png"] {
		t.Error("bounds.png: depends on the seed")
	}
}

func TestHostileTextIsEscaped(t *testing.T) {
	const evil = `<script>alert(1)</script>"'&`
	set := images(12)
	set.Name, set.Classes = evil, []string{evil, evil, "\x00\x1b[2J\u202e"}
	in := input(t, network(t, "vae", 64, 3), set)
	in.Command, in.Metric, in.Binarization = evil, evil, evil
	in.Config, in.Environment = [][2]string{{evil, evil}}, [][2]string{{evil, evil}}
	in.Warnings = []vi.Warning{{Name: evil, Detail: evil, Remedy: evil}}
	dir := t.TempDir()
	if _, err := Write(context.Background(), dir, in); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(page, []byte("<script")) {
		t.Error("the page holds a script")
	}
	if n := bytes.Count(page, []byte("&lt;script&gt;")); n < 10 {
		t.Errorf("escaped names: got %d, want title, heading, command, metric, binarisation, settings and warning", n)
	}
	in.Show = table(9, 4)
	in.Show.Columns[1].Name = evil + strings.Repeat("x", 1<<12)
	in.Net = network(t, "vae", 4, 3)
	if _, err := Write(context.Background(), t.TempDir(), in); err != nil {
		t.Error(err)
	}
}

func TestCancelledWritesNothing(t *testing.T) {
	in := input(t, network(t, "vae", 64, 3), images(12))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	if _, err := Write(ctx, dir, in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	s, err := newScene(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if figs, err := drawAll(ctx, s); !errors.Is(err, context.Canceled) || figs != nil {
		t.Errorf("between figures: got %d, %v, want none and %v", len(figs), err, context.Canceled)
	}
	if list, _ := os.ReadDir(dir); len(list) > 0 {
		t.Errorf("left: %v", list)
	}
}

func TestFailingFigureIsNamedAndNothingIsWritten(t *testing.T) {
	in := input(t, network(t, "vae", 64, 3), images(12))
	in.Record.KLPerDim[1] = nan
	dir := t.TempDir()
	_, err := Write(context.Background(), dir, in)
	if err == nil || !strings.HasPrefix(err.Error(), "report: figure kl.png: ") {
		t.Errorf("got %v, want an error that names kl.png", err)
	}
	if list, _ := os.ReadDir(dir); len(list) > 0 {
		t.Errorf("left: %v", list)
	}
}

func TestInputThatDoesNotFitIsRefused(t *testing.T) {
	net := network(t, "vae", 64, 3)
	for name, c := range map[string]struct {
		break_ func(*Input)
		want   string
	}{
		"no network":   {func(in *Input) { in.Net = nil }, "got no network"},
		"no set":       {func(in *Input) { in.Show = nil }, "got no network or no test set"},
		"other shape":  {func(in *Input) { in.Show = table(3, 4) }, "shape: got [4] of 4 values, want 64"},
		"fewer rows":   {func(in *Input) { in.TestX = in.Show.X[:64] }, "got 64 values, want 12 rows of 64"},
		"fewer labels": {func(in *Input) { in.Show.Labels = in.Show.Labels[:2] }, "labels: got 2, want 12"},
		"short factor": {func(in *Input) { in.Show.Factors = []data.Factor{{Name: "f"}} }, `factor "f": got 0 values, want 12`},
	} {
		in := input(t, net, images(12))
		c.break_(&in)
		if _, err := Write(context.Background(), t.TempDir(), in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), file, input(t, net, images(12))); err == nil {
		t.Error("below a file: got no error, want one")
	}
}

func TestHalvesComeInPairs(t *testing.T) {
	half := func(section string) Figure { return Figure{section: section, half: true} }
	figs := []Figure{half("a"), {section: "a"}, half("a"), half("a"), half("a"), half("b"), half("b")}
	unpair(figs)
	for i, want := range []bool{false, false, true, true, false, true, true} {
		if figs[i].half != want {
			t.Errorf("figure %d: got half %v, want %v", i, figs[i].half, want)
		}
	}
}
