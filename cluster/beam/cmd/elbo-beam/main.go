// Command elbo-beam fits topics and scores documents and rows on a cluster that runs Apache Beam
// pipelines. It is the driver and the worker: an engine starts it as a process, or finds it
// waiting as a pool.
//
//	elbo-beam train lda --data ap.dat --topics 50 --out runs/ap --runner prism
//	elbo-beam score lda --data held-out.dat --model runs/ap/model.json --out runs/ap/held-out
//	elbo-beam score gmm --data rows.csv --model mixture.json --out scores
//	elbo-beam worker --port 50000
//
// Flags behind a lone -- go to Beam: elbo-beam train lda … --runner dataflow -- --project=… --region=…
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/elbo-go/elbo/cluster/beam/launch"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "elbo-beam:", err)
		os.Exit(1)
	}
}

// commands are what the program does.
var commands = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"train lda": trainLDA,
	"score lda": scoreOf("lda"),
	"score gmm": scoreOf("gmm"),
	"worker":    worker,
}

// run carries out a command line.
func run(ctx context.Context, args []string, out io.Writer) error {
	if b, ok := launch.ParseBoot(args); ok {
		beam.Init()
		return b.Work(ctx)
	}
	own, beams := args, []string(nil)
	if i := slices.Index(args, "--"); i >= 0 {
		own, beams = args[:i], args[i+1:]
	}
	if slices.ContainsFunc(own, func(a string) bool { return strings.HasPrefix(strings.TrimLeft(a, "-"), "worker=") }) {
		own, beams = nil, args // Beam's own way to start a worker
	}
	flag.CommandLine.Init("elbo-beam … --", flag.ContinueOnError)
	if err := flag.CommandLine.Parse(beams); err != nil {
		return err
	}
	beam.Init() // does not return in a worker
	for _, words := range []int{2, 1} {
		if len(own) >= words {
			if command, ok := commands[strings.Join(own[:words], " ")]; ok {
				return command(ctx, own[words:], out)
			}
		}
	}
	return fmt.Errorf("got %q, want train lda, score lda, score gmm or worker, with --help for their flags", strings.Join(own[:min(len(own), 2)], " "))
}

// engine adds the flags of where a pipeline runs.
func engine(f *flag.FlagSet) func() launch.Options {
	o := launch.Options{Note: func(attempt int, err error) {
		fmt.Fprintf(os.Stderr, "elbo-beam: attempt %d failed: %v\n", attempt, err)
	}}
	f.StringVar(&o.Runner, "runner", "prism", "engine: "+strings.Join(launch.Runners, ", "))
	f.StringVar(&o.Endpoint, "endpoint", "", "address of the engine's job service; none: Prism in this process")
	f.StringVar(&o.Environment, "environment", "", "where workers run: "+strings.Join(launch.Environments[1:], ", "))
	f.StringVar(&o.EnvironmentConfig, "environment-config", "", "address of the pool, JSON of the program or name of the image")
	f.StringVar(&o.Worker, "worker-binary", "", "program to stage for workers (this one, and none for external workers)")
	f.IntVar(&o.Parallelism, "parallelism", 0, "workers to ask for, 0 for the engine's choice")
	f.IntVar(&o.Attempts, "attempts", 3, "how often a pipeline is tried")
	f.DurationVar(&o.Timeout, "timeout", 0, "end of an attempt, as 10m; 0 for never")
	verbose := f.Bool("verbose", false, "let Beam say what it does")
	return func() launch.Options {
		if !*verbose {
			slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1})))
		}
		return o
	}
}

// flags makes the set of a command's flags.
func flags(name string) *flag.FlagSet {
	return flag.NewFlagSet("elbo-beam "+name, flag.ContinueOnError)
}

// parse reads the flags and refuses what is left.
func parse(f *flag.FlagSet, args []string, needed ...string) error {
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%s: got argument %q, want flags only", f.Name(), f.Arg(0))
	}
	for _, name := range needed {
		if f.Lookup(name).Value.String() == "" {
			return fmt.Errorf("%s: got no --%s, want one", f.Name(), name)
		}
	}
	return nil
}

// worker is a pool of workers for engines on this machine.
func worker(ctx context.Context, args []string, out io.Writer) error {
	f := flags("worker")
	port := f.Int("port", 50000, "port of the loopback address")
	if err := parse(f, args); err != nil {
		return err
	}
	return launch.Pool(ctx, *port, func(address string) { fmt.Fprintln(out, "workers wait at", address) })
}

// rate is a number of words a second.
func rate(tokens int64, since time.Time) string {
	return fmt.Sprintf("%.3g words a second", float64(tokens)/time.Since(since).Seconds())
}
