package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
	"github.com/elbo-go/elbo/pgm/query"
)

func init() { commands = append(commands, newQuery) }

// methodFlags are the settings of methods on graphical models.
type methodFlags struct {
	method string
	memory memorySize
	config query.Config
}

// bind adds the flags to a command.
func (f *methodFlags) bind(cmd *cobra.Command, can func(query.Method) bool) {
	f.memory = exact.DefaultMemory
	cmd.Flags().StringVar(&f.method, "method", "jt", "`method`: "+strings.Join(query.Names(can), ", "))
	completeFlag(cmd, "method", func() []string { return query.Names(can) })
	cmd.Flags().Var(&f.memory, "memory", "most memory that tables may take; what needs more is refused before it begins")
	cmd.Flags().IntVar(&f.config.Sweeps, "sweeps", 0, "most sweeps of iterative methods (0: the method's own)")
	cmd.Flags().Float64Var(&f.config.Tolerance, "tolerance", 0, "change that counts as none (0: the method's own)")
	cmd.Flags().Float64Var(&f.config.Damping, "damping", 0, "part of an old message that is kept, from 0 to below 1")
	cmd.Flags().StringVar(&f.config.Schedule, "schedule", approx.Schedules()[0], "`order` of messages: "+strings.Join(approx.Schedules(), ", "))
	completeFlag(cmd, "schedule", approx.Schedules)
	cmd.Flags().IntVar(&f.config.Trees, "trees", 0, "spanning trees to look for that lower the bound of trw")
	cmd.Flags().IntVar(&f.config.Samples, "samples", 0, "samples of lw and ais (0: the method's own)")
	cmd.Flags().IntVar(&f.config.Chains, "chains", 0, "chains of gibbs, each of --sweeps (0: the method's own)")
	cmd.Flags().Uint64Var(&f.config.Seed, "seed", 1, "seed of methods that draw")
}

// chosen is the method, which has to be able to do what is asked.
func (f *methodFlags) chosen(what string, can func(query.Method) bool) (query.Method, error) {
	f.config.Memory = float64(f.memory)
	names := query.Names(func(query.Method) bool { return true })
	m, err := query.Lookup(f.method)
	switch {
	case err != nil:
		return m, misusef("--method: got %q, want one of %s%s", f.method, strings.Join(names, ", "), didYouMean(f.method, names))
	case !can(m):
		return m, misusef("--method: got %s, which has no %s, want one of %s", f.method, what, strings.Join(query.Names(can), ", "))
	case min(f.config.Sweeps, f.config.Samples, f.config.Chains, f.config.Trees) < 0 || !(f.config.Tolerance >= 0):
		return m, misusef("--sweeps, --samples, --chains, --trees, --tolerance: got %d, %d, %d, %d, %g, want them from 0",
			f.config.Sweeps, f.config.Samples, f.config.Chains, f.config.Trees, f.config.Tolerance)
	case !slices.Contains(approx.Schedules(), f.config.Schedule):
		return m, misusef("--schedule: got %q, want one of %s", f.config.Schedule, strings.Join(approx.Schedules(), ", "))
	case !(f.config.Damping >= 0 && f.config.Damping < 1):
		return m, misusef("--damping: got %g, want from 0 to below 1", f.config.Damping)
	}
	return m, nil
}

// bounded has garbage collected before the heap takes more than the cap, which leaves room for the
// program, until the function that it returns is called.
func (f *methodFlags) bounded() (restore func()) {
	before := debug.SetMemoryLimit(int64(min(max(float64(f.memory), 1<<25), math.MaxInt64/2)))
	return func() { debug.SetMemoryLimit(before) }
}

// What methods can do.
func findsMarginals(m query.Method) bool { return m.Marginals != nil }
func findsJoint(m query.Method) bool     { return m.Joint != nil }
func findsBest(m query.Method) bool      { return m.Best != nil }
func findsAny(m query.Method) bool       { return findsMarginals(m) || findsJoint(m) || findsBest(m) }

// queryFlags are the flags of `elbo query`.
type queryFlags struct {
	methodFlags
	evidence, set, targets []string
	mpe, joint, json       bool
	draw                   string
}

// newQuery builds `elbo query`.
func newQuery(io streams) *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query MODEL",
		Short: "Ask a Bayesian network for probabilities",
		Long: `Ask a Bayesian network (.bif) or a Markov network (.uai, whose variables are named by their numbers)
for the probabilities of its variables given what was seen. The file may be packed by gzip; - reads a
.bif from standard input.

--do sets variables from outside instead of seeing them: they lose their parents. --mpe asks for the
most probable states of the targets, the other variables summed out; --joint for all their
combinations in one table. Exact methods know their cost before they begin, and refuse what does not
fit into --memory.`,
		Example: "  elbo query asia.bif --evidence xray=yes,dysp=yes --targets lung,tub\n" +
			"  elbo query asia.bif --evidence dysp=yes --do smoke=no --draw asia.svg\n" +
			"  elbo query alarm.bif.gz --evidence HRBP=HIGH --mpe --json\n" +
			"  elbo query asia.bif --targets lung,bronc --joint",
		Args: exactly(1, "MODEL, a .bif or .uai file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := f.question(io.in, args[0])
			if err != nil {
				return err
			}
			defer f.bounded()()
			return f.answer(cmd.Context(), io.out, q)
		},
	}
	cmd.Flags().StringArrayVarP(&f.evidence, "evidence", "e", nil, "what was seen: `variable=state,...`")
	cmd.Flags().StringArrayVar(&f.set, "do", nil, "what is set from outside: `variable=state,...`")
	cmd.Flags().StringArrayVarP(&f.targets, "targets", "t", nil, "`variables` to tell of (default: all that are not known)")
	cmd.Flags().BoolVar(&f.mpe, "mpe", false, "the most probable states instead of probabilities")
	cmd.Flags().BoolVar(&f.joint, "joint", false, "one table of all combinations of the targets")
	cmd.Flags().StringVar(&f.draw, "draw", "", "`file` for a drawing of the network with its marginals: .svg")
	jsonFlag(cmd, &f.json, "print a JSON object")
	f.bind(cmd, findsAny)
	return cmd
}

// question is what a command line asks.
type question struct {
	name    string
	method  query.Method
	problem query.Problem
	seen    pgm.Evidence
	set     pgm.Evidence
	targets []int
	ask     asking
	took    time.Duration // to answer
}

// asking is a kind of question: what it is called, which methods can answer, and how.
type asking struct {
	name   string
	can    func(query.Method) bool
	answer func(context.Context, *queryFlags, *question) (reply, error)
}

// reply is an answer that can be printed.
type reply interface {
	text(out io.Writer) error
	json() any
}

// kind is the question of the flags.
func (f *queryFlags) kind() (asking, error) {
	switch {
	case f.mpe && f.joint:
		return asking{}, misusef("got --mpe and --joint, want at most one of them")
	case f.mpe:
		return asking{"most probable states", findsBest, answerBest}, nil
	case f.joint:
		return asking{"joint tables", findsJoint, answerJoint}, nil
	}
	return asking{"marginals", findsMarginals, answerMarginals}, nil
}

// question reads the model and finds what the flags name in it.
func (f *queryFlags) question(std io.Reader, name string) (*question, error) {
	q := &question{name: name}
	var err error
	if q.ask, err = f.kind(); err != nil {
		return nil, err
	}
	if q.method, err = f.chosen(q.ask.name, q.ask.can); err != nil {
		return nil, err
	}
	if err := f.checkDraw(); err != nil {
		return nil, err
	}
	graph, network, err := readModel(std, name)
	if err != nil {
		return nil, err
	}
	if q.seen, err = observed("--evidence", graph.Vars, f.evidence); err != nil {
		return nil, err
	}
	if q.set, err = observed("--do", graph.Vars, f.set); err != nil {
		return nil, err
	}
	if network == nil && (len(q.set) > 0 || f.draw != "") {
		return nil, misusef("%s: got --do or --draw for a Markov network, want a Bayesian network (.bif): it has arrows", name)
	}
	for v := range q.set {
		if _, both := q.seen[v]; both {
			return nil, misusef("--do: got %s, which --evidence has too, want it in one of the two", graph.Vars[v].Name)
		}
	}
	q.problem = query.Problem{Graph: graph, Evidence: q.seen}
	if network != nil {
		if q.problem, err = query.Given(network, q.seen, q.set); err != nil {
			return nil, err
		}
	}
	if q.targets, err = targeted("--targets", graph.Vars, f.targets, q.problem.Evidence); err != nil {
		return nil, err
	}
	if len(q.targets) == 0 {
		if f.joint {
			return nil, misusef("--joint: got no --targets, want the variables of the table")
		}
		q.targets = q.problem.Free()
	}
	return q, nil
}

// answer answers, prints and draws.
func (f *queryFlags) answer(ctx context.Context, out io.Writer, q *question) error {
	start := time.Now()
	r, err := q.ask.answer(ctx, f, q)
	q.took = time.Since(start)
	if err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	if f.json {
		return indented(out, r.json())
	}
	return r.text(out)
}
