package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/vae"

	"github.com/elbo-go/elbo/train"
)

func TestEveryFieldOfAConfigHasAFlagThatSetsIt(t *testing.T) {
	fields := reflect.TypeFor[train.Config]()
	for i := range fields.NumField() {
		name := strings.ReplaceAll(fields.Field(i).Tag.Get("json"), "_", "-")
		if name == "model" || name == "options,omitempty" { // whose flags are those of the models
			continue
		}
		c := train.Default()
		cmd := &cobra.Command{}
		configFlags(cmd, &c, name)
		if cmd.Flags().Lookup(name) == nil {
			t.Errorf("config field %s has no flag", name)
			continue
		}
		given := map[reflect.Kind]string{reflect.Bool: "true", reflect.Slice: "3,5"}[fields.Field(i).Type.Kind()]
		if given == "" {
			given = "7"
		}
		if err := cmd.Flags().Set(name, given); err != nil {
			t.Errorf("--%s: %v", name, err)
		}
		want := reflect.ValueOf(train.Default())
		got := reflect.ValueOf(c)
		for j := range fields.NumField() {
			same := reflect.DeepEqual(got.Field(j).Interface(), want.Field(j).Interface())
			if same == (i == j) {
				t.Errorf("--%s %s: field %s: changed is %v", name, given, fields.Field(j).Name, !same)
			}
		}
	}
	if got, want := len(sharedFlags), fields.NumField()-2; got != want {
		t.Errorf("got %d flags, want %d", got, want)
	}
}

func TestHelpShowsDefaultsAndExamples(t *testing.T) {
	root := newRoot(streams{})
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			if c.Example == "" {
				t.Errorf("%s has no example", c.CommandPath())
			}
			for _, line := range strings.Split(c.Example, "\n") {
				if !strings.Contains(line, "elbo ") {
					t.Errorf("%s: example %q calls no command of elbo", c.CommandPath(), line)
				}
			}
			visit(c)
		}
	}
	visit(root)
	help := must(t, "help", "train").out
	if help != must(t, "train", "--help").out {
		t.Error("`elbo help train` and `elbo train --help` differ")
	}
	for _, f := range sharedFlags {
		showsDefault(t, help, f.name)
	}
	for _, s := range vae.Specs() {
		help := must(t, "train", s.Name, "--help").out
		for _, o := range s.Options {
			showsDefault(t, help, o.Name)
		}
	}
}

// showsDefault wants the help to list a flag with its default.
func showsDefault(t *testing.T, help, name string) {
	t.Helper()
	_, help, _ = strings.Cut(help, "\nFlags:\n")
	_, line, found := strings.Cut(help, "--"+name+" ")
	line, _, _ = strings.Cut(line, "\n")
	if !found || !strings.Contains(line, "(default") {
		t.Errorf("help of --%s shows no default: %s", name, line)
	}
}

func TestShellsCompleteNames(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"train |v", "vae"}, {"train |b", "bnn"}, {"train bnn --method |sw", "swag"}, {"train bnn --prior |ard", "ard"}, {"train vae --net |res", "resnet"}, {"train vae --data |dig", "digits"}, {"train vae --likelihood |lap", "laplace"},
		{"train vae --beta-schedule |cyc", "cyclical"}, {"train vae --lr-schedule |st", "step"},
		{"train vae --binarize |thr", "threshold"}, {"train vae --backend |g", "go"}, {"data show |spr", "sprites"},
		{"data fetch |fas", "fashion-mnist"}, {"completion |fi", "fish"}, {"help data |fe", "fetch"},
	} {
		words, part, _ := strings.Cut(c.line, "|")
		o := call(t.Context(), append(append([]string{"__complete"}, strings.Fields(words)...), part)...)
		if !strings.Contains("\n"+o.out, "\n"+c.want) {
			t.Errorf("%s: got %q, want %s", c.line, o.out, c.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if o := must(t, "completion", shell); !strings.Contains(o.out, "__complete") {
			t.Errorf("%s: got %d bytes without a call of __complete", shell, len(o.out))
		}
	}
}

func TestQuotedWordsSurviveAShell(t *testing.T) {
	for in, want := range map[string]string{"runs/a-1": "runs/a-1", "a b": "'a b'", "": "''", "it's": `'it'\''s'`, "$(x)": "'$(x)'"} {
		if got := quoted(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
