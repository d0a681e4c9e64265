package launch

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// Pool serves workers to engines on this machine, at a port of its loopback address, until the
// context ends: the other end of the environment external.
func Pool(ctx context.Context, port int, ready func(address string)) error {
	pool, err := extworker.StartLoopback(ctx, port)
	if err != nil {
		return fmt.Errorf("launch: pool: %w", err)
	}
	ready(pool.EnvironmentConfig(ctx))
	<-ctx.Done()
	return pool.Stop(context.WithoutCancel(ctx))
}

// Boot is a worker that an engine started as a process, with the flags of Beam's container
// contract: --id and --provision_endpoint, and perhaps --logging_endpoint and --control_endpoint.
// Prism quotes the id.
type Boot struct {
	// ID names the worker to the engine.
	ID string
	// Provision is where the engine says what the worker has to know.
	Provision string
	// Logging is where the worker's log goes.
	Logging string
	// Control is where its work comes from.
	Control string
}

// ParseBoot reads the flags of a worker; ok is false where the arguments are not those of one.
func ParseBoot(args []string) (b Boot, ok bool) {
	for _, arg := range args {
		name, value, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch name {
		case "id":
			b.ID = strings.Trim(value, `'"`)
		case "provision_endpoint":
			b.Provision = value
		case "logging_endpoint":
			b.Logging = value
		case "control_endpoint":
			b.Control = value
		case "worker":
			return b, false // Beam's own flag: beam.Init runs the worker
		}
	}
	return b, b.ID != "" && (b.Provision != "" || b.Control != "")
}

// Work is the worker until the engine lets it go.
func (b Boot) Work(ctx context.Context) error {
	ctx = grpcx.WriteWorkerID(ctx, b.ID)
	var o harness.Options
	if b.Provision != "" {
		info, err := tools.ProvisionInfo(ctx, b.Provision)
		if err != nil {
			return fmt.Errorf("launch: worker %s: %w", b.ID, err)
		}
		o.StatusEndpoint, o.RunnerCapabilities = info.GetStatusEndpoint().GetUrl(), info.GetRunnerCapabilities()
		if url := info.GetLoggingEndpoint().GetUrl(); url != "" {
			b.Logging = url
		}
		if url := info.GetControlEndpoint().GetUrl(); url != "" {
			b.Control = url
		}
	}
	if b.Logging == "" || b.Control == "" {
		return fmt.Errorf("launch: worker %s: got logging %q and control %q, want two addresses", b.ID, b.Logging, b.Control)
	}
	return harness.MainWithOptions(ctx, b.Logging, b.Control, o)
}
