package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// configFlag spells one field of a config as a flag. The value that the config has when the
// flag is added is the default.
type configFlag[C any] struct {
	name string
	add  func(f *pflag.FlagSet, c *C, name string)
	get  func(c *C) any
	set  func(to, from *C) // copies the field
	from func() []string   // values for completion; nil if there is no list
}

// The kinds of flags: a field is named once, for reading and for parsing.

func textFlag[C any](name, usage string, field func(*C) *string, from func() []string) configFlag[C] {
	return configFlag[C]{name, func(f *pflag.FlagSet, c *C, name string) { f.StringVar(field(c), name, *field(c), usage) },
		func(c *C) any { return *field(c) }, func(to, from *C) { *field(to) = *field(from) }, from}
}

func intFlag[C any](name, usage string, field func(*C) *int) configFlag[C] {
	return configFlag[C]{name, func(f *pflag.FlagSet, c *C, name string) { f.IntVar(field(c), name, *field(c), usage) },
		func(c *C) any { return *field(c) }, func(to, from *C) { *field(to) = *field(from) }, nil}
}

func floatFlag[C any](name, usage string, field func(*C) *float64) configFlag[C] {
	return configFlag[C]{name, func(f *pflag.FlagSet, c *C, name string) { f.Float64Var(field(c), name, *field(c), usage) },
		func(c *C) any { return *field(c) }, func(to, from *C) { *field(to) = *field(from) }, nil}
}

func boolFlag[C any](name, usage string, field func(*C) *bool) configFlag[C] {
	return configFlag[C]{name, func(f *pflag.FlagSet, c *C, name string) { f.BoolVar(field(c), name, *field(c), usage) },
		func(c *C) any { return *field(c) }, func(to, from *C) { *field(to) = *field(from) }, nil}
}

func listFlag[C any](name, usage string, field func(*C) *[]string) configFlag[C] {
	return configFlag[C]{name, func(f *pflag.FlagSet, c *C, name string) { f.StringSliceVar(field(c), name, *field(c), usage) },
		func(c *C) any { return strings.Join(*field(c), ",") }, func(to, from *C) { *field(to) = *field(from) }, nil}
}

// configFlagTable holds every field of [train.Config] but the model, which is an argument, and the
// settings that models have of their own.
var configFlagTable = append(sharedFlags, optionFlags(vae.Specs())...)

// sharedFlags are those of all models.
var sharedFlags = []configFlag[train.Config]{
	textFlag("data", "data `set`: a name of `elbo data`, or the path of a file or folder", func(c *train.Config) *string { return &c.Data }, dataNames),
	textFlag("data-dir", "`folder` of named data sets, looked in after ELBO_DATA (default: the user's cache)", func(c *train.Config) *string { return &c.DataDir }, nil),
	textFlag("label", "`column` of a table that holds the class (default: none)", func(c *train.Config) *string { return &c.Label }, nil),
	intFlag("labels", "training `rows` that show their class to models that find it, equally many of each (default 0: all)", func(c *train.Config) *int { return &c.Labels }),
	listFlag("drop", "`columns` of a table to leave out, such as id,date (default: none)", func(c *train.Config) *[]string { return &c.Drop }),
	boolFlag("allow-nan", "fill missing cells of a table with the mean of their column (default: they are an error)", func(c *train.Config) *bool { return &c.AllowNaN }),
	intFlag("max-rows", "keep this many rows of each part (default 0: all)", func(c *train.Config) *int { return &c.MaxRows }),
	intFlag("epochs", "passes over the training rows"+usually(func(u vae.Usual) float64 { return float64(u.Epochs) }), func(c *train.Config) *int { return &c.Epochs }),
	intFlag("batch", "rows of a step", func(c *train.Config) *int { return &c.Batch }),
	floatFlag("lr", "learning rate of Adam"+usually(func(u vae.Usual) float64 { return u.LR }), func(c *train.Config) *float64 { return &c.LR }),
	textFlag("lr-schedule", "learning-rate `schedule`: "+strings.Join(optim.ScheduleKinds, ", "), func(c *train.Config) *string { return &c.LRSchedule }, func() []string { return optim.ScheduleKinds }),
	floatFlag("lr-warmup", "`fraction` of the run over which the learning rate rises (default 0)", func(c *train.Config) *float64 { return &c.LRWarmup }),
	floatFlag("clip", "bound on the gradient norm (default 0: none)", func(c *train.Config) *float64 { return &c.Clip }),
	textFlag("net", "`family` of networks for encoder and decoder: "+strings.Join(vae.NetNames(), ", ")+" (default: the usual one of the model; conv and resnet want images)", func(c *train.Config) *string { return &c.Net }, vae.NetNames),
	{"channels", func(f *pflag.FlagSet, c *train.Config, name string) {
		f.Var((*widths)(&c.Channels), name, "channels of the stages of the nets of images, such as 32,64; the last serves all that follow")
	}, func(c *train.Config) any { return (*widths)(&c.Channels).String() }, nil, nil},
	{"hidden", func(f *pflag.FlagSet, c *train.Config, name string) {
		f.Var((*widths)(&c.Hidden), name, "hidden layers of the encoder, such as 512,256, or none; the decoder mirrors them")
	}, func(c *train.Config) any { return (*widths)(&c.Hidden).String() }, nil, nil},
	intFlag("width", "`units` of each dense layer in place of --hidden; with a net of images channels of the first stage, which every further one doubles, in place of --channels (default 0: those flags)", func(c *train.Config) *int { return &c.Width }),
	intFlag("depth", "dense `layers` of --width units, or layers or blocks in each stage of a net of images (default 0: the usual number of the net)", func(c *train.Config) *int { return &c.Depth }),
	intFlag("latent", "dimensions of the latent code"+usually(func(u vae.Usual) float64 { return float64(u.Latent) }), func(c *train.Config) *int { return &c.Latent }),
	textFlag("posterior", "`family` of q(z|x): "+strings.Join(vae.PosteriorNames(), ", ")+"; the latter bend the first", func(c *train.Config) *string { return &c.Posterior }, vae.PosteriorNames),
	intFlag("flow-steps", "maps of a posterior that is a flow", func(c *train.Config) *int { return &c.FlowSteps }),
	textFlag("prior", "`family` of p(z): "+strings.Join(vae.PriorNames(), ", ")+"; all but the first are learned", func(c *train.Config) *string { return &c.Prior }, vae.PriorNames),
	textFlag("likelihood", "`name` of p(x|z): "+strings.Join(likelihoodNames(), ", ")+" (default: bernoulli for images, gaussian-learned for tables)", func(c *train.Config) *string { return &c.Likelihood }, likelihoodNames),
	floatFlag("sigma", "scale σ of the gaussian (its KL weighs λ = σ² beside the squared error) and laplace likelihoods", func(c *train.Config) *float64 { return &c.Sigma }),
	floatFlag("beta", "weight β of the KL term"+usually(func(u vae.Usual) float64 { return u.Beta }), func(c *train.Config) *float64 { return &c.Beta }),
	textFlag("beta-schedule", "`schedule` of β: "+strings.Join(vi.ScheduleKinds, ", "), func(c *train.Config) *string { return &c.BetaSchedule }, func() []string { return vi.ScheduleKinds }),
	floatFlag("beta-warmup", "`fraction` of the run until β is reached", func(c *train.Config) *float64 { return &c.BetaWarmup }),
	intFlag("beta-cycles", "cycles of the cyclical β schedule", func(c *train.Config) *int { return &c.BetaCycles }),
	floatFlag("free-bits", "`nats` a latent dimension, or group of them, may carry without cost (default 0)", func(c *train.Config) *float64 { return &c.FreeBits }),
	intFlag("free-bits-group", "latent dimensions that share their free bits", func(c *train.Config) *int { return &c.FreeBitsGroup }),
	floatFlag("capacity", "`nats` that training holds the KL term to, in place of β (default 0: not"+usually(func(u vae.Usual) float64 { return u.Capacity })+")", func(c *train.Config) *float64 { return &c.Capacity }),
	floatFlag("capacity-weight", "price of a nat above or below the capacity", func(c *train.Config) *float64 { return &c.CapacityWeight }),
	floatFlag("capacity-warmup", "`fraction` of the run that the capacity rises over", func(c *train.Config) *float64 { return &c.CapacityWarmup }),
	floatFlag("min-rate", "least `nats` that every latent dimension carries, by guides that are narrow enough (default 0)", func(c *train.Config) *float64 { return &c.MinRate }),
	floatFlag("mean-scale", "standard deviation over data that the guide's means are normed to (default 0: free)", func(c *train.Config) *float64 { return &c.MeanScale }),
	boolFlag("skip", "show the code to every layer of the decoder (default: to the first)", func(c *train.Config) *bool { return &c.Skip }),
	boolFlag("aggressive", "let the encoder learn ahead of the decoder until its code tells no more (default: they learn together)", func(c *train.Config) *bool { return &c.Aggressive }),
	textFlag("bound", "`bound` that training maximises: "+strings.Join(vi.BoundNames(), ", "), func(c *train.Config) *string { return &c.Bound }, vi.BoundNames),
	intFlag("groups", "groups of --samples draws in the bounds miwae and piwae", func(c *train.Config) *int { return &c.Groups }),
	floatFlag("alpha", "order α of the bound renyi: 0 is iwae, 1 the ELBO", func(c *train.Config) *float64 { return &c.Alpha }),
	floatFlag("bound-share", "share of the ELBO in the bound ciwae", func(c *train.Config) *float64 { return &c.BoundShare }),
	intFlag("samples", "draws of z a datum, K of the bounds of several draws", func(c *train.Config) *int { return &c.Samples }),
	boolFlag("monte-carlo-kl", "estimate the KL term from the draws (default: closed form)", func(c *train.Config) *bool { return &c.MonteCarloKL }),
	textFlag("binarize", "`how` pixels become 0 or 1: "+strings.Join(binarizations(), ", ")+" (default: dynamic for grey images under bernoulli)", func(c *train.Config) *string { return &c.Binarize }, binarizations),
	intFlag("patience", "stop after this many epochs without a better validation bound (default 0: never)", func(c *train.Config) *int { return &c.Patience }),
	{"save-every", func(f *pflag.FlagSet, c *train.Config, name string) {
		f.Int64Var(&c.SaveEvery, name, c.SaveEvery, "steps between checkpoints within an epoch (default 0: at its end alone)")
	}, func(c *train.Config) any { return c.SaveEvery }, nil, nil},
	intFlag("skip-nonfinite", "steps with a NaN or infinite term that may be skipped (default 0: stop)", func(c *train.Config) *int { return &c.SkipNonfinite }),
	{"seed", func(f *pflag.FlagSet, c *train.Config, name string) {
		f.Uint64Var(&c.Seed, name, c.Seed, "seed of all randomness")
	}, func(c *train.Config) any { return c.Seed }, nil, nil},
	textFlag("backend", "compute `backend`: elbo[:threads=N,isa=avx2,…], go, or xla[:plugin] in a build with the tag xla", func(c *train.Config) *string { return &c.Backend }, backend.Names),
}

// configFlags adds the flags of the named fields to a command, or of all fields if no name
// is given, bound to c. What c holds now becomes the default.
func configFlags(cmd *cobra.Command, c *train.Config, names ...string) {
	addFlags(cmd, c, configFlagTable, names...)
}

// addFlags adds the flags of a table, all or those that are named, bound to c.
func addFlags[C any](cmd *cobra.Command, c *C, table []configFlag[C], names ...string) {
	for _, cf := range table {
		if len(names) > 0 && !slices.Contains(names, cf.name) {
			continue
		}
		cf.add(cmd.Flags(), c, cf.name)
		if cf.from != nil {
			completeFlag(cmd, cf.name, cf.from)
		}
	}
}

// jsonFlag, quietFlag and outFlag are the flags of a command's output.

func jsonFlag(cmd *cobra.Command, p *bool, usage string) { cmd.Flags().BoolVar(p, "json", *p, usage) }

func quietFlag(cmd *cobra.Command, p *bool, usage string) {
	cmd.Flags().BoolVarP(p, "quiet", "q", *p, usage)
}

func outFlag(cmd *cobra.Command, p *string, usage string) {
	cmd.Flags().StringVarP(p, "out", "o", *p, usage)
}

// widths is a list of layer widths on the command line.
type widths []int

// String implements pflag.Value.
func (w *widths) String() string {
	if len(*w) == 0 {
		return "none"
	}
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint([]int(*w))), ","), "[]")
}

// Set implements pflag.Value.
func (w *widths) Set(s string) error {
	*w = widths{}
	if s == "" || s == "none" {
		return nil
	}
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return fmt.Errorf("got width %q, want whole numbers above 0 such as 400 or 512,256, or none", part)
		}
		*w = append(*w, n)
	}
	return nil
}

// Type implements pflag.Value.
func (w *widths) Type() string { return "widths" }

// dataNames lists the registered data sets.
func dataNames() []string {
	var out []string
	for _, d := range data.List() {
		out = append(out, d.Name)
	}
	return out
}

// likelihoodNames lists the likelihoods.
func likelihoodNames() []string {
	var out []string
	for _, l := range vae.Likelihoods() {
		out = append(out, l.Name)
	}
	return out
}

// binarizations lists the ways to binarise.
func binarizations() []string {
	var out []string
	for _, b := range data.Binarizations {
		out = append(out, string(b))
	}
	return out
}
