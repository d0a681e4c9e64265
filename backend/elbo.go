package backend

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu"
)

func init() {
	openers["elbo"] = func(config string) (compute.Backend, error) { return cpu.New(config) }
}
