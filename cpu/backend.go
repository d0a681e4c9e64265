package cpu

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/run"
)

// BackendName is the name under which the engine is registered: GOMLX_BACKEND=elbo.
const BackendName = "elbo"

func init() { compute.Register(BackendName, New) }

// Backend is the engine: it makes builders and owns buffers. It may be used by several
// goroutines at once.
type Backend struct {
	config    config
	pool      *run.Pool
	memory    memory
	counts    counts
	finalized atomic.Bool
}

var _ compute.Backend = (*Backend)(nil)

// config is what a configuration string says.
type config struct {
	threads int
	level   isa.Level
	unfused bool
	stock   bool
	profile bool
	dump    string
}

// New makes a backend from a comma-separated configuration: "threads=N", "isa=go", "isa=avx2",
// "isa=avx512", "unfused" (every node alone on the plain kernels), "stock" (whole graphs on
// GoMLX's own engine), "profile" (see [Backend.Profile]) and "dump=DIR" (graphs and programs as
// text, in a folder that exists); "" means all cores and the best instruction set of the machine.
func New(text string) (compute.Backend, error) {
	c, err := parseConfig(text)
	if err != nil {
		return nil, err
	}
	b := &Backend{config: c, pool: run.NewPool(c.threads)}
	b.counts.fallback, b.counts.kernels = map[string]int{}, map[string]int{}
	return b, nil
}

func parseConfig(text string) (config, error) {
	c := config{threads: runtime.GOMAXPROCS(0), level: isa.Best()}
	for _, part := range strings.Split(text, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "":
		case "threads":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > 1024 {
				return c, errors.Errorf("cpu: config: threads: got %q, want a number from 1 to 1024", value)
			}
			c.threads = n
		case "isa":
			level, err := isa.Parse(value)
			if err != nil {
				return c, errors.WithMessage(err, "cpu: config")
			}
			c.level = level
		case "unfused":
			c.unfused = true
		case "stock":
			c.stock = true
		case "profile":
			c.profile = true
		case "dump":
			if info, err := os.Stat(value); err != nil || !info.IsDir() {
				return c, errors.Errorf("cpu: config: dump: got %q, want a folder that exists", value)
			}
			c.dump = value
		default:
			return c, errors.Errorf("cpu: config: got %q, want threads=N, isa=go|avx2|avx512, unfused, stock, profile or dump=DIR", part)
		}
	}
	return c, nil
}

// Name gives "elbo".
func (b *Backend) Name() string { return BackendName }

// String gives "elbo".
func (b *Backend) String() string { return BackendName }

// Description tells the number of threads and the instruction set.
func (b *Backend) Description() string {
	mode := ""
	switch {
	case b.config.stock:
		mode = ", on GoMLX's engine"
	case b.config.unfused:
		mode = ", unfused"
	}
	return fmt.Sprintf("elbo CPU engine (%d threads, %s%s)", b.config.threads, b.config.level, mode)
}

// NumDevices is 1.
func (b *Backend) NumDevices() int { return 1 }

// DeviceDescription describes the one device.
func (b *Backend) DeviceDescription(compute.DeviceNum) string { return "cpu" }

// Capabilities lists the operations and data types.
func (b *Backend) Capabilities() compute.Capabilities { return capabilities.Clone() }

// Builder begins a computation.
func (b *Backend) Builder(name string) compute.Builder { return newBuilder(b, name) }

// Finalize gives up the backend's memory; its buffers and executables answer with errors from then on.
func (b *Backend) Finalize() {
	if !b.finalized.Swap(true) {
		b.pool.Close()
		b.memory.clear()
	}
}

// IsFinalized tells whether Finalize was called.
func (b *Backend) IsFinalized() bool { return b.finalized.Load() }

// alive gives an error once the backend is finalized, or for a device other than 0.
func (b *Backend) alive(device compute.DeviceNum) error {
	if b.IsFinalized() {
		return errors.New("cpu: the backend is finalized")
	}
	if device != 0 {
		return errors.Errorf("cpu: device: got %d, want 0, the only one", device)
	}
	return nil
}
