package vae

import (
	"fmt"
	"slices"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae/nets"
)

// Nets lists the families of networks that models can be built from.
func Nets() []nets.Net { return nets.All() }

// NetNames lists the names of the families.
func NetNames() []string { return nets.Names() }

// NetConfig is the part of the configuration that nets are built from.
func (c Config) NetConfig() nets.Config {
	return nets.Config{Dim: c.Dim, Shape: c.Shape, Net: c.Net, Channels: c.Channels, Hidden: c.Hidden, Width: c.Width, Depth: c.Depth, Latent: c.Latent}
}

// FeatureMap returns the feature map of rows x, B×h×w×C (see [nets.Config.FeatureMap]).
func (c Config) FeatureMap(s *model.Scope, x *g.Node) *g.Node { return c.NetConfig().FeatureMap(s, x) }

// FromMap returns the parameters of p(x|m), B×D, for maps m, B×h×w×C′ (see [nets.Config.FromMap]).
func (c Config) FromMap(s *model.Scope, m *g.Node) *g.Node { return c.NetConfig().FromMap(s, m) }

// MapExtent is the shape of the feature map of a row.
func (c Config) MapExtent() nets.Extent { return c.NetConfig().MapExtent() }

// Features returns h(x), B×F, of rows x, B×D (see [nets.Config.Features]).
func (c Config) Features(s *model.Scope, x *g.Node) *g.Node { return c.NetConfig().Features(s, x) }

// Outputs returns the parameters of p(x|z), B×D, for codes z, B×L: the way of [Config.Features]
// back, with what the remedies add to it.
func (c Config) Outputs(s *model.Scope, z *g.Node) *g.Node {
	if c.Remedies.Skip {
		return c.skipping(s, z)
	}
	return c.NetConfig().Outputs(s, z)
}

// Widest returns the number of values of the widest layer for one row.
func (c Config) Widest() int64 { return c.NetConfig().Widest() }

// Weights counts the weights of an encoder and of the decoder that mirrors it.
func (c Config) Weights() int64 {
	return c.NetConfig().Weights() + c.posteriorWeights() + c.PriorWeights() + c.skipWeights()
}

// sized lets width and depth shape the net, where they are given (see [nets.Config.Sized]).
func (c Config) sized() Config {
	n := c.NetConfig().Sized()
	c.Hidden, c.Channels = n.Hidden, n.Channels
	return c
}

// checkNet tells whether the model can have the net and its settings, whatever the data.
func (c Config) checkNet(s Spec) error {
	if !slices.Contains(s.Nets, c.Net) && c.Net != "" {
		want := "none: its networks are its own"
		if len(s.Nets) > 0 {
			want = "one of " + strings.Join(s.Nets, ", ")
		}
		return fmt.Errorf("vae: %s: net: got %q, want %s", s.Name, c.Net, want)
	}
	for i, w := range c.Channels {
		if w < 1 || w > MaxWidth {
			return fmt.Errorf("vae: %s: channels of stage %d: got %d, want 1 to %d", s.Name, i, w, MaxWidth)
		}
	}
	if c.NetConfig().Family().Images && len(c.Channels) == 0 {
		return fmt.Errorf("vae: %s: channels: got none, want at least one for the net %s; set --channels", s.Name, c.Net)
	}
	return nil
}
