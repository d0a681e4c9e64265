package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/train/rundir"
)

func init() { commands = append(commands, newVersion) }

// versions is what `elbo version` tells.
type versions struct {
	Elbo     string            `json:"elbo"`
	Revision string            `json:"revision,omitempty"` // of the source, if the build knows it
	Go       string            `json:"go"`
	Platform string            `json:"platform"`
	Backends []string          `json:"backends"`
	Modules  map[string]string `json:"modules"` // of the libraries that compute
}

// newVersion builds `elbo version`.
func newVersion(io streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of elbo, Go and the compute libraries",
		Example: "  elbo version\n  elbo version --json",
		Args:    exactly(0, "none"),
		RunE: func(*cobra.Command, []string) error {
			v := readVersions()
			if asJSON {
				return indented(io.out, v)
			}
			fmt.Fprintf(io.out, "elbo      %s", v.Elbo)
			if v.Revision != "" {
				fmt.Fprintf(io.out, " (%s)", v.Revision)
			}
			fmt.Fprintf(io.out, "\nGo        %s %s\nbackends  %s\n", v.Go, v.Platform, strings.Join(v.Backends, ", "))
			for _, m := range computeModules {
				if version, ok := v.Modules[m]; ok {
					fmt.Fprintf(io.out, "%s %s\n", m, version)
				}
			}
			return nil
		},
	}
	jsonFlag(cmd, &asJSON, "print a JSON object")
	return cmd
}

// computeModules are the modules that figures may depend on.
var computeModules = []string{
	"github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla", "gonum.org/v1/gonum",
}

// readVersions asks the build.
func readVersions() versions {
	v := versions{
		Elbo: rundir.Version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Backends: backend.Names(), Modules: map[string]string{},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	for _, d := range info.Deps {
		for _, m := range computeModules {
			if d.Path == m {
				v.Modules[m] = d.Version
			}
		}
	}
	return v
}
