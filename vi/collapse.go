package vi

import (
	"fmt"
	"math"
	"strings"
)

// Posterior is the guide at N data: the moments of q(z|x_n), N×L row-major.
type Posterior struct {
	Mean, Variance []float64 // moments of each z_j given x_n
	N, L           int       // data and latent dimensions
}

// Telemetry is what one evaluation tells about posterior collapse.
type Telemetry struct {
	ActiveUnits   int     `json:"active_units"`    // #{j : Var_x(E_q[z_j]) > .01} (Burda et al. 2016)
	Latent        int     `json:"latent"`          // L
	Rate          float64 `json:"rate"`            // KL(q(z|x) ‖ p(z)), nats
	MutualInfo    float64 `json:"mutual_info"`     // I_q(x; z), nats, an estimate that cannot exceed MutualInfoCap
	MutualInfoCap float64 `json:"mutual_info_cap"` // ln N of the rows it was estimated from
	MarginalKL    float64 `json:"marginal_kl"`     // KL(q̄(z) ‖ p(z)) = rate − I_q
	ShuffledGap   float64 `json:"shuffled_gap"`    // nats lost when z comes from another datum
	WideShare     float64 `json:"wide_share"`      // share of dimensions with mean σ² > .99
	State         string  `json:"state"`           // healthy, partly collapsed or collapsed
	// Sensitivity is ‖∂x̂/∂z_j‖ by latent dimension, mean over a few rows (see [Sensitivity]); nil where it
	// was not measured. It is there of codes without a guide as well, of which nothing else is.
	Sensitivity []float64 `json:"sensitivity,omitempty"`
	// MMD is that of draws from q̄(z) and from p(z); nil where it was not measured.
	MMD *Discrepancy `json:"mmd,omitempty"`
}

// The states of a guide.
const (
	Healthy         = "healthy"
	PartlyCollapsed = "partly collapsed"
	Collapsed       = "collapsed"
)

// activeVariance is the variance over data above which a unit counts as active.
const activeVariance = .01

// Active tells which latent dimensions vary with the data.
func (p Posterior) Active() []bool {
	out := make([]bool, p.L)
	for j := range p.L {
		var m, sq float64
		for i := range p.N {
			v := p.Mean[i*p.L+j]
			m += v / float64(p.N)
			sq += v * v / float64(p.N)
		}
		out[j] = sq-m*m > activeVariance
	}
	return out
}

// MutualInformation estimates I_q(x; z) = E[ln q(z|x) − ln q̄(z)] with one draw a datum and
// q̄ the mixture over all N guides (Hoffman & Johnson 2016). eps holds N×L standard normal
// values. The estimate is at most ln N, which it also returns.
func (p Posterior) MutualInformation(eps []float64) (mi, limit float64) {
	inverse, offset := p.normalizers()
	z := make([]float64, p.L)
	for i := range p.N {
		for j := range p.L {
			k := i*p.L + j
			z[j] = p.Mean[k] + math.Sqrt(p.Variance[k])*eps[k]
		}
		var mix ImportanceSum
		own := 0.
		for n := range p.N {
			v := offset[n]
			mean, inv := p.Mean[n*p.L:(n+1)*p.L], inverse[n*p.L:(n+1)*p.L]
			for j, m := range mean {
				d := z[j] - m
				v -= d * d * inv[j]
			}
			mix.Add(v)
			if n == i {
				own = v
			}
		}
		mi += (own - mix.LogEvidence()) / float64(p.N)
	}
	return mi, math.Log(float64(p.N))
}

// normalizers returns 1/2σ² by value, and −Σ_j ln σ_j by datum, so that the double loop over
// data holds no logarithm and no division.
func (p Posterior) normalizers() (inverse, offset []float64) {
	inverse, offset = make([]float64, p.N*p.L), make([]float64, p.N)
	for n := range p.N {
		for k := n * p.L; k < (n+1)*p.L; k++ {
			inverse[k] = .5 / p.Variance[k]
			offset[n] -= .5 * math.Log(p.Variance[k])
		}
	}
	return inverse, offset
}

// Observe forms the telemetry of one evaluation.
func Observe(r Record, p Posterior, eps []float64) Telemetry {
	t := Telemetry{Latent: p.L, Rate: r.KL, ShuffledGap: r.ShuffledGap}
	for _, a := range p.Active() {
		if a {
			t.ActiveUnits++
		}
	}
	t.MutualInfo, t.MutualInfoCap = p.MutualInformation(eps)
	t.MarginalKL = t.Rate - t.MutualInfo
	for j := range p.L {
		mean := 0.
		for i := range p.N {
			mean += p.Variance[i*p.L+j] / float64(p.N)
		}
		if mean > .99 {
			t.WideShare += 1 / float64(p.L)
		}
	}
	switch {
	case len(t.alarms()) > 0:
		t.State = Collapsed
	case t.ActiveUnits < t.Latent:
		t.State = PartlyCollapsed
	default:
		t.State = Healthy
	}
	return t
}

// Warning is a named alarm with what to do about it.
type Warning struct {
	Name   string `json:"name"`   // of the alarm, such as low-rate
	Detail string `json:"detail"` // what was measured
	Remedy string `json:"remedy"` // flags to try
}

// String prints the warning on one line.
func (w Warning) String() string { return fmt.Sprintf("%s: %s; %s", w.Name, w.Detail, w.Remedy) }

// alarms returns the conditions that hold now.
func (t Telemetry) alarms() []Warning {
	var out []Warning
	add := func(hit bool, name, remedy, detail string, args ...any) {
		if hit {
			out = append(out, Warning{name, fmt.Sprintf(detail, args...), remedy})
		}
	}
	add(float64(t.ActiveUnits) < .1*float64(t.Latent), "few-active-units",
		"try --beta-schedule linear, --free-bits 0.1 or a smaller --latent",
		"%d of %d latent dimensions vary with the data", t.ActiveUnits, t.Latent)
	add(t.Rate < .1, "low-rate", "try --beta below 1, --beta-schedule cyclical or --free-bits 0.1",
		"the latent code carries %.3f nats", t.Rate)
	add(t.ShuffledGap < .5, "decoder-ignores-latent", "try a smaller decoder (--hidden), --free-bits 0.1, --mean-scale 0.5 or a smaller --sigma",
		"codes of other data cost only %.2f nats", t.ShuffledGap)
	add(t.WideShare > .9, "encoder-at-prior", "try --beta-schedule linear or a higher --lr",
		"mean posterior variance exceeds .99 in %.0f %% of the dimensions", 100*t.WideShare)
	return out
}

// Judgement is the state with the names of the alarms behind it, of which units in use tell nothing: a code
// may vary with the data and still not be read.
func (t Telemetry) Judgement() string {
	var names []string
	for _, w := range t.alarms() {
		names = append(names, w.Name)
	}
	if t.State != Collapsed || len(names) == 0 {
		return t.State
	}
	return t.State + " (" + strings.Join(names, ", ") + ")"
}

// Information is the mutual information with so many decimals and its unit. What it estimates is never below
// 0, so that an estimate which is says how far its noise goes.
func (t Telemetry) Information(decimals int) string {
	if t.MutualInfo < 0 {
		return fmt.Sprintf("about 0 nats (estimate %.*f, which is noise)", decimals, t.MutualInfo)
	}
	return fmt.Sprintf("%.*f nats", decimals, t.MutualInfo)
}

// Patience is the number of consecutive evaluations after which an alarm becomes a warning.
const Patience = 3

// Monitor turns alarms that last into warnings. Its state is part of a checkpoint.
type Monitor struct {
	Streak map[string]int `json:"streak"` // evaluations in a row, by alarm
}

// Observe counts an evaluation and returns the warnings that have just become due.
func (m *Monitor) Observe(t Telemetry) []Warning {
	next := map[string]int{}
	var due []Warning
	for _, w := range t.alarms() {
		next[w.Name] = m.Streak[w.Name] + 1
		if next[w.Name] == Patience {
			due = append(due, w)
		}
	}
	m.Streak = next
	return due
}
