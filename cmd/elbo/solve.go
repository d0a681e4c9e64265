package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/query"
	"github.com/elbo-go/elbo/pgm/uai"
)

func init() { commands = append(commands, newSolve) }

// task is a task of the inference competitions: what it is called in the line of an error, which
// methods solve it, and how the result is found and written.
type task struct {
	name  string
	what  string
	can   func(query.Method) bool
	solve func(context.Context, query.Method, query.Problem, query.Config) (solution, error)
}

// solution is the result of a task.
type solution struct {
	write   func(io.Writer) error
	remarks []string // what to know about it
}

// tasks are those of the command line.
var tasks = []task{
	{"PR", "value of ln Z", func(m query.Method) bool { return findsMarginals(m) && m.Worth != query.None }, solvePartition},
	{"MAR", "marginals", findsMarginals, solveMarginals},
	{uai.MAP, "most probable states", findsBest, solveBest(uai.MAP)},
	{uai.MPE, "most probable states", findsBest, solveBest(uai.MPE)},
}

// taskNames are the names of the tasks.
func taskNames() (names []string) {
	for _, t := range tasks {
		names = append(names, t.name)
	}
	return names
}

// taskOf is the task of a name.
func taskOf(name string) (task, error) {
	for _, t := range tasks {
		if strings.EqualFold(t.name, name) {
			return t, nil
		}
	}
	return task{}, misusef("--task: got %q, want one of %s", name, strings.Join(taskNames(), ", "))
}

// newSolve builds `elbo solve`.
func newSolve(std streams) *cobra.Command {
	var f methodFlags
	name, evidence, out := "MAR", "", ""
	cmd := &cobra.Command{
		Use:   "solve MODEL.uai",
		Short: "Solve a task of the UAI inference competitions",
		Long: `Solve a task of the UAI inference competitions, and print the result in their format:
PR is log10 of the partition function, or of the probability of the evidence; MAR are the marginals
of all variables; MAP, which older files call MPE, is the most probable assignment. The files may be
packed by gzip. What does not fit into --memory is refused, with the estimate.`,
		Example: "  elbo solve grid.uai --task PR\n  elbo solve pedigree.uai.gz --evid pedigree.uai.evid --task MAR --out pedigree.MAR\n" +
			"  elbo solve grid.uai --task MAR --method bp --damping .5",
		Args: exactly(1, "MODEL.uai"),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := taskOf(name)
			if err != nil {
				return err
			}
			m, err := f.chosen(t.what, t.can)
			if err != nil {
				return err
			}
			p, err := readProblem(std.in, args[0], evidence)
			if err != nil {
				return err
			}
			defer f.bounded()()
			s, err := t.solve(cmd.Context(), m, p, f.config)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			for _, r := range s.remarks {
				fmt.Fprintln(std.err, "note: "+r)
			}
			if out == "" {
				return s.write(std.out)
			}
			return atomicfile.WriteFile(out, s.write)
		},
	}
	cmd.Flags().StringVar(&name, "task", name, "`task`: "+strings.Join(taskNames(), ", "))
	completeFlag(cmd, "task", taskNames)
	cmd.Flags().StringVar(&evidence, "evid", "", "`file` of the evidence (default: none)")
	outFlag(cmd, &out, "`file` to write (default: standard output)")
	f.bind(cmd, findsAny)
	return cmd
}

// moving says that iterations have not come to their end.
func moving(a *query.Answer) []string {
	if !a.Moving {
		return nil
	}
	return []string{fmt.Sprintf("the messages still move after %d sweeps: try --damping .5 or more --sweeps", a.Sweeps)}
}

// readProblem reads a model and its evidence.
func readProblem(std io.Reader, name, evidence string) (p query.Problem, err error) {
	m, err := readWith(std, name, uai.Read)
	if err != nil {
		return p, err
	}
	p = query.Problem{Graph: m.Graph, Evidence: pgm.Evidence{}}
	if evidence != "" {
		p.Evidence, err = readWith(std, evidence, func(in io.Reader) (pgm.Evidence, error) { return uai.ReadEvidence(in, m.Graph.Vars) })
	}
	return p, err
}

func solvePartition(ctx context.Context, m query.Method, p query.Problem, c query.Config) (solution, error) {
	a, err := m.Marginals(ctx, p, nil, c)
	if err != nil {
		return solution{}, err
	}
	s := solution{write: func(w io.Writer) error { return uai.WritePartition(w, a.LogZ/math.Ln10) }, remarks: moving(a)}
	if m.Worth != query.Exact {
		s.remarks = append(s.remarks, fmt.Sprintf("the value of %s is no exact one: %s", m.Name, m.Worth))
	}
	return s, nil
}

func solveMarginals(ctx context.Context, m query.Method, p query.Problem, c query.Config) (solution, error) {
	a, err := m.Marginals(ctx, p, p.Free(), c)
	if err != nil {
		return solution{}, err
	}
	for v, s := range p.Evidence {
		a.Marginals[v] = make([]float64, len(p.Graph.Vars[v].States))
		a.Marginals[v][s] = 1
	}
	s := solution{write: func(w io.Writer) error { return uai.WriteMarginals(w, a.Marginals) }, remarks: moving(a)}
	if m.Worth != query.Exact {
		s.remarks = append(s.remarks, "the probabilities of "+m.Name+" are no exact ones")
	}
	return s, nil
}

func solveBest(kind string) func(context.Context, query.Method, query.Problem, query.Config) (solution, error) {
	return func(ctx context.Context, m query.Method, p query.Problem, c query.Config) (solution, error) {
		b, err := m.Best(ctx, p, p.Free(), c)
		if err != nil {
			return solution{}, err
		}
		s := solution{write: func(w io.Writer) error { return uai.WriteAssignment(w, kind, b.States) }}
		if m.Marginals == nil { // a method of assignments alone is one of messages
			s.remarks = []string{"the assignment of " + m.Name + " need not be the most probable one"}
		}
		return s, nil
	}
}
