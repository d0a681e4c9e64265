package vae

import "slices"

// DenseNet tells whether the net is one of dense layers, whose feature map has the last of the hidden widths.
func (c Config) DenseNet() bool { return !c.NetConfig().Family().Images }

// HasLayers tells whether the model of a resolved configuration has layers of the hidden widths.
func (c Config) HasLayers() bool {
	s := registry[c.model]
	return s.Layers == nil || s.Layers(c)
}

// Setting is one of a [Config] that not all models read, by its name on the command line.
type Setting string

// The settings that only some models read.
const (
	LatentSetting    Setting = "latent"
	HiddenSetting    Setting = "hidden"
	ChannelsSetting  Setting = "channels"
	WidthSetting     Setting = "width"
	DepthSetting     Setting = "depth"
	FlowStepsSetting Setting = "flow-steps"
	SigmaSetting     Setting = "sigma"
)

// Unread says why a resolved configuration makes no use of a setting, or of an option of the priors; "" if it
// does.
func (c Config) Unread(name Setting) string {
	s := registry[c.model]
	switch name {
	case LatentSetting:
		return c.unreadLatent(s)
	case HiddenSetting:
		if !c.HasLayers() && len(c.Hidden) > 0 { // none is what there are
			return "model " + s.Name + c.withNet() + " has no layers of hidden widths"
		}
	case WidthSetting, DepthSetting:
		if c.DenseNet() && !c.HasLayers() {
			return "model " + s.Name + " has no layers of hidden widths"
		}
	case ChannelsSetting:
		switch {
		case c.DenseNet() && len(s.Nets) == 0:
			return "model " + s.Name + " has no net of images"
		case c.DenseNet():
			return "the net is " + c.Net
		}
	case FlowStepsSetting:
		if !c.bent() {
			return "the posterior is " + normalPosterior + ", no flow"
		}
	case SigmaSetting:
		if l, err := LikelihoodOf(c.Likelihood); err == nil && !l.Scaled {
			return "the likelihood is " + c.Likelihood
		}
	}
	return c.unreadPrior(s, string(name))
}

// withNet names the net in words that follow the model's name.
func (c Config) withNet() string {
	if c.Net == "" {
		return ""
	}
	return " with the net " + c.Net
}

// unreadLatent says what decides the size of the code in place of the setting.
func (c Config) unreadLatent(s Spec) string {
	switch {
	case s.Square:
		return "a code of model " + s.Name + " has as many values as a row"
	case s.Indices != nil:
		return "a code of model " + s.Name + " is a map of whole numbers, whose size the net decides"
	case s.CodeSize != nil:
		return "settings of model " + s.Name + " decide the size of its code"
	}
	return ""
}

// unreadPrior says that the prior has no such option of priors.
func (c Config) unreadPrior(s Spec, name string) string {
	if !s.Priors || !slices.ContainsFunc(priors, func(p Prior) bool { return slices.Contains(p.Reads, name) }) || slices.Contains(c.priorFamily().Reads, name) {
		return ""
	}
	return "the prior is " + c.priorFamily().Name
}
