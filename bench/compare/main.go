// Command compare times elbo and its peers at the same work, in turn in one run, and prints what
// each takes beside the others.
//
//	go run ./bench/compare [-suites vae,conv-vae-28,…] [-rounds 3] [-epochs 2] [-threads 2] [-python …]
//
// The suites are the 784-400-20 VAE on 60,000 binary rows of MNIST (at $ELBO_DATA, else at ../shared/data), batch 128
// and Adam, in seconds an epoch; the convolutional VAE on MNIST and on random 32×32×3 images and
// a transformer of 4 layers, in seconds a step; a 3×3 convolution with its gradients; and the zoo,
//
//	go run ./bench/compare -suites mlp,beta,vamp,iwae,conv,vq,vq-pythae
//
// which are models beside Pythae's own of the same nets, data and batches, and beside plain
// PyTorch, in seconds of an epoch of so many rows; -share .1 takes a tenth of the rows.
//
// A peer that is not installed is left out and named. The contestants take turns in every round; a
// time is the median over all rounds, and a ratio the median of those of the rounds. The first epoch
// of a process warms up and does not count.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// contestant is a program that trains the model and says how long its epochs took.
type contestant struct {
	name string
	run  func(ctx context.Context) (seconds []float64, err error)
}

// settings are the flags.
type settings struct {
	rounds, epochs, threads int
	python, xla             string
	stock                   bool
	suites                  string
	share                   float64
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 3, "times that every contestant runs")
	flag.IntVar(&s.epochs, "epochs", 2, "timed epochs of a run")
	flag.IntVar(&s.threads, "threads", runtime.GOMAXPROCS(0), "threads of every contestant")
	flag.StringVar(&s.python, "python", "python3", "interpreter that has torch and jax")
	flag.StringVar(&s.xla, "xla", "", "PJRT plug-in, for a build with -tags xla")
	flag.BoolVar(&s.stock, "stock", true, "time GoMLX's own Go engine too")
	flag.StringVar(&s.suites, "suites", "vae,conv-vae-28,conv-vae-32,transformer,conv-forward,conv-backward", "what to compare")
	flag.Float64Var(&s.share, "share", 1, "share of the rows of the suites of the zoo")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compare(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// compare runs the suites one after another.
func compare(ctx context.Context, s settings, w io.Writer) error {
	if err := findData(filepath.Join("..", "shared", "data")); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	all, err := suites(ctx, s, dir)
	if err != nil {
		return err
	}
	for _, name := range strings.Split(s.suites, ",") {
		i := slices.IndexFunc(all, func(x suite) bool { return x.name == name })
		if i < 0 {
			return fmt.Errorf("suites: got %q, want some of %s", name, names(all))
		}
		if err := all[i].compare(ctx, s, w); err != nil {
			return err
		}
	}
	return nil
}

// findData tells all contestants of the data sets in a folder, if there is one, unless ELBO_DATA names others.
func findData(dir string) error {
	if os.Getenv("ELBO_DATA") != "" {
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil
	}
	return os.Setenv("ELBO_DATA", dir)
}

// names joins the names of suites.
func names(all []suite) string {
	var out []string
	for _, x := range all {
		out = append(out, x.name)
	}
	return strings.Join(out, ", ")
}

// median is the middle of some numbers.
func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// format writes times with four decimals.
func format(x []float64) string {
	var out []string
	for _, v := range x {
		out = append(out, fmt.Sprintf("%.4f", v))
	}
	return strings.Join(out, " ")
}
