// Command topics times latent Dirichlet allocation of elbo beside scikit-learn's and gensim's, in
// turn in one run, to the completion perplexity that each of them ends at.
//
//	go run ./bench/topics -data FOLDER [-python …] [-rounds 3] [-threads 2]
//
// The corpus is AP with 50 topics and α = η = 1/50 throughout. 224 documents are held out; of
// each the entries of even place are given and those of odd place are scored. Every fit of a
// peer is a process of its own; of all times the least of the rounds counts. Of elbo it is the
// fit of the fewest sweeps or steps whose topics predict as well as the peer's last ones, each by
// its own inference of the held-out proportions; scoring is off the clock on all sides.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
)

// peers are the engines of topic_speed.py.
var peers = []string{"sklearn-batch", "sklearn-online", "gensim", "gensim-256"}

// settings are the flags.
type settings struct {
	python, script, data string
	rounds, threads      int
}

func main() {
	var s settings
	flag.StringVar(&s.python, "python", "python3", "interpreter that has scikit-learn and gensim")
	flag.StringVar(&s.script, "script", filepath.Join("bench", "peers", "topic_speed.py"), "the peers")
	flag.StringVar(&s.data, "data", os.Getenv("ELBO_DATA"), "folder that holds ap-lda")
	flag.IntVar(&s.rounds, "rounds", 3, "times that everything runs")
	flag.IntVar(&s.threads, "threads", runtime.GOMAXPROCS(0), "threads of each engine that has them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// point is how well topics predict after how long.
type point struct {
	// Seconds is the time of the fit.
	Seconds float64 `json:"seconds"`
	// Perplexity is that of document completion.
	Perplexity float64 `json:"perplexity"`
}

// run measures all engines in every round and prints the table.
func run(ctx context.Context, s settings, out io.Writer) error {
	if s.data == "" || s.rounds < 1 {
		return errors.New("topics: got no data or no rounds, want -data or ELBO_DATA and at least one round")
	}
	p, err := load(s.data)
	if err != nil {
		return err
	}
	unigram, err := p.unigram()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "unigram: perplexity %.0f; %d threads, least seconds of %d rounds\n", unigram, s.threads, s.rounds)
	theirs, ours := map[string]point{}, map[string][]point{}
	for range s.rounds {
		for _, name := range peers {
			got, ok, err := s.peer(ctx, name)
			if err != nil {
				return err
			}
			if ok {
				theirs[name] = better(theirs[name], got)
			}
		}
		for name, fit := range own {
			got, err := fit(ctx, p, s.threads)
			if err != nil {
				return err
			}
			ours[name] = fastest(ours[name], got)
		}
	}
	for _, name := range peers {
		if at, ok := theirs[name]; ok {
			report(out, name, at, ours)
		} else {
			fmt.Fprintf(out, "%-15s absent\n", name)
		}
	}
	return nil
}

// peer runs one of the peers; ok is false where it is absent.
func (s settings) peer(ctx context.Context, name string) (got point, ok bool, err error) {
	cmd := exec.CommandContext(ctx, s.python, s.script, "--data", s.data, "--engine", name, "--threads", fmt.Sprint(s.threads))
	cmd.Env = append(os.Environ(), fmt.Sprintf("OMP_NUM_THREADS=%d", s.threads), fmt.Sprintf("OPENBLAS_NUM_THREADS=%d", s.threads))
	b, err := cmd.Output()
	if err != nil {
		return got, false, fmt.Errorf("topics: %s: %w", name, err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	last := lines[len(lines)-1]
	if strings.Contains(last, "skipped") {
		return got, false, nil
	}
	if err := json.Unmarshal([]byte(last), &got); err != nil || !(got.Seconds > 0 && got.Perplexity > 0) {
		return got, false, fmt.Errorf("topics: %s: got %q, want seconds and a perplexity", name, last)
	}
	return got, true, nil
}

// better is the faster of two runs of the same fit, the first of which may be missing.
func better(a, b point) point {
	if a.Seconds > 0 && a.Seconds <= b.Seconds {
		return a
	}
	return b
}

// fastest is better point by point.
func fastest(a, b []point) []point {
	for i := range b {
		if i < len(a) {
			b[i] = better(a[i], b[i])
		}
	}
	return b
}

// report prints one peer and when each engine of elbo predicts as well.
func report(out io.Writer, name string, at point, ours map[string][]point) {
	fmt.Fprintf(out, "%-15s perplexity %.0f after %.2f s", name, at.Perplexity, at.Seconds)
	for _, engine := range []string{"batch", "stochastic"} {
		if got, ok := reach(ours[engine], at.Perplexity); ok {
			fmt.Fprintf(out, "; elbo %s %.0f after %.2f s, %.1f times as fast", engine, got.Perplexity, got.Seconds, at.Seconds/got.Seconds)
		} else {
			fmt.Fprintf(out, "; elbo %s never", engine)
		}
	}
	fmt.Fprintln(out)
}

// reach is the fastest point that predicts at least as well.
func reach(points []point, perplexity float64) (best point, ok bool) {
	for _, p := range points {
		if p.Perplexity <= perplexity {
			best, ok = better(best, p), true
		}
	}
	return best, ok
}
