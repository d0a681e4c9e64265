package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train"
)

// tinyImages are the settings of a short run of convolutions.
func tinyImages(args ...string) []string {
	return append([]string{"train", "conv-vae", "--data", "shapes32", "--max-rows", "64", "--batch", "32", "--channels", "2,3",
		"--hidden", "8", "--latent", "2", "--epochs", "1", "--no-report"}, args...)
}

// TestRunsOfConvolutionsAreUsedLikeAnyOther trains on coloured images, resumes, samples and
// reconstructs.
func TestRunsOfConvolutionsAreUsedLikeAnyOther(t *testing.T) {
	t.Chdir(t.TempDir())
	o := must(t, tinyImages("--out", "r", "--likelihood", "discretized-logistic")...)
	for _, want := range []string{"rows of 32×32×3", "conv-vae, net conv, channels 2,3, hidden 8, latent 2"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	c, info, err := train.ReadConfig("r")
	if err != nil || c.Net != "conv" || len(c.Channels) != 2 || info.Params == 0 {
		t.Errorf("got net %q, channels %v, %d parameters, error %v", c.Net, c.Channels, info.Params, err)
	}
	must(t, tinyImages("--out", "r", "--likelihood", "discretized-logistic", "--resume", "--epochs", "2", "--net", "conv")...)
	must(t, "sample", "r", "--n", "4", "--out", "s.png", "-q")
	must(t, "reconstruct", "r", "--out", "x.png", "-q")
	o = call(t.Context(), tinyImages("--out", "r", "--likelihood", "discretized-logistic", "--resume", "--net", "resnet")...)
	if o.code == exitOK || !strings.Contains(o.err, "--net: got resnet, want conv as in the run") {
		t.Errorf("another net: got exit %d, %s", o.code, o.err)
	}
}

// TestTheResidualNetTrains makes an epoch of it on digits.
func TestTheResidualNetTrains(t *testing.T) {
	t.Chdir(t.TempDir())
	o := must(t, "train", "vae", "--net", "resnet", "--max-rows", "32", "--batch", "16", "--channels", "2", "--hidden", "none", "--latent", "2",
		"--epochs", "1", "--no-report", "--out", "r")
	if !strings.Contains(o.out, "vae, net resnet, channels 2, hidden none, latent 2") {
		t.Errorf("got %s", o.out)
	}
}

// TestWidthAndDepthAreFlags: in place of the hidden widths or the channels, but not beside them.
func TestWidthAndDepthAreFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	o := must(t, "train", "vae", "--width", "6", "--depth", "2", "--max-rows", "32", "--batch", "16", "--latent", "2", "--epochs", "1", "--no-report", "--out", "r")
	if !strings.Contains(o.out, "vae, hidden 6,6, latent 2") {
		t.Errorf("got %s", o.out)
	}
	o = must(t, "train", "vae", "--net", "vq", "--width", "3", "--depth", "1", "--hidden", "5", "--max-rows", "32", "--batch", "16", "--latent", "2",
		"--epochs", "1", "--no-report", "--out", "v")
	if !strings.Contains(o.out, "vae, net vq, channels 3,6, depth 1, hidden 5, latent 2") {
		t.Errorf("got %s", o.out)
	}
	if c, _, err := train.ReadConfig("v"); err != nil || c.Width != 3 || c.Depth != 1 {
		t.Errorf("got width %d and depth %d, error %v", c.Width, c.Depth, err)
	}
	must(t, "sample", "v", "--n", "4", "--out", "s.png", "-q")
	for want, args := range map[string][]string{
		"--width and --hidden 8 both say what the dense layers are": {"vae", "--width", "6", "--hidden", "8"},
		"--depth and --hidden 8 both say what the dense layers are": {"vae", "--depth", "2", "--hidden", "8"},
		"--width 6 and --channels 8 both say how many channels":     {"conv-vae", "--width", "6", "--channels", "8"},
		"depth: got 101, want 1 to 100":                             {"conv-vae", "--depth", "101"},
	} {
		if o := call(t.Context(), append([]string{"train", "--out", "x"}, args...)...); o.code != exitUsage || !strings.Contains(o.err, want) {
			t.Errorf("%v: got exit %d, %s", args, o.code, o.err)
		}
	}
}

// TestTablesAreNoImages: what the nets of images want is said before anything is written.
func TestTablesAreNoImages(t *testing.T) {
	t.Chdir(t.TempDir())
	table := writeTable(t, "t.csv", "a,b,kind\n", 60, func(int) string { return "x" })
	for _, args := range [][]string{{"conv-vae"}, {"vae", "--net", "resnet"}} {
		o := call(t.Context(), append(append([]string{"train"}, args...), "--data", table, "--label", "kind", "--allow-nan", "--out", "r")...)
		if o.code != exitUsage || !strings.Contains(o.err, "got rows of shape [2], want images H×W or H×W×C with sides of at least 8; the model vae with --net mlp takes any rows") {
			t.Errorf("%v: got exit %d, %s", args, o.code, o.err)
		}
	}
	if _, err := os.Stat("r"); err == nil {
		t.Error("a refused run has left its directory behind")
	}
}

// TestRunsFromBeforeNetsCouldBeChosenGoOn: a config without net and channels is that of dense
// layers.
func TestRunsFromBeforeNetsCouldBeChosenGoOn(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--no-report", "-q")...)
	path := filepath.Join("r", "config.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	if fields["net"] != "mlp" {
		t.Errorf("net of a new run: got %v, want mlp", fields["net"])
	}
	delete(fields, "net")
	delete(fields, "channels")
	if b, err = json.Marshal(fields); err == nil {
		err = os.WriteFile(path, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	must(t, small("--out", "r", "--no-report", "-q", "--resume", "--epochs", "2", "--net", "mlp")...)
	if c, _, err := train.ReadConfig("r"); err != nil || c.Net != "mlp" || c.Epochs != 2 {
		t.Errorf("got net %q after %d epochs, error %v", c.Net, c.Epochs, err)
	}
}
