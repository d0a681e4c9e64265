package report

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// classified is the scene of a model of classes, or of one that completes, on bars of three classes.
func classified(t *testing.T, name string, edit func(*Input)) *scene {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	c := vae.Config{Dim: 64, Shape: []int{8, 8}, Hidden: []int{16}, Latent: 3, Likelihood: "bernoulli", Sigma: 1, Classes: 3, Rows: 30}
	net, err := vae.NewNetwork(name, c, model.NewParams(b, dtypes.Float32, rng.New(1)))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Net: net, Show: images(30), Seed: 3, History: epochs(4, 3), Command: "elbo train " + name}
	if in.Record, err = net.Evaluator(vi.Estimator{Shuffle: true}).Record(context.Background(), in.shown(), rng.New(2), 1); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(&in)
	}
	s, err := newScene(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Rows of a set end with their class for a model that is told it, with −1 for one that finds it; codes
// end with the one that was given or found.
func TestScenesPartRowsAndClasses(t *testing.T) {
	for _, name := range []string{"cvae", "m2"} {
		s := classified(t, name, nil)
		if len(s.seen) != s.n*65 || len(s.x) != s.n*64 || len(s.mean) != s.n*3 || len(s.class) != s.n {
			t.Fatalf("%s: got %d, %d, %d and %d values of %d rows", name, len(s.seen), len(s.x), len(s.mean), len(s.class), s.n)
		}
		for i := range s.n {
			seen := s.seen[65*i+64]
			if want := float32(s.show.Labels[i]); name == "cvae" && (seen != want || s.class[i] != want) || name == "m2" && (seen != -1 || s.class[i] < 0) {
				t.Errorf("%s, row %d of class %v: seen as %v, code of %v", name, i, want, seen, s.class[i])
			}
		}
		if s.gray() {
			t.Errorf("%s: rows of 0 and 1 count as grey", name)
		}
		if kl := s.klByDim(); len(kl) != 3 {
			t.Errorf("%s: got KL of %d dimensions, want 3 of %d", name, len(kl), len(s.Record.KLPerDim))
		}
	}
	values, last := cutOff([]float32{1, 2, 9, 3, 4, 8}, 3, 2)
	if !slices.Equal(values, []float32{1, 2, 3, 4}) || !slices.Equal(last, []float32{9, 8}) {
		t.Errorf("got %v and %v", values, last)
	}
	if got := halves([2]int{4, 7}, 5); !slices.Equal(got, []int{4, 4, 4, 7, 7}) {
		t.Errorf("classes of a path: got %v", got)
	}
}

// Decoding takes the class of the rows that are named.
func TestDecodingTakesTheClassOfARow(t *testing.T) {
	s := classified(t, "cvae", nil)
	i, j := 0, slices.IndexFunc(s.class, func(c float32) bool { return c != s.class[0] })
	z := [][]float32{s.code(i), s.code(i)}
	x, err := s.decode(t.Context(), z, i, j)
	if err != nil {
		t.Fatal(err)
	}
	same, err := s.decode(t.Context(), z, i)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(x[0], x[1]) || !slices.Equal(same[0], same[1]) || !slices.Equal(x[0], same[0]) {
		t.Error("the class does not decide what a code decodes to")
	}
}

// A whole report of each has the pictures that fit it.
func TestReportsOfModelsWithClasses(t *testing.T) {
	rate := .125
	for name, want := range map[string][]string{"cvae": {"samples.png", "reconstructions.png", "kl.png", "traversals.png", "interpolation.png"},
		"m2": {"samples.png", "kl.png", "latent.png"}, "completion": {"completions.png", "latent.png"}} {
		s := classified(t, name, func(in *Input) {
			if name == "m2" {
				in.ErrorRate = &rate
				for i := range in.History {
					in.History[i].ErrorRate = &rate
				}
			}
		})
		dir := t.TempDir()
		if _, err := Write(t.Context(), dir, s.Input); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files := listed(t, dir)
		for _, f := range want {
			if !slices.Contains(files, f) {
				t.Errorf("%s: got pictures %v, want %s among them", name, files, f)
				continue
			}
			decoded(t, filepath.Join(dir, "plots", f))
		}
		if name == "completion" && slices.Contains(files, "samples.png") {
			t.Error("samples of a model that completes rows")
		}
		if found := strings.Contains(s.verdict(), "12.50 % of the classes"); found != (name == "m2") {
			t.Errorf("%s: verdict %q", name, s.verdict())
		}
		if n := len(s.classFigures()); n != map[bool]int{true: 1}[name == "m2"] {
			t.Errorf("%s: got %d figures of classes", name, n)
		}
	}
}

func TestCaptionsSayWhatClassesAndDrawsAre(t *testing.T) {
	for name, c := range map[string][2]string{"cvae": {"samples.png", "one row for each class"}, "completion": {"completions.png", "(left)"}} {
		if text := caption(t, classified(t, name, nil), c[0]); !strings.Contains(text, c[1]) {
			t.Errorf("%s: got caption %q, want %q in it", name, text, c[1])
		}
	}
}
