package vi

import (
	"cmp"
	"fmt"
	"math"
)

// Record is the report of a bound over a data set. Every method of elbo reports this one.
type Record struct {
	Kind           string    `json:"bound_kind"`     // ELBO, IWAE, …
	Bound          float64   `json:"bound"`          // Reconstruction − KL at β = 1; larger is better
	Reconstruction float64   `json:"reconstruction"` // E_q[ln p(x|z)]
	KL             float64   `json:"kl"`             // Σ_j KL_j
	KLPerDim       []float64 `json:"kl_per_dim"`     // KL_j by latent dimension
	ShuffledGap    float64   `json:"shuffled_gap"`   // fall of the bound when z comes from another datum
	Samples        int       `json:"samples"`        // M, draws of z a datum
	StdErr         float64   `json:"mc_std_err"`     // Monte-Carlo standard error of Bound; NaN-free, 0 if unknown
	DataStdErr     float64   `json:"data_std_err"`   // standard error of Bound over data
	Beta           float64   `json:"beta"`           // effective β of the training objective
	N              int       `json:"n"`              // number of data

	Objective      string  `json:"objective,omitempty"`       // the bound that training maximises, where that is another
	ObjectiveBound float64 `json:"objective_bound,omitempty"` // its value, at β = 1 but in training
}

// Maximized returns the value of the bound that training maximises.
func (r Record) Maximized() float64 {
	if r.Objective != "" {
		return r.ObjectiveBound
	}
	return r.Bound
}

// MaximizedKind names that bound.
func (r Record) MaximizedKind() string { return cmp.Or(r.Objective, r.Kind) }

// Parted tells whether the figure is a reconstruction less a KL term, as bounds are.
func (r Record) Parted() bool { return r.Kind != KindLogProb }

// String prints the record on one line with its conventions.
func (r Record) String() string {
	if !r.Parted() {
		return fmt.Sprintf("−%s %.2f (nats, sum over dimensions, mean over %d data, ± %.2f over data; no KL term)", r.Kind, -r.Bound, r.N, r.DataStdErr)
	}
	return fmt.Sprintf("−%s %.2f = −reconstruction %.2f + KL %.2f (nats, sum over dimensions, mean over %d data, M=%d, ± %.2f MC)",
		r.Kind, -r.Bound, -r.Reconstruction, r.KL, r.N, r.Samples, r.StdErr)
}

// Accumulator gathers the terms of a bound batch by batch into a [Record], in float64.
type Accumulator struct {
	kind          string
	samples, n    int
	rec, shuffled float64
	hasShuffled   bool
	mcVar         float64 // Σ over data of the variance of the mean of M draws
	sum, sumSq    float64 // of per-datum bounds
	klPerDim      []float64
	objective     string
	objectiveSum  float64
}

// Batch is the terms of a bound for B data, on the host.
type Batch struct {
	LogLik   []float64 // M×B
	KL       []float64 // B×L, empty where there is no latent noise
	Shuffled []float64 // M×B or nil
	Bound    []float64 // B, of another objective, or nil
	Size     int       // B
}

// NewAccumulator starts a record of the given kind with M draws a datum.
func NewAccumulator(kind string, samples int) *Accumulator {
	return &Accumulator{kind: kind, samples: samples}
}

// Maximizing makes the record hold the bound of an objective besides; nil is none.
func (a *Accumulator) Maximizing(o Objective) *Accumulator {
	if o != nil {
		a.objective = o.Kind()
	}
	return a
}

// Add adds a batch.
func (a *Accumulator) Add(b Batch) {
	latent := len(b.KL) / b.Size
	if a.klPerDim == nil {
		a.klPerDim = make([]float64, latent)
	}
	m := float64(a.samples)
	for i := range b.Size {
		mean, sq := 0., 0.
		for k := range a.samples {
			v := b.LogLik[k*b.Size+i]
			mean += v / m
			if b.Shuffled != nil {
				a.shuffled += b.Shuffled[k*b.Size+i] / m
				a.hasShuffled = true
			}
		}
		for k := range a.samples {
			d := b.LogLik[k*b.Size+i] - mean
			sq += d * d
		}
		if a.samples > 1 {
			a.mcVar += sq / (m - 1) / m
		}
		a.rec += mean
		bound := mean
		for j := range latent {
			a.klPerDim[j] += b.KL[i*latent+j]
			bound -= b.KL[i*latent+j]
		}
		a.sum += bound
		a.sumSq += bound * bound
	}
	for _, v := range b.Bound {
		a.objectiveSum += v
	}
	a.n += b.Size
}

// Record returns the means over all data that were added.
func (a *Accumulator) Record(beta float64) Record {
	n := float64(max(1, a.n))
	r := Record{Kind: a.kind, Reconstruction: a.rec / n, Samples: a.samples, Beta: beta, N: a.n, KLPerDim: make([]float64, len(a.klPerDim))}
	for j, v := range a.klPerDim {
		r.KLPerDim[j] = v / n
		r.KL += v / n
	}
	r.Bound = r.Reconstruction - r.KL
	r.Objective, r.ObjectiveBound = a.objective, a.objectiveSum/n
	if a.hasShuffled {
		r.ShuffledGap = (a.rec - a.shuffled) / n
	}
	r.StdErr = math.Sqrt(a.mcVar) / n
	if a.n > 1 {
		variance := math.Max(0, a.sumSq/n-(a.sum/n)*(a.sum/n)) * n / (n - 1)
		r.DataStdErr = math.Sqrt(variance / n)
	}
	return r
}
