package all_test

import (
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
)

// A setting of sizes is unread exactly if another value leaves every parameter as it was.
func TestSettingsThatShapeNoParameterAreCalledUnread(t *testing.T) {
	changes := map[vae.Setting]func(*vae.Config){
		vae.LatentSetting:   func(c *vae.Config) { c.Latent = 3 },
		vae.HiddenSetting:   func(c *vae.Config) { c.Hidden = []int{7} },
		vae.ChannelsSetting: func(c *vae.Config) { c.Channels = []int{4, 5} },
		vae.WidthSetting:    func(c *vae.Config) { c.Width = 9 },
		vae.DepthSetting:    func(c *vae.Config) { c.Depth = 3 },
	}
	for _, s := range vae.Specs() {
		built := 0
		for _, c := range shapes(s) {
			if _, err := vae.New(s.Name, c); err != nil {
				continue // such as a table for a model that completes images
			}
			built++
			was := zoo.Paths(t, s.Name, c)
			for name, change := range changes {
				other := c
				change(&other)
				same, unread := zoo.Paths(t, s.Name, other) == was, c.Resolved(s.Name).Unread(name)
				if same != (unread != "") {
					t.Errorf("%s with net %q: another %s leaves the parameters as they are: %v, unread: %q", s.Name, c.Resolved(s.Name).Net, name, same, unread)
				}
			}
		}
		if built == 0 {
			t.Errorf("%s: got no configuration that can be built", s.Name)
		}
	}
}

// shapes are configurations with dense layers on rows of a table, and with the first net of images.
func shapes(s vae.Spec) (out []vae.Config) {
	c := vae.Config{Dim: 6, Hidden: []int{5}, Channels: []int{2, 3}, Latent: 2, Likelihood: "bernoulli", Sigma: 1, Classes: 3, Rows: 10, Options: s.Small()}
	if s.Fixed != nil {
		c.Likelihood = s.Fixed[len(s.Fixed)-1]
	}
	if len(s.Nets) == 0 || slices.Contains(s.Nets, nets.MLP) {
		out = append(out, c)
		if len(s.Nets) > 0 {
			out[0].Net = nets.MLP
		}
	}
	c.Dim, c.Shape = 64, []int{8, 8}
	for _, n := range s.Nets {
		if slices.Contains(nets.ImageNames(), n) {
			c.Net = n
			return append(out, c)
		}
	}
	return out
}
