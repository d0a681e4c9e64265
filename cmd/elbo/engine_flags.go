package main

import (
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/train/engine"
)

// engineFlags are the flags of an engine: those of all, and one for each of its settings.
func engineFlags(spec engine.Spec) []configFlag[engine.Config] {
	out := []configFlag[engine.Config]{
		textFlag("data", spec.DataHelp, func(c *engine.Config) *string { return &c.Data }, func() []string { return []string{spec.Data} }),
	}
	for _, o := range spec.Options {
		out = append(out, engineFlag(o))
	}
	return append(out,
		configFlag[engine.Config]{name: "seed", add: func(f *pflag.FlagSet, c *engine.Config, name string) {
			f.Uint64Var(&c.Seed, name, c.Seed, "seed of all randomness")
		}, get: func(c *engine.Config) any { return c.Seed }, set: func(to, from *engine.Config) { to.Seed = from.Seed }},
		intFlag("threads", "`number` of threads, which does not change the result (default 0: one a processor)", func(c *engine.Config) *int { return &c.Threads }),
		floatFlag("save-every", "`seconds` between checkpoints, which are made after whole sweeps", func(c *engine.Config) *float64 { return &c.SaveEvery }))
}

// engineFlag is the flag of one setting.
func engineFlag(o option.Option) configFlag[engine.Config] {
	f := configFlag[engine.Config]{
		name: o.Name,
		add: func(f *pflag.FlagSet, c *engine.Config, name string) {
			flag := f.VarPF(optionValue{&c.Options, name, o.Kind}, name, "", o.Described())
			flag.DefValue = "" // Described says it
			if o.Kind == option.Switch {
				flag.NoOptDefVal = "true"
			}
		},
		get: func(c *engine.Config) any { return c.Options[o.Name] },
		set: func(to, from *engine.Config) { to.Options[o.Name] = from.Options[o.Name] },
	}
	if len(o.Choices) > 0 {
		f.from = func() []string { return o.Choices }
	}
	return f
}
