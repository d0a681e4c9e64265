package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
	"github.com/elbo-go/elbo/pgm/query"
)

// queryHead is what every answer begins with.
type queryHead struct {
	Model    string            `json:"model"`
	Method   string            `json:"method"`
	Evidence map[string]string `json:"evidence"`
	Do       map[string]string `json:"do,omitempty"`
	Cost     *queryCost        `json:"cost,omitempty"`
	Seconds  float64           `json:"seconds"` // of the method alone
}

// queryCost is that of an exact answer.
type queryCost struct {
	Order   string  `json:"order"`
	Width   int     `json:"width"`
	Largest float64 `json:"largest_table"`
	Cells   float64 `json:"cells"`
	Bytes   float64 `json:"bytes"`
}

func newQueryHead(q *question, p *exact.Plan) queryHead {
	h := queryHead{Model: q.name, Method: q.method.Name, Evidence: namesOf(q.problem.Graph.Vars, q.seen), Seconds: q.took.Seconds()}
	if len(q.set) > 0 {
		h.Do = namesOf(q.problem.Graph.Vars, q.set)
	}
	if p != nil {
		h.Cost = &queryCost{p.Heuristic.String(), p.Width, p.Largest, p.Cells, p.Bytes}
	}
	return h
}

// namesOf are the names of variables and their states.
func namesOf(vars []pgm.Variable, e pgm.Evidence) map[string]string {
	out := make(map[string]string, len(e))
	for v, s := range e {
		out[vars[v].Name] = vars[v].States[s]
	}
	return out
}

// write prints what was known, and how the answer was found.
func (h queryHead) write(out io.Writer, vars []pgm.Variable, more ...string) {
	lines := append([]string{"model\t" + h.Model + ", " + text.Thousands(len(vars)) + " variables"}, known("evidence", vars, h.Evidence)...)
	lines = append(lines, known("set", vars, h.Do)...)
	method := h.Method
	if h.Cost != nil {
		bytes := memorySize(max(h.Cost.Bytes, 1))
		method += fmt.Sprintf(", width %d by %s, %s table entries, %s", h.Cost.Width, h.Cost.Order, text.Decimal(h.Cost.Cells), bytes.String())
	}
	lines = append(append(lines, "method\t"+method), more...)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(lines, "\n"))
	w.Flush()
}

// known is the line of what is known, in the order of the model.
func known(what string, vars []pgm.Variable, states map[string]string) []string {
	var parts []string
	for _, v := range vars {
		if s, in := states[v.Name]; in {
			parts = append(parts, v.Name+"="+s)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{what + "\t" + few(parts)}
}

// written says what the value of ln Z is.
func written(q *question, name string, x float64) string {
	line := fmt.Sprintf("%s\t%.10g", name, x)
	if p := math.Exp(x); q.problem.Network != nil && p > 0 && q.method.Worth != query.None {
		line += fmt.Sprintf(" (P = %.7g)", p)
	}
	if q.method.Worth != query.Exact {
		line += ", " + string(q.method.Worth)
	}
	return line
}

// total is the name of the value: a network's is a probability.
func (q *question) total() string {
	if q.problem.Network != nil {
		return "ln P(evidence)"
	}
	return "ln Z"
}

// shareBar is a probability as a bar of at most 20 characters.
func shareBar(p float64) string { return strings.Repeat("█", int(math.Round(20*min(max(p, 0), 1)))) }

// marginalReply is the answer of probabilities.
type marginalReply struct {
	q *question
	a *query.Answer
}

func answerMarginals(ctx context.Context, f *queryFlags, q *question) (reply, error) {
	a, err := q.method.Marginals(ctx, q.problem, q.targets, f.config)
	if err != nil {
		return nil, err
	}
	if err := f.drawing(q, a); err != nil {
		return nil, err
	}
	return marginalReply{q, a}, nil
}

func (m marginalReply) text(out io.Writer) error {
	vars := m.q.problem.Graph.Vars
	newQueryHead(m.q, m.a.Plan).write(out, vars, m.facts()...)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	errs := ""
	if m.a.StdErr != nil {
		errs = "± 1 SE\t"
	}
	fmt.Fprintln(w, "\nVARIABLE\tSTATE\tPROBABILITY\t"+errs)
	for _, v := range m.q.targets {
		name := vars[v].Name
		for s, p := range m.a.Marginals[v] {
			if m.a.StdErr != nil {
				errs = fmt.Sprintf("%.5f\t", m.a.StdErr[v][s])
			}
			fmt.Fprintf(w, "%s\t%s\t%.7f\t%s%s\n", name, vars[v].States[s], p, errs, shareBar(p))
			name = ""
		}
	}
	return w.Flush()
}

// facts are lines on how good the answer is.
func (m marginalReply) facts() (lines []string) {
	if m.q.method.Worth != query.None {
		line := written(m.q, m.q.total(), m.a.LogZ)
		if m.a.LogZErr > 0 {
			line += fmt.Sprintf(", ± %.2g", m.a.LogZErr)
		}
		lines = append(lines, line)
	}
	switch {
	case m.a.Moving:
		lines = append(lines, fmt.Sprintf("sweeps\t%d, and the messages still move: try --damping .5 or more --sweeps", m.a.Sweeps))
	case m.a.Sweeps > 0:
		lines = append(lines, fmt.Sprintf("sweeps\t%d", m.a.Sweeps))
	}
	if m.a.ESS > 0 {
		lines = append(lines, fmt.Sprintf("samples\tworth at least %.0f independent ones", m.a.ESS))
	}
	if m.a.RHat > 0 {
		lines = append(lines, fmt.Sprintf("chains\tR̂ at most %.4f", m.a.RHat))
	}
	return lines
}

func (m marginalReply) json() any {
	type entry struct {
		Variable string             `json:"variable"`
		P        map[string]float64 `json:"p"`
		StdErr   map[string]float64 `json:"std_err,omitempty"`
	}
	out := struct {
		queryHead
		LogZ      *float64 `json:"log_z,omitempty"`
		Worth     string   `json:"log_z_is"`
		LogZErr   float64  `json:"log_z_std_err,omitempty"`
		Sweeps    int      `json:"sweeps,omitempty"`
		Converged bool     `json:"converged"`
		ESS       float64  `json:"ess,omitempty"`
		RHat      float64  `json:"r_hat,omitempty"`
		Marginals []entry  `json:"marginals"`
	}{newQueryHead(m.q, m.a.Plan), nil, string(m.q.method.Worth), m.a.LogZErr, m.a.Sweeps, !m.a.Moving, m.a.ESS, finite(m.a.RHat), []entry{}}
	if m.q.method.Worth != query.None {
		out.LogZ = &m.a.LogZ
	}
	vars := m.q.problem.Graph.Vars
	for _, v := range m.q.targets {
		e := entry{vars[v].Name, byState(vars[v], m.a.Marginals[v]), nil}
		if m.a.StdErr != nil {
			e.StdErr = byState(vars[v], m.a.StdErr[v])
		}
		out.Marginals = append(out.Marginals, e)
	}
	return out
}

// byState are numbers by the names of states.
func byState(v pgm.Variable, xs []float64) map[string]float64 {
	out := make(map[string]float64, len(xs))
	for s, x := range xs {
		out[v.States[s]] = finite(x)
	}
	return out
}

// finite is x, or 0 where JSON has no number for it.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// bestReply is the answer of most probable states.
type bestReply struct {
	q    *question
	b    *exact.Best
	logZ float64
}

func answerBest(ctx context.Context, f *queryFlags, q *question) (reply, error) {
	b, err := q.method.Best(ctx, q.problem, q.targets, f.config)
	if err != nil {
		return nil, err
	}
	e := bestReply{q, b, math.NaN()}
	if q.method.Marginals != nil && q.method.Worth == query.Exact {
		a, err := q.method.Marginals(ctx, q.problem, nil, f.config)
		if err != nil {
			return nil, err
		}
		e.logZ = a.LogZ
	}
	return e, nil
}

// plan is the elimination, of methods that have one.
func (e bestReply) plan() *exact.Plan {
	if e.b.Plan.Cells == 0 {
		return nil
	}
	return &e.b.Plan
}

func (e bestReply) text(out io.Writer) error {
	vars := e.q.problem.Graph.Vars
	more := []string{fmt.Sprintf("ln of the maximum\t%.10g", e.b.LogValue)}
	if !math.IsNaN(e.logZ) {
		more = append(more, written(e.q, e.q.total(), e.logZ), fmt.Sprintf("P(states | evidence)\t%.7g", math.Exp(e.b.LogValue-e.logZ)))
	}
	newQueryHead(e.q, e.plan()).write(out, vars, more...)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nVARIABLE\tSTATE")
	for _, v := range e.q.targets {
		fmt.Fprintf(w, "%s\t%s\n", vars[v].Name, vars[v].States[e.b.States[v]])
	}
	return w.Flush()
}

func (e bestReply) json() any {
	out := struct {
		queryHead
		LogValue float64           `json:"log_value"`
		LogZ     *float64          `json:"log_z,omitempty"`
		States   map[string]string `json:"states"`
	}{newQueryHead(e.q, e.plan()), e.b.LogValue, nil, map[string]string{}}
	if !math.IsNaN(e.logZ) {
		out.LogZ = &e.logZ
	}
	vars := e.q.problem.Graph.Vars
	for _, v := range e.q.targets {
		out.States[vars[v].Name] = vars[v].States[e.b.States[v]]
	}
	return out
}

// jointReply is the answer of one table.
type jointReply struct {
	q *question
	r *exact.Result
}

func answerJoint(ctx context.Context, f *queryFlags, q *question) (reply, error) {
	r, err := q.method.Joint(ctx, q.problem, q.targets, f.config)
	if err != nil {
		return nil, err
	}
	return jointReply{q, r}, nil
}

// rows are the combinations of states with their probabilities.
func (t jointReply) rows(each func(states []string, p float64)) {
	vars, f := t.q.problem.Graph.Vars, t.r.Joint
	states := make([]string, len(f.Vars))
	for at, x := range f.Log {
		for i, rest := len(f.Vars)-1, at; i >= 0; i-- {
			states[i] = vars[f.Vars[i]].States[rest%f.Card[i]]
			rest /= f.Card[i]
		}
		each(states, math.Exp(x))
	}
}

func (t jointReply) text(out io.Writer) error {
	vars := t.q.problem.Graph.Vars
	newQueryHead(t.q, &t.r.Plan).write(out, vars, written(t.q, t.q.total(), t.r.LogZ))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w)
	for _, v := range t.r.Joint.Vars {
		fmt.Fprintf(w, "%s\t", vars[v].Name)
	}
	fmt.Fprintln(w, "PROBABILITY\t")
	t.rows(func(states []string, p float64) {
		fmt.Fprintf(w, "%s\t%.7f\t%s\n", strings.Join(states, "\t"), p, shareBar(p))
	})
	return w.Flush()
}

func (t jointReply) json() any {
	type row struct {
		States []string `json:"states"`
		P      float64  `json:"p"`
	}
	out := struct {
		queryHead
		LogZ      float64  `json:"log_z"`
		Variables []string `json:"variables"`
		Joint     []row    `json:"joint"`
	}{newQueryHead(t.q, &t.r.Plan), t.r.LogZ, nil, nil}
	for _, v := range t.r.Joint.Vars {
		out.Variables = append(out.Variables, t.q.problem.Graph.Vars[v].Name)
	}
	t.rows(func(states []string, p float64) { out.Joint = append(out.Joint, row{slices.Clone(states), p}) })
	return out
}
