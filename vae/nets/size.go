package nets

import (
	"cmp"
	"fmt"
	"slices"
)

// maxDepth bounds the layers that a depth asks for, each of which is a part of the graph.
const maxDepth = 100

// Sized lets width and depth shape the net, where they are given. Of dense layers they make depth
// layers of width units, in place of the hidden widths: 1 layer where the depth is left out, and the
// first of the hidden widths where the width is. Of nets of images the width is the number of
// channels of the first stage, which every further one doubles, in place of the channels; the depth
// is the number of layers or blocks of a stage, of which each net says what they are.
func (c Config) Sized() Config {
	switch i := slices.IndexFunc(nets, func(n Net) bool { return n.Name == cmp.Or(c.Net, MLP) }); {
	case i < 0 || c.CheckSize("") != nil:
		return c // which the check of the configuration reports
	case nets[i].Images && c.Width > 0:
		channels := make([]int, max(1, len(c.Channels)))
		for j := range channels {
			channels[j] = min(c.Width<<min(j, 20), MaxWidth)
		}
		c.Channels = channels
	case !nets[i].Images && c.Width+c.Depth > 0:
		width := c.Width
		if width == 0 {
			width = c.Hidden[0]
		}
		c.Hidden = slices.Repeat([]int{width}, max(1, c.Depth))
	}
	return c
}

// CheckSize tells whether width and depth can shape the net; errors name the model.
func (c Config) CheckSize(model string) error {
	if c.Width < 0 || c.Width > MaxWidth {
		return fmt.Errorf("vae: %s: width: got %d, want 1 to %d, or 0 to leave it to the hidden widths and channels", model, c.Width, MaxWidth)
	}
	if c.Depth < 0 || c.Depth > maxDepth {
		return fmt.Errorf("vae: %s: depth: got %d, want 1 to %d, or 0 for the usual one of the net", model, c.Depth, maxDepth)
	}
	if c.Depth > 0 && c.Width == 0 && len(c.Hidden) == 0 && cmp.Or(c.Net, MLP) == MLP {
		return fmt.Errorf("vae: %s: depth: got %d layers without a width; set --width", model, c.Depth)
	}
	return nil
}
