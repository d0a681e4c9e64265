package paper

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/elbo-go/elbo/backend"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
	"github.com/elbo-go/elbo/vi/pathfinder"
)

// reference holds the moments of 10,000 draws of long runs of Hamiltonian Monte Carlo.
type reference struct {
	Reference map[string]struct{ Mean, SD float64 }
	Data      map[string]any
}

// numbers flattens a value of the data: a number, a list or a list of lists.
func numbers(v any) (out []float64) {
	switch v := v.(type) {
	case float64:
		return []float64{v}
	case []any:
		for _, e := range v {
			out = append(out, numbers(e)...)
		}
	}
	return out
}

// read returns a posterior's reference and data.
func (q posterior) read(t *testing.T) (reference, map[string][]float64) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(tk.DataDir(t), "posteriordb", q.file+".json"))
	if err != nil {
		t.Skipf("%s is not here: %v", q.file, err)
	}
	var r reference
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	d := map[string][]float64{}
	for name, v := range r.Data {
		d[name] = numbers(v)
	}
	return r, d
}

// score is how far a fit is from the reference.
type score struct {
	mean     float64 // largest |difference of means| in reference sd
	low, top float64 // least and largest ratio of sd
}

// passes tells whether means are within .25 reference sd and ratios of sd within .6 and 1.4.
func (s score) passes() bool { return s.mean <= .25 && s.low >= .6 && s.top <= 1.4 }

func (s score) String() string {
	mark := " "
	if s.passes() {
		mark = "*"
	}
	return fmt.Sprintf("%5.2f %4.2f–%4.2f %s", s.mean, s.low, s.top, mark)
}

// compare scores estimates by name, counted from 1 as the reference does.
func (r reference) compare(t *testing.T, list []prob.Estimate) score {
	t.Helper()
	s := score{low: math.Inf(1)}
	seen := 0
	for _, e := range list {
		name := e.Name
		if base, index, ok := strings.Cut(name, "["); ok {
			var i int
			if _, err := fmt.Sscanf(index, "%d]", &i); err != nil {
				t.Fatal(err)
			}
			name = fmt.Sprintf("%s[%d]", base, i+1)
		}
		want, ok := r.Reference[name]
		if !ok { // a vector of one, or not of the reference
			if want, ok = r.Reference[strings.TrimSuffix(name, "[1]")]; !ok {
				continue
			}
		}
		seen++
		s.mean = math.Max(s.mean, math.Abs(e.Mean-want.Mean)/want.SD)
		s.low, s.top = math.Min(s.low, e.SD/want.SD), math.Max(s.top, e.SD/want.SD)
	}
	if seen != len(r.Reference) {
		t.Fatalf("got %d quantities of the reference, want %d", seen, len(r.Reference))
	}
	return s
}

// method is a way to fit a model.
type method struct {
	name string
	run  func(m *prob.Model) (list []prob.Estimate, khat float64, err error)
}

// advi fits a guide; the summary is weighted where the weights can be trusted and that is asked.
func advi(family guide.Family, weigh bool) func(m *prob.Model) ([]prob.Estimate, float64, error) {
	return func(m *prob.Model) ([]prob.Estimate, float64, error) {
		fit, err := prob.ADVI(context.Background(), m, prob.Options{Guide: family, Seed: 1, Check: 4000})
		if err != nil {
			return nil, 0, err
		}
		if weigh && fit.KHat < .7 {
			list, err := fit.Corrected()
			return list, fit.KHat, err
		}
		list, err := fit.Summary()
		return list, fit.KHat, err
	}
}

// paths fits by multi-path Pathfinder with Pareto-smoothed resampling.
func paths(m *prob.Model) ([]prob.Estimate, float64, error) {
	target, err := m.Target()
	if err != nil {
		return nil, 0, err
	}
	b, err := backend.Open("")
	if err != nil {
		return nil, 0, err
	}
	r, err := pathfinder.Run(context.Background(), target, b, pathfinder.Options{Seed: 1, Draws: 4000})
	if err != nil {
		return nil, 0, err
	}
	list, err := m.Summarize(r.Draws)
	return list, r.K, err
}

var methods = []method{
	{"mean field", advi(guide.MeanField, false)},
	{"full rank", advi(guide.FullRank, false)},
	{"full rank, weighted", advi(guide.FullRank, true)},
	{"Pathfinder", paths},
}

// TestPosteriorDB fits the posteriors of posteriordb by several methods. A pass is a largest
// difference of means of .25 reference sd with all ratios of sd within .6 and 1.4; full rank has
// to pass on nine.
func TestPosteriorDB(t *testing.T) {
	long(t)
	begin := time.Now()
	passed := make([]int, len(methods))
	var b strings.Builder
	fmt.Fprintf(&b, "%-42s", "posterior")
	for _, m := range methods {
		fmt.Fprintf(&b, "%-38s", m.name+": mean, sd, k̂, s")
	}
	for _, q := range posteriors {
		ref, d := q.read(t)
		fmt.Fprintf(&b, "\n%-42s", q.file)
		for k, method := range methods {
			start := time.Now()
			list, khat, err := method.run(q.model(d))
			if err != nil {
				t.Errorf("%s, %s: %v", q.file, method.name, err)
				continue
			}
			s := ref.compare(t, list)
			if s.passes() {
				passed[k]++
			}
			fmt.Fprintf(&b, "%-38s", fmt.Sprintf("%s %5.2f %5.2f", s, khat, time.Since(start).Seconds()))
		}
	}
	fmt.Fprintf(&b, "\n%-42s", "passed")
	for _, n := range passed {
		fmt.Fprintf(&b, "%-38s", fmt.Sprintf("%d of %d", n, len(posteriors)))
	}
	t.Logf("in %.0f s\n%s", time.Since(begin).Seconds(), b.String())
	if passed[1] < 9 && passed[2] < 9 {
		t.Errorf("full rank: got %d and %d posteriors within bounds, want 9", passed[1], passed[2])
	}
}
