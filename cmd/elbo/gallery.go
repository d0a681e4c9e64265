package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() { commands = append(commands, newGallery) }

// galleryCommand is one call of `elbo gallery`.
type galleryCommand struct {
	training
	models          []string
	runs            string
	epochs, maxRows int
	seed            uint64
	specs           []vae.Spec
	failed          []string
}

// newGallery builds `elbo gallery`.
func newGallery(io streams) *cobra.Command {
	g := &galleryCommand{training: training{io: io, out: "gallery.html"}, epochs: 5, maxRows: 5000, seed: 1}
	cmd := &cobra.Command{
		Use:   "gallery",
		Short: "Train every model briefly and show what they make on one page",
		Long: `Train every model for a few epochs on data that it takes, the embedded digits or a generated
table, and write one self-contained HTML page with reconstructions and samples of each, what the
short run measured, and the command that trains it in full. It shows what models are like, not
how good they are: that takes the epochs of the full commands.

With --runs the run directories stay there, and a second call goes on with them; interrupted
without, the page has the models that are done, and a second call begins anew.`,
		Example: "  elbo gallery\n  elbo gallery --models vae,vq-vae,hvae --epochs 10 --out some.html\n  elbo gallery --runs runs/gallery",
		Args:    exactly(0, "none"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return g.run(cmd.Context()) },
	}
	g.cmd = cmd
	outFlag(cmd, &g.out, "`file` to write: .html")
	cmd.Flags().StringSliceVar(&g.models, "models", nil, "`names` of models, parted by commas (default: all)")
	completeFlag(cmd, "models", vae.Names)
	cmd.Flags().StringVar(&g.runs, "runs", "", "`folder` in which the runs stay (default: they are removed)")
	cmd.Flags().IntVar(&g.epochs, "epochs", g.epochs, "passes over the training rows")
	cmd.Flags().IntVar(&g.maxRows, "max-rows", g.maxRows, "rows of each part of the data (0: all)")
	cmd.Flags().Uint64Var(&g.seed, "seed", g.seed, "seed of all randomness")
	quietFlag(cmd, &g.quiet, "print nothing but the name of the page")
	return cmd
}

// run trains the models and writes the page.
func (g *galleryCommand) run(ctx context.Context) error {
	if err := g.check(); err != nil {
		return err
	}
	g.begin()
	root := g.runs
	if root == "" {
		var err error
		if root, err = os.MkdirTemp("", "elbo-gallery-"); err != nil {
			return fmt.Errorf("gallery: %w", err)
		}
		defer os.RemoveAll(root)
	}
	page, ended := g.page(ctx, root)
	if ended != nil && (ctx.Err() == nil || len(page.Sections) == 0) {
		return ended
	}
	err := atomicfile.WriteFile(g.out, func(w io.Writer) error { return plot.Report(w, page) })
	if err != nil {
		return fmt.Errorf("gallery: %w", err)
	}
	g.field("page", "%s", g.out)
	g.named(g.out)
	if ended != nil {
		return ended
	}
	if len(g.failed) > 0 {
		return fmt.Errorf("gallery: %d of %d models failed: %s; the page has the others", len(g.failed), len(g.specs), strings.Join(g.failed, ", "))
	}
	return nil
}

// page trains the models and lays out the page. A model that fails is named on it.
func (g *galleryCommand) page(ctx context.Context, root string) (plot.ReportSpec, error) {
	page := plot.ReportSpec{
		Title:   "Gallery of models",
		Verdict: fmt.Sprintf("Each after %d epochs on at most %d rows: what models are like, not how good they are.", g.epochs, g.maxRows),
		Command: g.line(),
	}
	for i, spec := range g.specs {
		g.screen.draw([]piece{{fmt.Sprintf("%d of %d: %s", i+1, len(g.specs), spec.Name), 1}})
		begin := time.Now()
		figure, section, err := g.shown(ctx, spec, filepath.Join(root, spec.Name))
		switch {
		case ctx.Err() != nil:
			page.Warnings = append(page.Warnings, plot.Warning{Name: "interrupted", Text: fmt.Sprintf("%d of %d models are done", i, len(g.specs))})
			return page, g.stopped(len(page.Sections))
		case noSpace(err):
			return page, fmt.Errorf("gallery: %s: %w; free some space and call again", spec.Name, err)
		case err != nil:
			g.failed = append(g.failed, spec.Name)
			page.Warnings = append(page.Warnings, plot.Warning{Name: spec.Name + " failed", Text: oneLine(err)})
			g.screen.warn(spec.Name, oneLine(err))
			continue
		}
		g.screen.println(fmt.Sprintf("%-22s %s %s, %.0f s", spec.Name, figure.Name, figure.Value, time.Since(begin).Seconds()))
		page.Sections = append(page.Sections, section)
	}
	return page, nil
}

// check checks the flags and finds the models.
func (g *galleryCommand) check() error {
	c := train.Default()
	c.Epochs, c.MaxRows = g.epochs, g.maxRows
	if err := c.Validate(); err != nil {
		return misuse(err)
	}
	out := runFlags{out: g.out}
	if err := out.checkOut(".html"); err != nil {
		return err
	}
	if err := writable(filepath.Dir(g.out)); err != nil {
		return fmt.Errorf("--out %s: %w", g.out, err)
	}
	if g.cmd.Flags().Changed("models") && len(g.models) == 0 {
		return misusef("--models: got none, want some of %s", strings.Join(vae.Names(), ", "))
	}
	for _, name := range g.models {
		if _, ok := vae.Lookup(name); !ok {
			return misusef("--models: got %q, want some of %s", name, strings.Join(vae.Names(), ", "))
		}
	}
	for _, s := range vae.Specs() {
		if len(g.models) == 0 || slices.Contains(g.models, s.Name) {
			g.specs = append(g.specs, s)
		}
	}
	return nil
}

// writable tells before minutes of work whether a file can be made in a folder.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".elbo-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// line is the command line that makes the page.
func (g *galleryCommand) line() string {
	parts := []string{"elbo gallery"}
	for _, name := range []string{"models", "epochs", "max-rows", "seed", "runs", "out"} {
		f := g.cmd.Flags().Lookup(name)
		if text := strings.Trim(f.Value.String(), "[]"); f.Changed {
			parts = append(parts, "--"+name, quoted(text))
		}
	}
	return strings.Join(parts, " ")
}

// stopped is the error of a gallery that was interrupted after so many models.
func (g *galleryCommand) stopped(done int) error {
	text := "interrupted; no page was written"
	if done > 0 {
		text = fmt.Sprintf("interrupted; %s has %d of %d models", g.out, done, len(g.specs))
	}
	if g.runs != "" {
		return &interrupted{text + ", the runs are saved; go on with: " + g.line()}
	}
	return &interrupted{text + "; with --runs FOLDER the runs stay, and a second call goes on with them"}
}

// fitting names data that a model takes: the first generated table where it wants tables, else the
// usual data.
func fitting(spec vae.Spec) string {
	if spec.Tables {
		for _, d := range data.List() {
			if d.Generated && len(d.Shape) == 1 {
				return d.Name
			}
		}
	}
	return train.Default().Data
}

// shown trains a model, or goes on with its run, and lays out its part of the page.
func (g *galleryCommand) shown(ctx context.Context, spec vae.Spec, dir string) (figure plot.KeyFigure, section plot.ReportSection, err error) {
	c := train.DefaultFor(spec.Name)
	c.Data, c.Epochs, c.MaxRows, c.Seed = fitting(spec), g.epochs, g.maxRows, g.seed
	begin := time.Now()
	run, err := g.trained(ctx, c, dir)
	if err != nil {
		return figure, section, err
	}
	took := time.Since(begin)
	names, err := elbo.Report(ctx, run)
	if err != nil {
		return figure, section, err
	}
	figure = measuredFigure(run)
	section = plot.ReportSection{Title: spec.Name, Text: galleryText(spec, run, figure, took)}
	for _, name := range picked(names) {
		png, err := os.ReadFile(filepath.Join(dir, "plots", name))
		if err != nil {
			return figure, section, err
		}
		title := strings.TrimSuffix(name, ".png")
		section.Pictures = append(section.Pictures, plot.Picture{PNG: png, Caption: spec.Name + ": " + title, Half: true})
	}
	return figure, section, nil
}

// trained returns the finished run of a config in a directory, from what is there already if that is
// of the same config.
func (g *galleryCommand) trained(ctx context.Context, c train.Config, dir string) (*train.Run, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	splits, err := train.OpenData(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	if !rundir.IsRun(dir) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		return train.Start(ctx, c, splits, dir, "elbo gallery", train.Observer{})
	}
	stored, _, err := train.ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	if stored.Epochs != c.Epochs || stored.MaxRows != c.MaxRows || stored.Seed != c.Seed || stored.Model != c.Model {
		return nil, errors.New("its run is one of other settings; remove it, or choose another --runs")
	}
	return train.Resume(ctx, dir, splits, nil, train.Observer{})
}

// picked chooses up to two pictures: what the model makes of rows and of its prior, else the last
// ones that there are.
func picked(names []string) []string {
	var out []string
	for _, name := range []string{"reconstructions.png", "completions.png", "samples.png"} {
		if slices.Contains(names, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		out = names[max(0, len(names)-2):]
	}
	return out
}

// measuredFigure is what the short run measured on test rows.
func measuredFigure(run *train.Run) plot.KeyFigure {
	t := run.Outcome.Test
	return plot.KeyFigure{Name: measuredName(run.Net.Kind(), run.Config.Likelihood), Value: fmt.Sprintf("%.1f nats", -t.Bound)}
}

// measuredName names minus what a record of a kind holds: a bound, the density of a row, or that of a row
// given its code.
func measuredName(kind, likelihood string) string {
	switch {
	case kind != vi.KindLogProb:
		return "−ELBO"
	case likelihood == vae.Density:
		return "−ln p(x)"
	}
	return "−ln p(x|z)"
}

// galleryText says whose model it is, what was measured and how to train it in full.
func galleryText(spec vae.Spec, run *train.Run, figure plot.KeyFigure, took time.Duration) string {
	parts := []string{fmt.Sprintf("%s (%s).", sentence(spec.Summary), spec.Paper),
		fmt.Sprintf("Here: %s %s on %d test rows of %s, trained in %.0f s.", figure.Name, figure.Value, run.Outcome.Test.N, run.Config.Data, took.Seconds())}
	if spec.Measured != "" {
		parts = append(parts, "Measured elsewhere: "+spec.Measured+".")
	}
	line := "elbo train " + spec.Name
	if d := fitting(spec); d != train.Default().Data {
		line += " --data " + d
	}
	return strings.Join(append(parts, "In full: "+line), " ")
}

// sentence begins with a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
