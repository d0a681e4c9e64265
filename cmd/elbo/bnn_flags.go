package main

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/train/supervised"
)

// supervisedFlags holds every field of [supervised.Config] but the model, which is the command.
var supervisedFlags = []configFlag[supervised.Config]{
	textFlag("data", "data `set`: a name of `elbo data`, or the path of a file or folder", func(c *supervised.Config) *string { return &c.Data }, dataNames),
	textFlag("data-dir", "`folder` of named data sets, looked in after ELBO_DATA (default: the user's cache)", func(c *supervised.Config) *string { return &c.DataDir }, nil),
	textFlag("target", "`column` to predict: numbers, or text for classes (default: the label of labelled rows, the last column of a generated table)", func(c *supervised.Config) *string { return &c.Target }, nil),
	listFlag("drop", "`columns` of a table to leave out, such as id,date (default: none)", func(c *supervised.Config) *[]string { return &c.Drop }),
	boolFlag("allow-nan", "fill missing cells of the other columns with the mean of their column (default: they are an error)", func(c *supervised.Config) *bool { return &c.AllowNaN }),
	intFlag("max-rows", "keep this many rows of each part (default 0: all)", func(c *supervised.Config) *int { return &c.MaxRows }),
	textFlag("method", "`way` to a distribution of the weights: "+strings.Join(bnn.Methods, ", "), func(c *supervised.Config) *string { return &c.Method }, func() []string { return bnn.Methods }),
	intFlag("epochs", "passes over the training rows (default 0: as many as make 3,000 steps)", func(c *supervised.Config) *int { return &c.Epochs }),
	intFlag("batch", "rows of a step (default 0: all of small tables, 128 of large ones)", func(c *supervised.Config) *int { return &c.Batch }),
	floatFlag("lr", "learning rate of Adam at the start, half a cosine to 0", func(c *supervised.Config) *float64 { return &c.LR }),
	{"hidden", func(f *pflag.FlagSet, c *supervised.Config, name string) {
		f.Var((*widths)(&c.Hidden), name, "hidden layers, such as 50,50, or none for a linear model")
	}, func(c *supervised.Config) any { return (*widths)(&c.Hidden).String() }, nil, nil},
	textFlag("head", "`distribution` of the target given the net: "+strings.Join(bnn.Heads, ", ")+" (default: classes for text and labels, else "+bnn.Heads[0]+")", func(c *supervised.Config) *string { return &c.Head }, func() []string { return bnn.Heads }),
	textFlag("prior", "`prior` of the weights: "+strings.Join(bnn.PriorKinds, ", "), func(c *supervised.Config) *string { return &c.Prior }, func() []string { return bnn.PriorKinds }),
	floatFlag("prior-sd", "standard deviation of the prior, of a weight divided by the root of its layer's inputs", func(c *supervised.Config) *float64 { return &c.PriorSD }),
	textFlag("estimator", "`draws` of the outputs in method vi: "+strings.Join(bnn.Estimators, ", "), func(c *supervised.Config) *string { return &c.Estimator }, func() []string { return bnn.Estimators }),
	textFlag("axes", "`axes` along which method vi has independent first weights: "+strings.Join(bnn.AxesKinds, ", ")+" (default: the latter where the prior allows, up to 1,024 columns)", func(c *supervised.Config) *string { return &c.Axes }, func() []string { return bnn.AxesKinds }),
	textFlag("evidence", "`whether` the evidence chooses prior and noise: "+strings.Join(supervised.Evidences, ", ")+" (default: on for methods "+strings.Join(bnn.EvidenceMethods, ", ")+", but for classes by laplace)", func(c *supervised.Config) *string { return &c.Evidence }, func() []string { return supervised.Evidences }),
	floatFlag("noise", "known standard deviation of the target (default 0: learned)", func(c *supervised.Config) *float64 { return &c.Noise }),
	intFlag("members", "networks of method ensemble", func(c *supervised.Config) *int { return &c.Members }),
	floatFlag("dropout", "`probability` that method dropout leaves out a hidden unit", func(c *supervised.Config) *float64 { return &c.Dropout }),
	intFlag("draws", "weight draws of a prediction", func(c *supervised.Config) *int { return &c.Draws }),
	floatFlag("save-every", "`seconds` between checkpoints, which are made at ends of epochs", func(c *supervised.Config) *float64 { return &c.SaveEvery }),
	{"seed", func(f *pflag.FlagSet, c *supervised.Config, name string) {
		f.Uint64Var(&c.Seed, name, c.Seed, "seed of all randomness")
	}, func(c *supervised.Config) any { return c.Seed }, nil, nil},
	textFlag("backend", "compute `backend`: elbo[:threads=N,isa=avx2,…], go, or xla[:plugin] in a build with the tag xla", func(c *supervised.Config) *string { return &c.Backend }, backend.Names),
}
