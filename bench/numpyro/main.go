// Command numpyro times automatic variational inference of elbo beside NumPyro's, in turn in one
// run, and prints medians.
//
//	go run ./bench/numpyro -data FOLDER [-python …] [-rounds 3] [-limit 60] [-cases kidiq/full,…]
//
// The models are kidiq (posteriordb's kidscore_momiq, unscaled inputs) and a logistic regression of
// 10,000 rows on 50 inputs, the guides a full-rank and a mean-field Gaussian. Every measurement is
// made in a fresh process; compilation counts, and so does it again in elbo's warm fits, for elbo
// keeps no compiled programs between fits. Lines:
//
//	whole fit      elbo's, from the call to the end of its own steps, checks of convergence included
//	to the target  .5 nats below that bound. elbo: at the first window whose mean bound is above it;
//	               NumPyro: of the rates tried in the first round the fastest, its checks off the
//	               clock
//	Laplace        the Gaussian at the mode. NumPyro: AutoLaplaceApproximation by BFGS; in float32
//	               and, as elbo, float64
//	throughput     microseconds a step after compilation, with Adam at .01 from random starts and 1
//	               and 4 draws a step
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
)

// settings are the flags.
type settings struct {
	python, data, cases, rates, one string
	rounds, threads, steps          int
	limit                           float64
	seed                            uint64
}

func main() {
	var s settings
	flag.StringVar(&s.python, "python", "python3", "interpreter that has numpyro")
	flag.StringVar(&s.data, "data", os.Getenv("ELBO_DATA"), "folder that holds posteriordb")
	flag.StringVar(&s.cases, "cases", "kidiq/full,kidiq/mean,logistic/full,logistic/mean", "models and guides")
	flag.StringVar(&s.rates, "rates", "0.1,0.03,0.01,0.003", "Adam's rates that NumPyro may choose from")
	flag.IntVar(&s.rounds, "rounds", 3, "times that everything runs")
	flag.IntVar(&s.threads, "threads", runtime.GOMAXPROCS(0), "threads of both")
	flag.IntVar(&s.steps, "steps", 2000, "steps of the throughput")
	flag.Float64Var(&s.limit, "limit", 60, "seconds that one of NumPyro's rates may take after compilation")
	flag.StringVar(&s.one, "one", "", "measure elbo on one case in this process and print it as JSON")
	flag.Uint64Var(&s.seed, "seed", 1, "seed, with -one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does what the flags say.
func run(ctx context.Context, s settings) error {
	if s.data == "" {
		return errors.New("numpyro: data: got none, want -data or ELBO_DATA")
	}
	if s.one != "" {
		name, family, _ := strings.Cut(s.one, "/")
		r, err := measureOwn(ctx, name, family, s.data, s.seed, s.steps)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	for _, c := range strings.Split(s.cases, ",") {
		name, family, ok := strings.Cut(c, "/")
		if !ok {
			return fmt.Errorf("numpyro: cases: got %q, want MODEL/GUIDE", c)
		}
		if err := s.compare(ctx, name, family); err != nil {
			return err
		}
	}
	return nil
}

// elbo measures elbo in a process of its own.
func (s settings) elbo(ctx context.Context, name, family string, seed int) (*own, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "-one", name+"/"+family, "-data", s.data, "-steps", fmt.Sprint(s.steps), "-seed", fmt.Sprint(seed))
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", s.threads))
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("numpyro: elbo: %w", err)
	}
	r := &own{}
	return r, json.Unmarshal(text, r)
}

// errAbsent tells that NumPyro is not installed.
var errAbsent = errors.New("numpyro: NumPyro is not there")

// peer runs the script, whose last line is a record.
func (s settings) peer(ctx context.Context, out any, args ...string) error {
	args = append([]string{filepath.Join("bench", "peers", "numpyro_advi.py"), "--threads", fmt.Sprint(s.threads), "--data", s.data}, args...)
	text, err := exec.CommandContext(ctx, s.python, args...).Output()
	if err != nil {
		return fmt.Errorf("numpyro: %s: %w", strings.Join(args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	last := []byte(lines[len(lines)-1])
	var skipped struct{ Skipped string }
	if json.Unmarshal(last, &skipped) == nil && skipped.Skipped != "" {
		return fmt.Errorf("%w: %s", errAbsent, skipped.Skipped)
	}
	return json.Unmarshal(last, out)
}
