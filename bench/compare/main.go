// Command compare times the training of the 784-400-20 VAE by elbo and by its peers, in turn in
// one run, and prints what each takes beside the others.
//
//	go run ./bench/compare [-rounds 3] [-epochs 2] [-threads 2] [-python /path/to/python]
//
// A peer that is not installed is left out and named. Every contestant trains on the same
// 60,000 rows (MNIST at $ELBO_DATA, binarised once) with batch 128, Adam and a new order every
// epoch. A time is the median over all epochs of all rounds; the first epoch of a process warms
// up and does not count.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// contestant is a program that trains the model and says how long its epochs took.
type contestant struct {
	name string
	run  func(ctx context.Context) (seconds []float64, err error)
}

// settings are the flags.
type settings struct {
	rounds, epochs, threads int
	python, xla, data       string
	stock                   bool
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 3, "times that every contestant runs")
	flag.IntVar(&s.epochs, "epochs", 2, "timed epochs of a run")
	flag.IntVar(&s.threads, "threads", runtime.GOMAXPROCS(0), "threads of every contestant")
	flag.StringVar(&s.python, "python", "python3", "interpreter that has torch and jax")
	flag.StringVar(&s.xla, "xla", "", "PJRT plug-in, for a build with -tags xla")
	flag.BoolVar(&s.stock, "stock", true, "time GoMLX's own Go engine too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compare(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// compare runs all contestants and prints the table.
func compare(ctx context.Context, s settings, w io.Writer) error {
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	list, err := contestants(ctx, s, dir)
	if err != nil {
		return err
	}
	times := map[string][]float64{}
	left := map[string]error{}
	for round := range s.rounds {
		for _, c := range list {
			if left[c.name] != nil {
				continue
			}
			seconds, err := c.run(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil || len(seconds) == 0 {
				left[c.name] = fmt.Errorf("left out: %w", err)
				continue
			}
			times[c.name] = append(times[c.name], seconds...)
			fmt.Fprintf(w, "round %d  %-16s %s\n", round+1, c.name, format(seconds))
		}
	}
	return table(w, s, list, times, left)
}

// table prints the medians and the ratios to the first contestant.
func table(w io.Writer, s settings, list []contestant, times map[string][]float64, left map[string]error) error {
	base := median(times[list[0].name])
	fmt.Fprintf(w, "\n784-400-20 VAE, 60,000 rows, batch 128, float32, %d threads\n", s.threads)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "contestant\ts an epoch\tbest\tworst\ttimes %s\n", list[0].name)
	for _, c := range list {
		if err := left[c.name]; err != nil {
			fmt.Fprintf(t, "%s\t%v\n", c.name, err)
			continue
		}
		x := times[c.name]
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.3f\t%.2f\n", c.name, median(x), slices.Min(x), slices.Max(x), median(x)/base)
	}
	return t.Flush()
}

// contestants builds elbo and lists what to run.
func contestants(ctx context.Context, s settings, dir string) ([]contestant, error) {
	binary := filepath.Join(dir, "elbo")
	args := []string{"build", "-o", binary}
	if s.xla != "" {
		args = append(args, "-tags", "xla")
	}
	build := exec.CommandContext(ctx, "go", append(args, "./cmd/elbo")...)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	threads := fmt.Sprintf("threads=%d", s.threads)
	elbo := func(name, backend string) contestant {
		return contestant{name, func(ctx context.Context) ([]float64, error) { return trains(ctx, s, binary, dir, backend) }}
	}
	peer := func(name, script string, args ...string) contestant {
		return contestant{name, func(ctx context.Context) ([]float64, error) { return peers(ctx, s, script, args...) }}
	}
	list := []contestant{
		elbo("elbo", "elbo:"+threads), elbo("elbo avx2", "elbo:isa=avx2,"+threads), elbo("elbo 1 thread", "elbo:threads=1"),
		peer("torch eager", "speed_torch.py", "--mode", "eager"), peer("torch tuned", "speed_torch.py", "--mode", "tuned"),
		peer("torch compile", "speed_torch.py", "--mode", "compile"), peer("jax jit", "speed_jax.py"),
	}
	if s.xla != "" {
		list = append(list, elbo("gomlx xla", "xla:"+s.xla))
	}
	if s.stock {
		list = append(list, elbo("gomlx go", "go"))
	}
	return list, nil
}

// trains runs `elbo train` and reads the rate of every epoch from its record.
func trains(ctx context.Context, s settings, binary, dir, backend string) ([]float64, error) {
	out := filepath.Join(dir, "run")
	if err := os.RemoveAll(out); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "train", "vae", "--data", "mnist", "--binarize", "threshold", "--no-report", "-q",
		"--epochs", fmt.Sprint(s.epochs+1), "--backend", backend, "-o", out)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", s.threads))
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, lastLine(text))
	}
	return rates(filepath.Join(out, "metrics.jsonl"))
}

// rows is the number of rows that a time is for.
const rows = 60_000

// rates turns the examples a second of a run's epochs, but for the first, into seconds.
func rates(path string) ([]float64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var out []float64
	for d := json.NewDecoder(file); d.More(); {
		var epoch struct {
			Rate float64 `json:"examples_per_second"`
		}
		if err := d.Decode(&epoch); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, rows/epoch.Rate)
	}
	return out[min(1, len(out)):], nil
}

// peers runs a script of bench/peers, whose last line is a record of its times.
func peers(ctx context.Context, s settings, script string, args ...string) ([]float64, error) {
	args = append([]string{filepath.Join("bench", "peers", script), "--epochs", fmt.Sprint(s.epochs), "--threads", fmt.Sprint(s.threads)}, args...)
	cmd := exec.CommandContext(ctx, s.python, args...)
	cmd.Stderr = nil
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, lastLine(text))
	}
	var record struct{ Seconds []float64 }
	if err := json.Unmarshal([]byte(lastLine(text)), &record); err != nil {
		return nil, fmt.Errorf("%s", lastLine(text))
	}
	return record.Seconds, nil
}

// lastLine is the last line of a program's output.
func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// median is the middle of some numbers.
func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// format writes times with three decimals.
func format(x []float64) string {
	var out []string
	for _, v := range x {
		out = append(out, fmt.Sprintf("%.3f", v))
	}
	return strings.Join(out, " ")
}
