// Command engines times the conjugate engines of elbo beside the programs that people use for the
// same, in turn in one run, and prints medians and ratios.
//
//	go run ./bench/engines [-python …] [-data FOLDER] [-rounds 5] [-suites mixture,…]
//
// A suite runs elbo in this process and a script of bench/peers on the same rows. What a line took
// is for the unit that the suite names; beside it stands what was reached, so that a faster line that
// reached less can be told.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
)

// settings are the flags.
type settings struct {
	python, data, suites string
	rounds, threads      int
	out                  io.Writer
}

func main() {
	s := settings{out: os.Stdout}
	flag.StringVar(&s.python, "python", "python3", "interpreter that has the peers")
	flag.StringVar(&s.data, "data", dataFolder(), "folder of the data sets")
	flag.StringVar(&s.suites, "suites", strings.Join(names(), ","), "what is compared")
	flag.IntVar(&s.rounds, "rounds", 5, "times that everything runs")
	flag.IntVar(&s.threads, "threads", runtime.GOMAXPROCS(0), "threads of both")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// dataFolder is where the data sets are.
func dataFolder() string {
	if dir := os.Getenv("ELBO_DATA"); dir != "" {
		return dir
	}
	return "../shared/data"
}

// run compares what the flags ask for.
func run(ctx context.Context, s settings) error {
	if s.rounds < 1 {
		return fmt.Errorf("engines: rounds: got %d, want at least 1", s.rounds)
	}
	runtime.GOMAXPROCS(s.threads)
	for _, name := range strings.Split(s.suites, ",") {
		i := slices.IndexFunc(suites, func(u suite) bool { return u.name == name })
		if i < 0 {
			return fmt.Errorf("engines: suites: got %q, want some of %s", name, strings.Join(names(), ", "))
		}
		if err := s.compare(ctx, suites[i]); err != nil {
			return fmt.Errorf("engines: %s: %w", name, err)
		}
	}
	return nil
}

// names lists the suites.
func names() (out []string) {
	for _, u := range suites {
		out = append(out, u.name)
	}
	return out
}
