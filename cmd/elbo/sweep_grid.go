package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
)

// axis is a flag of `elbo train` with the values that a sweep gives it.
type axis struct {
	Flag   string   `json:"flag"`
	Values []string `json:"values"`
}

// maxSwept bounds the runs of a sweep: beyond it a range is likelier mistyped than meant.
const maxSwept = 1000

// swept is a flag of a sweep, which takes several values.
type swept struct {
	given []string // each time that it was given
	kind  string   // of the flag of `elbo train`
}

// String implements pflag.Value.
func (v *swept) String() string { return strings.Join(v.given, " ") }

// Set implements pflag.Value.
func (v *swept) Set(s string) error {
	v.given = append(v.given, s)
	return nil
}

// Type implements pflag.Value.
func (v *swept) Type() string { return "values" }

// sweepFlags adds every flag of `elbo train` that decides a run, each taking several values.
func sweepFlags(cmd *cobra.Command) {
	c := train.Default()
	for _, cf := range configFlagTable {
		var one pflag.FlagSet
		cf.add(&one, &c, cf.name)
		f := one.Lookup(cf.name)
		v := &swept{kind: f.Value.Type()}
		own := cmd.Flags().VarPF(v, cf.name, "", f.Usage)
		own.NoOptDefVal, own.DefValue = f.NoOptDefVal, shownDefault(f)
		if cf.from != nil {
			completeFlag(cmd, cf.name, cf.from)
		}
	}
}

// shownDefault is the default of a flag as its help shows it; none where that is nothing.
func shownDefault(f *pflag.Flag) string {
	switch f.DefValue {
	case "0", "false", "[]":
		return ""
	}
	return f.DefValue
}

// axesOf reads the flags that were given, in the order of the table of flags.
func axesOf(cmd *cobra.Command, model string) ([]axis, error) {
	var out []axis
	for _, cf := range configFlagTable {
		f := cmd.Flags().Lookup(cf.name)
		if !f.Changed {
			continue
		}
		v := f.Value.(*swept)
		a := axis{Flag: cf.name}
		for _, text := range v.given {
			values, err := spread(text, kindOf(v.kind, model, cf.name))
			if err != nil {
				return nil, misusef("--%s: %w", cf.name, err)
			}
			for _, one := range values {
				if one, err = canonical(cf, one); err != nil {
					return nil, flagError(cmd, err)
				}
				a.Values = append(a.Values, one)
			}
		}
		if err := distinct(a); err != nil {
			return nil, misuse(err)
		}
		out = append(out, a)
	}
	return out, nil
}

// canonical checks the value of a flag and spells it in one way, so that .5 is 0.50.
func canonical(cf configFlag[train.Config], value string) (string, error) {
	var one pflag.FlagSet
	c := train.Default()
	cf.add(&one, &c, cf.name)
	if err := one.Set(cf.name, value); err != nil {
		return "", err
	}
	switch f := one.Lookup(cf.name); f.Value.Type() {
	case "int", "int64", "uint64", "float64", "bool", "widths":
		return f.Value.String(), nil
	}
	return value, nil
}

// Kinds of the values of an axis.
const (
	kindWhole = "whole" // commas and ranges
	kindOther = "other" // commas
	kindList  = "list"  // commas are part of a value; each time that the flag is given is a value
)

// kindOf tells what values a flag takes.
func kindOf(flagType, model, name string) string {
	switch flagType {
	case "int", "int64", "uint64":
		return kindWhole
	case "stringSlice", "widths":
		return kindList
	case "value": // a setting of a model's own
		spec, _ := vae.Lookup(model)
		for _, o := range spec.Options {
			switch {
			case o.Name == name && o.Kind == vae.List:
				return kindList
			case o.Name == name && o.Kind == vae.Whole:
				return kindWhole
			}
		}
	}
	return kindOther
}

var rangeText = regexp.MustCompile(`^(\d+)-(\d+)$`)

// spread returns the values of a text: "1,3" and, of whole numbers, "1-3".
func spread(text, kind string) ([]string, error) {
	if kind == kindList {
		return []string{text}, nil
	}
	var out []string
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		ends := rangeText.FindStringSubmatch(part)
		switch {
		case part == "":
			return nil, fmt.Errorf("got %q, want values parted by commas", text)
		case kind != kindWhole || ends == nil:
			out = append(out, part)
			continue
		}
		lo, err := strconv.ParseUint(ends[1], 10, 63)
		hi, err2 := strconv.ParseUint(ends[2], 10, 63)
		if err != nil || err2 != nil || hi < lo || hi-lo >= maxSwept {
			return nil, fmt.Errorf("got the range %s, want it to rise and have at most %d values", part, maxSwept)
		}
		for v := lo; v <= hi; v++ {
			out = append(out, strconv.FormatUint(v, 10))
		}
	}
	return out, nil
}

// distinct refuses an axis with equal values.
func distinct(a axis) error {
	for i, v := range a.Values {
		if slices.Contains(a.Values[:i], v) {
			return fmt.Errorf("--%s: got %s twice", a.Flag, v)
		}
	}
	return nil
}

// cell is one run of a sweep.
type cell struct {
	name  string            // of its folder, made of the settings that vary
	group string            // the same without the seed
	given []axis            // one value each
	run   *trainCommand     // its config, and the command line that would train it alone
	value map[string]string // of the settings that vary
}

// grid returns the runs of all combinations of values; the last axis varies fastest.
func grid(model string, axes []axis) ([]*cell, error) {
	n := 1
	for _, a := range axes {
		if n *= len(a.Values); n > maxSwept {
			return nil, misusef("sweep: got more than %d combinations, want at most so many", maxSwept)
		}
	}
	out := make([]*cell, n)
	for i := range out {
		c := &cell{value: map[string]string{}}
		at := i
		for k := len(axes) - 1; k >= 0; k-- {
			a := axes[k]
			v := a.Values[at%len(a.Values)]
			at /= len(a.Values)
			c.given = append(c.given, axis{a.Flag, []string{v}})
			if len(a.Values) > 1 {
				c.value[a.Flag] = v
			}
		}
		slices.Reverse(c.given)
		c.title(axes)
		if err := c.configure(model); err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, unique(out)
}

// title names the run and its group by the settings that vary.
func (c *cell) title(axes []axis) {
	var all, rest []string
	for _, a := range axes {
		v, ok := c.value[a.Flag]
		if !ok {
			continue
		}
		all = append(all, a.Flag+"="+v)
		if a.Flag != seedFlag {
			rest = append(rest, a.Flag+" "+v)
		}
	}
	c.name, c.group = plainName(strings.Join(all, "_")), strings.Join(rest, ", ")
	if len(all) == 0 {
		c.name = "run"
	}
	if len(rest) == 0 {
		c.group = "all"
	}
}

// seedFlag is the axis over which figures are averaged.
const seedFlag = "seed"

// plainName keeps what every file system takes.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("=_.,+-", r) {
			return r
		}
		return '-'
	}, s)
}

// unique numbers runs whose names came out equal.
func unique(cells []*cell) error {
	seen := map[string]int{}
	for _, c := range cells {
		if seen[c.name]++; seen[c.name] > 1 {
			c.name = fmt.Sprintf("%s~%d", c.name, seen[c.name])
		}
		if len(c.name) > 200 {
			return misusef("sweep: got settings of %d letters that vary, want at most 200, which name the folders of runs", len(c.name))
		}
	}
	return nil
}

// configure builds the config of the run as `elbo train` would from the same flags.
func (c *cell) configure(model string) error {
	t := &trainCommand{cfg: train.Default()}
	t.cmd = &cobra.Command{Use: "train"}
	configFlags(t.cmd, &t.cfg)
	t.cfg.Model = model
	for _, a := range c.given {
		if err := t.cmd.Flags().Set(a.Flag, a.Values[0]); err != nil {
			return flagError(t.cmd, err)
		}
	}
	t.usual()
	if err := t.cfg.Validate(); err != nil {
		return misusef("%s: %w", c.name, err)
	}
	if err := t.oneSize(); err != nil {
		return err
	}
	c.run = t
	return nil
}
