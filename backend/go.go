package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// oneByOne makes the stock backend run the operations of a graph in sequence, each on all
// threads. Run side by side, matrix products that wait for each other's workers hang.
const oneByOne = "ops_sequential,"

func init() {
	openers["go"] = func(config string) (compute.Backend, error) { return gobackend.New(oneByOne + config) }
}
