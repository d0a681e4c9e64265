package main

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// reader is what the use of a flag depends on: a resolved config and the model that it builds.
type reader struct {
	cfg    train.Config
	net    vae.Config
	guided bool // q(z|x) and p(z) make a bound
}

// sometimes are the flags that not every run reads, with why a run does not; "" if it does.
var sometimes = []struct {
	flag string
	why  func(r reader) string
}{
	{"latent", shape(vae.LatentSetting)},
	{"hidden", shape(vae.HiddenSetting)},
	{"channels", shape(vae.ChannelsSetting)},
	{"width", shape(vae.WidthSetting)},
	{"depth", shape(vae.DepthSetting)},
	{"flow-steps", shape(vae.FlowStepsSetting)},
	{"sigma", shape(vae.SigmaSetting)},
	{"components", shape("components")},
	{"pseudo", shape("pseudo")},
	{"alpha", bounded(vi.AlphaSetting)},
	{"groups", bounded(vi.GroupsSetting)},
	{"bound-share", bounded(vi.ShareSetting)},
	{"beta", reader.free},
	{"beta-schedule", reader.free},
	{"beta-warmup", scheduled("linear", "sigmoid", "cosine")},
	{"beta-cycles", scheduled("cyclical")},
	{"free-bits", reader.free},
	{"free-bits-group", paid("free-bits", func(c train.Config) bool { return c.FreeBits > 0 })},
	{"capacity", reader.free},
	{"capacity-weight", paid("capacity", func(c train.Config) bool { return c.Capacity > 0 })},
	{"capacity-warmup", paid("capacity", func(c train.Config) bool { return c.Capacity > 0 })},
}

// shape asks the model for a setting that shapes it.
func shape(name vae.Setting) func(reader) string {
	return func(r reader) string { return r.net.Unread(name) }
}

// bounded asks the bound.
func bounded(name vi.BoundSetting) func(reader) string {
	return func(r reader) string {
		if (vi.BoundConfig{Name: r.cfg.Bound}).Reads(name) {
			return ""
		}
		return "the bound is " + r.cfg.Bound
	}
}

// free says that there is no KL term to weigh: of codes that are whole numbers there is one without a guide.
func (r reader) free() string {
	if spec, _ := vae.Lookup(r.cfg.Model); r.guided || spec.Indices != nil {
		return ""
	}
	return "model " + r.cfg.Model + " has no KL term"
}

// scheduled wants one of some schedules of β.
func scheduled(kinds ...string) func(reader) string {
	return func(r reader) string {
		if why := r.free(); why != "" || slices.Contains(kinds, r.cfg.BetaSchedule) {
			return why
		}
		return "the schedule of β is " + r.cfg.BetaSchedule
	}
}

// paid wants another flag.
func paid(flag string, given func(train.Config) bool) func(reader) string {
	return func(r reader) string {
		if why := r.free(); why != "" || given(r.cfg) {
			return why
		}
		return "--" + flag + " is 0"
	}
}

// unread are flags that were given and that a run of a resolved config on such data makes no use of, and why.
func unread(given func(flag string) bool, c train.Config, f train.Facts) (flags, reasons []string) {
	r := reader{cfg: c, net: c.Network(f)}
	if m, err := vae.New(c.Model, r.net); err == nil {
		_, r.guided = m.(vae.Probabilistic)
	}
	for _, s := range sometimes {
		if !given(s.flag) {
			continue
		}
		if why := s.why(r); why != "" {
			flags, reasons = append(flags, s.flag), append(reasons, why)
		}
	}
	return flags, reasons
}

// noteUnread prints the lines about the flags of a new run beside its head.
func (t *trainCommand) noteUnread(c train.Config, f train.Facts) {
	if t.quiet {
		return
	}
	flags, reasons := unread(t.cmd.Flags().Changed, c, f)
	for i, name := range flags {
		fmt.Fprintf(t.io.err, "note: --%s is not used: %s\n", name, reasons[i])
	}
}

// noteUnread prints the lines about flags that no run of a new sweep makes use of.
func (s *sweepCommand) noteUnread(data map[string]*opened) {
	if s.quiet {
		return
	}
	runs := map[string]int{}
	for _, c := range s.cells {
		rows := data[dataKey(c.run.cfg)].splits.Train
		flags, _ := unread(c.run.cmd.Flags().Changed, c.run.cfg.Resolve(rows), train.FactsOf(rows))
		for _, name := range flags {
			if runs[name]++; runs[name] == len(s.cells) {
				fmt.Fprintf(s.io.err, "note: --%s is not used by any run\n", name)
			}
		}
	}
}
