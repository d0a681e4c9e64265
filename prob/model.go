package prob

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Data holds what was observed, by name, row-major.
type Data map[string][]float64

// Model is a joint density ln p(x, z) over named variables with its data.
type Model struct {
	fn   func(p *Trace)
	data Data

	once   sync.Once
	err    error
	sites  []*site
	byName map[string]*site
	groups map[string]*group // by plate; "" is the model itself
	dim    int
}

// New returns the model of a function and its data. Mistakes in either are reported by what is
// first asked of the model, such as [Model.Check].
func New(fn func(p *Trace), data Data) *Model { return &Model{fn: fn, data: data} }

// Check runs the function once and reports what is wrong with it or with the data, by name.
func (m *Model) Check() error {
	m.once.Do(func() { m.err = m.explore() })
	return m.err
}

// Dim returns the number of unconstrained reals of all continuous unknowns together.
func (m *Model) Dim() (int, error) { return m.dim, m.Check() }

// params returns a new set of parameters that the model's graphs read their data from.
func (m *Model) params(seed uint64) (*model.Params, error) {
	b, err := openBackend()
	if err != nil {
		return nil, err
	}
	return model.NewParams(b, dtypes.Float64, rng.New(seed)), nil
}

// openBackend returns the default backend.
func openBackend() (compute.Backend, error) {
	b, err := backend.Open("")
	if err != nil {
		return nil, fmt.Errorf("prob: %w", err)
	}
	return b, nil
}

// site is a named variable.
type site struct {
	name     string
	kind     kind
	group    string // innermost plate
	dims     []int  // shape of a value, plates included
	plates   int    // number of plate axes
	offset   int    // first of its unconstrained reals
	free     []int  // shape of its unconstrained reals
	levels   int    // values of a discrete unknown
	constant bool   // a deterministic value that no unknown enters
}

// kind is what a variable is to the model.
type kind int

const (
	latent   kind = iota // continuous and unknown
	discrete             // discrete and unknown
	observed             // known
	computed             // a function of the others
)

// group is a plate, or the model itself.
type group struct {
	name    string
	parent  string
	size    int     // N
	batch   int     // B, the data of a minibatch; 0 is all
	choices []*site // discrete unknowns that are summed out here
}

// size is the number of values of a shape.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
