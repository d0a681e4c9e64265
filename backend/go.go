package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

func init() {
	openers["go"] = func(config string) (compute.Backend, error) { return gobackend.New(config) }
}
