// Package launch runs pipelines on the engine that a user has: in this process, on a job service
// of the user's cluster, with workers in this process, in others, or that the engine starts.
package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow" // --runner dataflow
	//lint:ignore SA1019 the direct runner is the reference that serialises nothing, for tests
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"    // --runner direct
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"     // --runner flink
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"     // --runner prism
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/spark"     // --runner spark
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal" // --runner universal
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Runners are the names that Options.Runner may have.
var Runners = []string{"direct", "prism", "universal", "flink", "spark", "dataflow"}

// Environments are the names that Options.Environment may have.
var Environments = []string{"", "loopback", "external", "process", "docker"}

// Options say where a pipeline runs.
type Options struct {
	// Runner is one of Runners. prism without an endpoint is an engine in this process.
	Runner string
	// Endpoint is the address of the job service.
	Endpoint string
	// Environment is where workers run: loopback (this process), external (a pool that listens),
	// process (a program that the engine starts) or docker; empty for the runner's own choice.
	Environment string
	// EnvironmentConfig is the address of the pool, the JSON of the program or the image.
	EnvironmentConfig string
	// Worker is the program that is staged for workers; empty stages none to loopback and external
	// workers, and this program to others.
	Worker string
	// Parallelism is the number of workers that is asked for, 0 for the engine's own choice.
	Parallelism int
	// Attempts is how often a pipeline is tried before its error is the run's.
	Attempts int
	// Timeout ends an attempt, 0 for never; engine or workers have to be in another process.
	Timeout time.Duration
	// Note is told of each attempt that failed; nil for no one.
	Note func(attempt int, err error)
}

// check refuses options that no runner understands.
func (o Options) check() error {
	remote := slices.Contains([]string{"universal", "flink", "spark"}, o.Runner)
	switch {
	case !slices.Contains(Runners, o.Runner):
		return fmt.Errorf("launch: runner: got %q, want one of %s", o.Runner, strings.Join(Runners, ", "))
	case !slices.Contains(Environments, o.Environment):
		return fmt.Errorf("launch: environment: got %q, want one of %s", o.Environment, strings.Join(Environments[1:], ", "))
	case remote && o.Endpoint == "":
		return fmt.Errorf("launch: endpoint: got none, want the address of the job service of %s", o.Runner)
	case (o.Environment == "external" || o.Environment == "process") && o.EnvironmentConfig == "":
		return fmt.Errorf("launch: environment %s: got no configuration, want an address or a program", o.Environment)
	case o.Timeout > 0 && o.here():
		return fmt.Errorf("launch: timeout: got %v for an engine and workers in this process, want one of them elsewhere: they cannot be left behind", o.Timeout)
	case o.Parallelism < 0 || o.Attempts < 0 || o.Timeout < 0:
		return fmt.Errorf("launch: parallelism, attempts, timeout: got %d, %d, %v, want none below 0", o.Parallelism, o.Attempts, o.Timeout)
	}
	return nil
}

// here tells whether engine and workers are this process.
func (o Options) here() bool {
	return o.Runner == "direct" || o.Runner == "prism" && o.Endpoint == "" && (o.Environment == "" || o.Environment == "loopback")
}

var (
	// one is held while a pipeline is submitted: Beam's job options are global.
	one sync.Mutex
	// inProcess is the address of the Prism in this process, where there is one.
	inProcess string
)

// Run builds a pipeline and runs it until it is done, again if it fails. An attempt that failed
// or was killed may have written any part of its files; what they hold must not depend on it.
func (o Options) Run(ctx context.Context, build func(beam.Scope)) error {
	if err := o.check(); err != nil {
		return err
	}
	one.Lock()
	defer one.Unlock()
	var all []error
	for attempt := 1; ; attempt++ {
		err := o.attempt(ctx, build)
		if err == nil {
			return nil
		}
		if o.Note != nil {
			o.Note(attempt, err)
		}
		all = append(all, fmt.Errorf("attempt %d: %w", attempt, err))
		if attempt >= max(o.Attempts, 1) || ctx.Err() != nil {
			return fmt.Errorf("launch: %s: %w", o.Runner, errors.Join(all...))
		}
	}
}

// attempt runs a pipeline once.
func (o Options) attempt(ctx context.Context, build func(beam.Scope)) error {
	if o.Timeout > 0 {
		within, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		ctx = within
	}
	worker, done, err := o.staged()
	if err != nil {
		return err
	}
	defer done()
	if o.Environment == "external" {
		if err := await(ctx, o.EnvironmentConfig); err != nil {
			return err
		}
	}
	*jobopts.Endpoint, *jobopts.EnvironmentType, *jobopts.EnvironmentConfig = o.Endpoint, o.Environment, o.EnvironmentConfig
	if o.Runner == "prism" && o.Endpoint == "" {
		*jobopts.Endpoint = inProcess // empty the first time: Beam starts one and says where
		if o.Environment == "" {
			*jobopts.EnvironmentType = "loopback"
		}
	}
	*jobopts.WorkerBinary, *jobopts.Parallelism = worker, -1
	if o.Parallelism > 0 {
		*jobopts.Parallelism = o.Parallelism
	}
	if o.here() {
		ctx = context.WithoutCancel(ctx) // Prism panics when it is cancelled with its workers: the pipeline ends first
	}
	pipeline, scope := beam.NewPipelineWithRoot()
	build(scope)
	_, err = beam.Run(ctx, o.Runner, pipeline)
	if o.Runner == "prism" && o.Endpoint == "" {
		if inProcess = *jobopts.Endpoint; err != nil {
			inProcess = "" // a job that hangs there would hold the next one up
		}
	}
	return err
}

// await waits until a pool of workers answers: one that died needs time to start again, and an
// engine that finds none gives up at once.
func await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err == nil {
		defer c.Close()
		// any answer will do, and none such worker is there to be stopped
		ask := &fnpb.StopWorkerRequest{WorkerId: "is anyone there?"}
		_, err = fnpb.NewBeamFnExternalWorkerPoolClient(c).StopWorker(ctx, ask, grpc.WaitForReady(true))
	}
	if err != nil {
		return fmt.Errorf("launch: environment external: got no pool of workers at %s: %w", address, err)
	}
	return nil
}

// staged is the program that goes to the workers: for those that run already an empty file, since
// Beam stages something in any case and would build a program of its own for want of one.
func (o Options) staged() (path string, done func(), err error) {
	switch {
	case o.Worker != "":
		return o.Worker, func() {}, nil
	case o.Environment != "external":
		path, err = os.Executable()
		return path, func() {}, err
	}
	f, err := os.CreateTemp("", "elbo-beam-no-worker-*")
	if err != nil {
		return "", nil, fmt.Errorf("launch: %w", err)
	}
	return f.Name(), func() { _ = os.Remove(f.Name()) }, f.Close()
}
