package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	_ "github.com/elbo-go/elbo/pgm/gauss" // whose methods are in the catalogue
	"github.com/elbo-go/elbo/pgm/learn"
)

func init() { commands = append(commands, newLearn) }

// learnFlags are the flags of `elbo learn`.
type learnFlags struct {
	data, structure, out, truth string
	drop, missing               []string
	score, test                 string
	worth, level, tolerance     float64
	maxParents, maxGiven        int
	tabu, restarts, maxStates   int
	starts, sweeps              int
	bayes, json, quiet          bool
	seed                        uint64
}

// newLearn builds `elbo learn`.
func newLearn(io streams) *cobra.Command {
	f := learnFlags{structure: "pc+hc", missing: []string{"?", "NA", "NaN"}, score: "bdeu", test: "g2", worth: 1, level: .01,
		tabu: 10, restarts: 5, maxStates: 100, starts: 5, seed: 1}
	cmd := &cobra.Command{
		Use:   "learn",
		Short: "Learn a Bayesian network from a table",
		Long: `Learn a Bayesian network from a table of words (CSV, or TSV by its name, packed by gzip or not) whose
first row names the variables, and write it as a .bif file.

--structure is a way to find the edges, or a .bif file that has them:

` + searchHelp() + `
A search needs every cell. With the edges of a file, cells may be missing, and variables of the file
that the table has not are hidden: the tables come from EM, or with --bayes from variational Bayes,
of which the best of several starts is kept.`,
		Example: "  elbo learn --data patients.csv --out net.bif\n" +
			"  elbo learn --data patients.csv.gz --structure hc --score bic --max-parents 3 --out net.bif --json\n" +
			"  elbo learn --data patients.csv --structure asia.bif --bayes --out fitted.bif",
		Args: exactly(0, "flags alone"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			l, err := f.learn(cmd.Context())
			if err != nil {
				return err
			}
			return f.print(io.out, l)
		},
	}
	f.bind(cmd)
	return cmd
}

// searchHelp tells of the ways to find a structure.
func searchHelp() string {
	var b strings.Builder
	for _, s := range learn.Searches() {
		fmt.Fprintf(&b, "  %-8s %s\n", s.Name, s.Summary)
	}
	return b.String()
}

// scoreNames lists the scores.
func scoreNames() (names []string) {
	for _, s := range learn.Scores(1) {
		names = append(names, s.Name)
	}
	return names
}

// bind adds the flags.
func (f *learnFlags) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.data, "data", "", "the table, a .csv or .tsv `file`")
	fs.StringVar(&f.structure, "structure", f.structure, "how to find the edges: "+strings.Join(learn.SearchNames(), ", ")+", or a .bif `file` that has them")
	completeFlag(cmd, "structure", learn.SearchNames)
	fs.StringVar(&f.score, "score", f.score, "what a search raises: "+strings.Join(scoreNames(), ", "))
	completeFlag(cmd, "score", scoreNames)
	fs.Float64Var(&f.worth, "worth", f.worth, "rows that the prior of each table is worth, also in the score bdeu; 0 means the shares of the rows alone")
	fs.StringVar(&f.test, "test", f.test, "statistic of the tests: g2 or chi2")
	completeFlag(cmd, "test", func() []string { return []string{"g2", "chi2"} })
	fs.Float64Var(&f.level, "level", f.level, "p-value above which variables count as independent")
	fs.IntVar(&f.maxParents, "max-parents", 0, "most parents of a variable in a climb (0: any number)")
	fs.IntVar(&f.maxGiven, "max-given", 0, "most variables that a test conditions on (0: any number)")
	fs.IntVar(&f.tabu, "tabu", f.tabu, "moves downhill past a summit, to structures that are not among the last so many")
	fs.IntVar(&f.restarts, "restarts", f.restarts, "climbs that begin anew near the best structure")
	fs.StringSliceVar(&f.missing, "missing", f.missing, "words that stand for a missing cell, beside none at all")
	fs.StringSliceVar(&f.drop, "drop", nil, "columns to leave out")
	fs.IntVar(&f.maxStates, "max-states", f.maxStates, "most states of a column")
	fs.BoolVar(&f.bayes, "bayes", false, "variational Bayes instead of EM where cells are missing")
	fs.IntVar(&f.starts, "starts", f.starts, "random starts where cells are missing")
	fs.IntVar(&f.sweeps, "sweeps", 0, "most sweeps of a start (0: 2000)")
	fs.Float64Var(&f.tolerance, "tolerance", 0, "share of the bound below which a gain ends a start (0: 1e-10)")
	fs.StringVar(&f.truth, "truth", "", "compare the edges with those of this .bif `file`")
	fs.Uint64Var(&f.seed, "seed", f.seed, "seed of restarts and starts")
	outFlag(cmd, &f.out, "write the network to this .bif `file`")
	jsonFlag(cmd, &f.json, "print a JSON object")
	quietFlag(cmd, &f.quiet, "print nothing")
}

// fromFile says whether the edges come from a file.
func (f *learnFlags) fromFile() bool {
	return strings.HasSuffix(strings.TrimSuffix(strings.ToLower(f.structure), ".gz"), ".bif")
}

// check says what is wrong with the flags.
func (f *learnFlags) check() error {
	if f.data == "" {
		return misusef("learn: --data FILE is missing; `elbo learn --help` has an example")
	}
	if !strings.HasSuffix(f.out, ".bif") {
		return misusef("learn: --out: got %q, want a name that ends in .bif", f.out)
	}
	if _, err := learn.SearchNamed(f.structure); err != nil && !f.fromFile() {
		return misusef("learn: --structure: got %q, want one of %s, or a .bif file%s", f.structure, strings.Join(learn.SearchNames(), ", "), didYouMean(f.structure, learn.SearchNames()))
	}
	if !slices.Contains(scoreNames(), f.score) {
		return misusef("learn: --score: got %q, want one of %s%s", f.score, strings.Join(scoreNames(), ", "), didYouMean(f.score, scoreNames()))
	}
	if _, err := learn.StatisticNamed(f.test); err != nil {
		return misusef("learn: --test: got %q, want g2 or chi2", f.test)
	}
	for _, x := range []struct {
		name string
		got  float64
		from float64
		to   float64
	}{
		{"worth", f.worth, 0, 1e9}, {"level", f.level, 1e-300, 1 - 1e-9}, {"max-parents", float64(f.maxParents), 0, 1e6},
		{"max-given", float64(f.maxGiven), 0, 1e6}, {"tabu", float64(f.tabu), 0, 1e6}, {"restarts", float64(f.restarts), 0, 1e6},
		{"max-states", float64(f.maxStates), 1, pgm.MaxStates}, {"starts", float64(f.starts), 1, 1e6}, {"sweeps", float64(f.sweeps), 0, 1e9},
		{"tolerance", f.tolerance, 0, 1},
	} {
		if !(x.got >= x.from && x.got <= x.to) {
			return misusef("learn: --%s: got %g, want %g to %g", x.name, x.got, x.from, x.to)
		}
	}
	if f.worth == 0 && (f.bayes || f.score == "bdeu" && !f.fromFile()) {
		return misusef("learn: --worth: got 0 with --bayes or the score bdeu, want above 0")
	}
	return nil
}

// learned is what was learnt, for the screen and as JSON.
type learned struct {
	Data      string       `json:"data"`
	Rows      int          `json:"rows"`
	Variables int          `json:"variables"`
	Structure string       `json:"structure"`
	Score     string       `json:"score,omitempty"`
	Value     float64      `json:"value,omitempty"`
	Tests     int          `json:"tests,omitempty"`
	Moves     int          `json:"moves,omitempty"`
	Edges     []edge       `json:"edges"`
	Free      int          `json:"parameters"`
	Hidden    []string     `json:"hidden,omitempty"`
	Bounds    []float64    `json:"bounds,omitempty"`
	Converged *bool        `json:"converged,omitempty"`
	LogLik    float64      `json:"log_likelihood"`
	Doubtful  bool         `json:"tests_contradict,omitempty"`
	Truth     *truthFigure `json:"truth,omitempty"`
	Seconds   float64      `json:"seconds"` // of learning, after the table was read
	Out       string       `json:"out"`
}

// edge is an arrow of a network.
type edge struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Directed bool   `json:"directed"` // in every network of the same independences
}

// truthFigure compares with a known network.
type truthFigure struct {
	File     string  `json:"file"`
	Lacking  int     `json:"lacking"`
	Extra    int     `json:"extra"`
	Distance int     `json:"distance"`
	Value    float64 `json:"value,omitempty"` // of its structure by the score
}

// learn reads the table, learns and writes the network.
func (f *learnFlags) learn(ctx context.Context) (*learned, error) {
	d, err := f.table()
	if err != nil {
		return nil, err
	}
	l := &learned{Data: f.data, Rows: d.Rows(), Structure: f.structure, Out: f.out}
	begin := time.Now()
	way := f.search
	if f.fromFile() {
		way = f.fit
	}
	n, err := way(ctx, d, l)
	if err != nil {
		return nil, fmt.Errorf("learn: %s: %w", f.data, err)
	}
	l.Seconds = time.Since(begin).Seconds()
	l.describe(n)
	if f.truth != "" {
		if l.Truth, err = f.compare(n, d, l); err != nil {
			return nil, err
		}
	}
	return l, atomicfile.WriteFile(f.out, func(w io.Writer) error { return bif.Write(w, n) })
}

// table reads the words and numbers their states.
func (f *learnFlags) table() (*learn.Data, error) {
	w, err := data.ReadWords(f.data, data.Limits{})
	if err != nil {
		return nil, err
	}
	for _, name := range f.drop {
		i := slices.Index(w.Names, name)
		if i < 0 {
			return nil, misusef("learn: --drop: got %q, want columns of %s%s", name, f.data, didYouMean(name, w.Names))
		}
		w.Names, w.Columns = slices.Delete(w.Names, i, i+1), slices.Delete(w.Columns, i, i+1)
	}
	d, err := learn.Names(w.Names, w.Columns, append([]string{""}, f.missing...), f.maxStates)
	if err != nil {
		return nil, fmt.Errorf("learn: %s: %w", f.data, err)
	}
	return d, nil
}

// prior is that of the tables.
func (f *learnFlags) prior() learn.Prior { return learn.Prior{Equivalent: f.worth} }

// scoring is the score of the flags; a prior of nothing leaves it at those without one.
func (f *learnFlags) scoring() (learn.Score, error) {
	return learn.ScoreNamed(f.score, max(f.worth, math.SmallestNonzeroFloat64))
}

// keys are those of the random choices.
func (f *learnFlags) key() rng.Key { return rng.New(f.seed).Named("learn") }
