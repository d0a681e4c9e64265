//go:build !amd64 || noasm

package pool

import "github.com/elbo-go/elbo/cpu/internal/isa"

func native(isa.Level, bool) picker { return nil }
