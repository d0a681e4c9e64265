package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/bench"
)

func init() { commands = append(commands, benchCommand) }

// benchFlags are the flags of `elbo bench`.
type benchFlags struct {
	backend string
	rows    int
	budget  time.Duration
	asJSON  bool
}

// benchCommand measures the machine and the backend.
func benchCommand(io streams) *cobra.Command {
	f := benchFlags{backend: backend.Default, rows: 60_000, budget: 200 * time.Millisecond}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine and a backend are",
		Long: "bench prints the peak of the machine's multiply-add units, how near to it the backend's matrix products\n" +
			"and convolutions come, the time of elementwise work, and where the time of a training step of the\n" +
			"784-400-20 VAE goes. Other programs that run at the same time make all figures worse.",
		Example: "  elbo bench\n  elbo bench --backend elbo:isa=avx2,threads=1 --json",
		Args:    exactly(0, "none"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runBench(cmd, f) },
	}
	cmd.Flags().StringVar(&f.backend, "backend", f.backend, "compute `backend` to measure")
	completeFlag(cmd, "backend", backend.Names)
	cmd.Flags().IntVar(&f.rows, "rows", f.rows, "training `rows` of the step's epochs; 0 leaves the step out")
	cmd.Flags().DurationVar(&f.budget, "time", f.budget, "time for each operation")
	jsonFlag(cmd, &f.asJSON, "print one JSON object")
	return cmd
}

// runBench measures and prints.
func runBench(cmd *cobra.Command, f benchFlags) error {
	if f.rows < 0 || f.rows > 0 && f.rows < 128 || f.rows > 1_000_000 {
		return misusef("--rows: got %d, want 0, or from 128 to 1000000", f.rows)
	}
	if f.budget < 0 || f.budget > time.Minute {
		return misusef("--time: got %v, want from 0 to 1m", f.budget)
	}
	out := cmd.OutOrStdout()
	o := bench.Options{Backend: f.backend, Threads: runtime.GOMAXPROCS(0), Budget: f.budget}
	each := func(bench.Result) {}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if !f.asJSON {
		each = func(r bench.Result) { printResult(t, r) }
	}
	r, err := bench.Kernels(cmd.Context(), o, each)
	if err != nil {
		return err
	}
	if !f.asJSON {
		fmt.Fprintf(out, "backend  %s\npeak     %.0f GFLOP/s in float32 on one core, %.0f on %d\n\n", r.Backend, r.Core/1e9, r.Peak/1e9, r.Threads)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if f.rows > 0 {
		if r.Step, err = bench.TrainingStep(cmd.Context(), f.backend, f.rows); err != nil {
			return err
		}
	}
	if f.asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	return printStep(out, r.Step)
}

// printResult writes one row: a rate beside the peak, or the time of an element.
func printResult(w io.Writer, r bench.Result) {
	speed := fmt.Sprintf("%.3f ns an element", r.Seconds*1e9/float64(r.Elements))
	if r.Flops > 0 {
		speed = fmt.Sprintf("%.0f GFLOP/s\t%.0f %% of the peak", r.Flops/r.Seconds/1e9, 100*r.Share)
	}
	fmt.Fprintf(w, "%s\t%s\t%.1f µs\t%s\n", r.Group, r.Name, r.Seconds*1e6, speed)
}

// mostParts is the number of parts of a step that are printed.
const mostParts = 16

// printStep writes where the time of a training step goes.
func printStep(out io.Writer, s *bench.Step) error {
	if s == nil {
		return nil
	}
	fmt.Fprintf(out, "\nstep of the 784-400-20 VAE, batch 128: %.3f ms, %.0f rows/s, %.3f s an epoch of 60,000\n",
		s.Seconds*1e3, 128/s.Seconds, s.Seconds*60_000/128)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, p := range s.Parts {
		if i == mostParts {
			fmt.Fprintf(t, "  …\t\tand %d more\n", len(s.Parts)-i)
			break
		}
		fmt.Fprintf(t, "  %.1f µs\t%.1f %%\t%s\n", p.Total.Seconds()*1e6, 100*p.Total.Seconds()/s.Engine, p.Name)
	}
	return t.Flush()
}
