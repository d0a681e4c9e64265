//go:build !amd64 || noasm

package lanes

import "github.com/elbo-go/elbo/cpu/internal/isa"

// versions are the routines of each level.
var versions = map[isa.Level]*routines{isa.Portable: &plain}
