package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
)

func TestTheGalleryShowsModelsOnOnePage(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"gallery", "--models", "vae,ae,realnvp", "--epochs", "1", "--max-rows", "200", "--runs", "kept"}
	o := must(t, args...)
	b, err := os.ReadFile("gallery.html")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, s := range []string{"Gallery of models", "elbo train vae", "elbo train realnvp --data noisy-cubic", "Kingma &amp; Welling 2014", "−ELBO", "on 200 test rows of digits",
		"elbo gallery --models vae,ae,realnvp --epochs 1 --max-rows 200 --runs kept"} {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	// Reconstructions and samples of the VAE, reconstructions of the autoencoder, which has no prior, and
	// of the density what there is.
	if n := strings.Count(page, "data:image/png;base64,"); n < 4 || n > 5 {
		t.Errorf("got %d pictures, want 4 or 5", n)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("the page refers to something outside")
	}
	if !strings.Contains(o.out, "page       gallery.html") || strings.Contains(o.out, "\x1b") {
		t.Errorf("got %q", o.out)
	}
	// A second call finds the runs, and refuses those of other settings.
	before := tree(t, "kept")
	must(t, append(args, "-q")...)
	for name, text := range tree(t, "kept") {
		if strings.Contains(name, "checkpoints") && before[name] != text {
			t.Errorf("%s has changed", name)
		}
	}
	other := call(t.Context(), "gallery", "--models", "vae", "--epochs", "2", "--max-rows", "200", "--runs", "kept")
	if other.code != exitFailed || !strings.Contains(other.err, "1 of 1 models failed: vae") || !strings.Contains(other.out, "its run is one of other settings") {
		t.Errorf("other settings: exit %d, %q, %q", other.code, other.out, other.err)
	}
}

// stopper interrupts what writes a text to it.
type stopper struct {
	strings.Builder
	at   string
	stop context.CancelFunc
}

// Write implements [io.Writer].
func (s *stopper) Write(b []byte) (int, error) {
	if strings.Contains(string(b), s.at) {
		s.stop()
	}
	return s.Builder.Write(b)
}

func TestAnInterruptedGalleryKeepsThePageOfWhatIsDone(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &stopper{at: "−ln p(x|z)", stop: stop}
	cmd := newGallery(streams{out: out, err: out})
	cmd.SetArgs([]string{"--models", "vae,ae", "--epochs", "1", "--max-rows", "50"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(ctx)
	// The models are in the order of their names: the interruption comes after the autoencoder.
	if err == nil || !strings.Contains(err.Error(), "gallery.html has 1 of 2 models") {
		t.Errorf("got %v", err)
	}
	page, e := os.ReadFile("gallery.html")
	if e != nil || !strings.Contains(string(page), "1 of 2 models are done") || !strings.Contains(string(page), "elbo gallery --models vae,ae --epochs 1 --max-rows 50") {
		t.Errorf("got a page of %d bytes, %v", len(page), e)
	}
}

func TestMistakesWithTheGalleryAreNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, w := range []wrong{
		{"gallery vae", 2, []string{"got 1 arguments, want none"}},
		{"gallery --models vea", 2, []string{`--models: got "vea", want some of`}},
		{"gallery --models=", 2, []string{"--models: got none"}},
		{"gallery --epochs 0", 2, []string{"epochs: got 0"}},
		{"gallery --max-rows -1", 2, []string{"max-rows: got -1"}},
		{"gallery --out page.png", 2, []string{`got extension ".png", want .html`}},
		{"gallery --out gone/page.html", 1, []string{"folder gone", "make it first"}},
	} {
		w.check(t, ".")
	}
	if err := writable("gone"); err == nil {
		t.Error("a folder that is not there can be written to")
	}
	if err := writable("."); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 0 {
		t.Errorf("got %v, %v, want nothing left behind", entries, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	o := call(ctx, "gallery", "--models", "vae", "--runs", "r")
	if o.code != exitInterrupted || !strings.Contains(o.err, "no page was written, the runs are saved; go on with: elbo gallery --models vae --runs r") {
		t.Errorf("interrupted: exit %d, %q", o.code, o.err)
	}
}

// What a model is shown on follows from what it declares.
func TestModelsAreShownOnDataThatTheyTake(t *testing.T) {
	for _, s := range vae.Specs() {
		if got := fitting(s); (got == "digits") == s.Tables {
			t.Errorf("%s: got data %s, tables %v", s.Name, got, s.Tables)
		}
	}
	if got := picked([]string{"bounds.png", "reconstructions.png", "samples.png", "kl.png"}); !slices.Equal(got, []string{"reconstructions.png", "samples.png"}) {
		t.Errorf("got %v", got)
	}
	if got := picked([]string{"bounds.png", "training.png", "other.png"}); !slices.Equal(got, []string{"training.png", "other.png"}) {
		t.Errorf("got %v, want the last two", got)
	}
	if got := picked(nil); len(got) != 0 {
		t.Errorf("got %v of none", got)
	}
}

func TestFiguresOfTheGalleryBearTheirNames(t *testing.T) {
	for model, want := range map[string]string{"vae": "−ELBO", "vq-vae": "−ELBO", "ae": "−ln p(x|z)", "maf": "−ln p(x)"} {
		c := train.DefaultFor(model)
		spec, _ := vae.Lookup(model)
		facts := train.Facts{Shape: []int{8, 8}}
		if spec.Tables {
			facts = train.Facts{Shape: []int{2}}
		}
		if c.Likelihood = "bernoulli"; spec.Fixed != nil {
			c.Likelihood = spec.Fixed[0]
		}
		n, err := c.NewNetwork(facts)
		if err != nil {
			t.Fatalf("%s: %v", model, err)
		}
		if got := measuredName(n.Kind(), c.Likelihood); got != want {
			t.Errorf("%s: got %s, want %s", model, got, want)
		}
	}
}

func TestTheGalleryPicksWhatModelsMakeOfRows(t *testing.T) {
	for want, of := range map[string][]string{
		"reconstructions.png samples.png": {"bounds.png", "reconstructions.png", "samples.png", "training.png"},
		"completions.png":                 {"bounds.png", "completions.png", "kl.png", "latent.png"},
		"kl.png latent.png":               {"bounds.png", "kl.png", "latent.png"},
	} {
		if got := strings.Join(picked(of), " "); got != want {
			t.Errorf("of %v: got %s, want %s", of, got, want)
		}
	}
}
