package prob

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/guide"
)

// Estimate is the summary of one element of a variable.
type Estimate struct {
	Name     string  // such as "theta[3]", counted from 0
	Mean, SD float64 // over the draws
	Q05      float64 // 5 % quantile
	Q50      float64 // median
	Q95      float64 // 95 % quantile
}

// Summary returns the posterior's view of every element of every variable, from the final draws. They
// are weighted as those of [Fit.Corrected] where k̂ allows it, which [Fit.Weighted] tells; else, and
// for a point estimate, it is that of [Fit.Unweighted].
func (fit *Fit) Summary() ([]Estimate, error) {
	if fit.Weighted() {
		return fit.Corrected()
	}
	return fit.Unweighted()
}

// Unweighted returns the guide's own summary: that of its draws as they are, as [Fit.Draws] gives
// them.
func (fit *Fit) Unweighted() ([]Estimate, error) {
	w := make([]float64, len(fit.points))
	for i := range w {
		w[i] = 1 / float64(len(w))
	}
	return fit.summary(w)
}

// Weights returns the smoothed importance weights of the final draws, which sum to 1, in the order in
// which [Fit.Draws] gives the draws: a mean of them under these weights is the posterior's where
// [Fit.Weighted] holds.
func (fit *Fit) Weights() []float64 {
	w, _ := vi.PSIS(fit.weights)
	for i, l := range w {
		w[i] = math.Exp(l)
	}
	return w
}

// Corrected returns the summary with the final draws weighted by p/q, the largest weights smoothed
// (Vehtari et al. 2024). Where k̂ is below its limit it is nearer to the posterior than the guide; where it
// is above, neither is.
func (fit *Fit) Corrected() ([]Estimate, error) {
	if guide.IsDelta(fit.f.guide) {
		return nil, fmt.Errorf("prob: a point estimate has no importance weights")
	}
	return fit.summary(fit.Weights())
}

// summary weighs the final draws, Σw = 1.
func (fit *Fit) summary(w []float64) ([]Estimate, error) {
	all, err := fit.rows(fit.points)
	if err != nil {
		return nil, err
	}
	var out []Estimate
	for _, q := range fit.fields {
		for k := range size(q.dims) {
			x := make([]float64, len(all))
			for i, row := range all {
				x[i] = row[q.at+k]
			}
			out = append(out, summarize(element(q, k), x, w))
		}
	}
	return out, nil
}

// element names an element of a variable, by its index along each axis.
func element(q field, k int) string {
	if len(q.dims) == 0 {
		return q.name
	}
	index := make([]string, len(q.dims))
	for a := len(q.dims) - 1; a >= 0; a-- {
		index[a] = fmt.Sprint(k % q.dims[a])
		k /= q.dims[a]
	}
	return q.name + "[" + strings.Join(index, ",") + "]"
}

// summarize weighs values. The variance is that of draws, divided by 1 − Σw²; quantiles are linear
// between the middles of the steps of the distribution function.
func summarize(name string, x, w []float64) Estimate {
	e := Estimate{Name: name}
	sq := 0.
	for i, v := range x {
		e.Mean += w[i] * v
		sq += w[i] * w[i]
	}
	for i, v := range x {
		e.SD += w[i] * (v - e.Mean) * (v - e.Mean) / (1 - sq)
	}
	e.SD = math.Sqrt(e.SD)
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	at := func(p float64) float64 {
		below, last, lastP := 0., x[order[0]], math.Inf(-1)
		for _, i := range order {
			middle := below + w[i]/2
			if middle >= p {
				if math.IsInf(lastP, -1) || middle == lastP {
					return x[i]
				}
				return last + (x[i]-last)*(p-lastP)/(middle-lastP)
			}
			below, last, lastP = below+w[i], x[i], middle
		}
		return last
	}
	e.Q05, e.Q50, e.Q95 = at(.05), at(.5), at(.95)
	return e
}

// Table writes estimates in columns.
func Table(estimates []Estimate) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-16s %10s %10s %10s %10s %10s\n", "", "mean", "sd", "5%", "50%", "95%")
	for _, e := range estimates {
		fmt.Fprintf(&b, "%-16s %10.4g %10.4g %10.4g %10.4g %10.4g\n", e.Name, e.Mean, e.SD, e.Q05, e.Q50, e.Q95)
	}
	return b.String()
}
