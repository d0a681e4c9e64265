// Package quality measures drawn images against real ones with a fixed classifier (package judge).
//
//	j, err := judge.Load(judge.Digits)                      // or a file of bench/judge
//	r, err := quality.SampleQuality(ctx, j, real, drawn)    // N×784 and M×784 values from 0 to 1
//	fmt.Println(r)
//
// All figures are those of one judge and of so many images, and compare with no others.
package quality

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/judge"
)

// Neighbours is k of the balls of [Report.Neighbourhoods].
const Neighbours = 5

// Report is how far drawn images are from real ones.
type Report struct {
	Judge  string  `json:"judge"`   // its name, with the hash of its weights
	N      int     `json:"n"`       // real images
	M      int     `json:"m"`       // drawn images
	OwnFID float64 `json:"own_fid"` // squared Fréchet distance of the features; too large by a term of order 1/N + 1/M
	// Halves is that distance between two halves of the real images: what N/2 against N/2 give without
	// any difference.
	Halves float64 `json:"own_fid_halves"`
	// OwnKID is the kernel distance of the features by blocks of Block images, which has no bias. Few
	// images with large features dominate it: its standard error is too small for small N.
	OwnKID eval.Averaged `json:"own_kid"`
	Block  int           `json:"block"` // see OwnKID
	// Neighbourhoods are precision, recall, density and coverage of the features.
	Neighbourhoods eval.Manifold `json:"neighbourhoods"`
	Sharpness      eval.Averaged `json:"sharpness"`      // variance of the Laplacian of drawn images
	RealSharpness  eval.Averaged `json:"real_sharpness"` // and of real ones
	// Confidence is the mean probability of the most probable class of drawn images, Confident the
	// share of them where it is above .8.
	Confidence float64 `json:"confidence"`
	Confident  float64 `json:"confident"`
	// Shares are the classes of drawn images; Entropy is theirs, in nats, at most ln 10.
	Shares  [judge.Classes]float64 `json:"shares"`
	Entropy float64                `json:"entropy"`
}

// SampleQuality measures drawn images, M×784, against real ones, N×784, both in random order and with
// values from 0 to 1. A few thousand of each take seconds; the time grows with their product.
func SampleQuality(ctx context.Context, j *judge.Judge, real, drawn []float32) (r Report, err error) {
	r = Report{Judge: j.Name(), N: len(real) / judge.Dim, M: len(drawn) / judge.Dim}
	if least := min(r.N, r.M); least < 20 {
		return r, fmt.Errorf("quality: got %d real and %d drawn images, want at least 20 of each", r.N, r.M)
	}
	features, err := j.Features(ctx, real)
	if err != nil {
		return r, err
	}
	found, verdicts, err := j.Look(ctx, drawn)
	if err != nil {
		return r, err
	}
	if r.OwnFID, err = eval.FrechetOfRows(features, found); err != nil {
		return r, err
	}
	if r.Halves, err = eval.FrechetOfRows(features[:r.N/2], features[r.N/2:]); err != nil {
		return r, err
	}
	r.Block = max(2, min(1000, min(r.N, r.M)/10)) // ten blocks or more, for the standard error
	if r.OwnKID, err = eval.KernelDistance(ctx, features, found, r.Block); err != nil {
		return r, err
	}
	if r.Neighbourhoods, err = eval.Neighbourhoods(ctx, features, found, Neighbours); err != nil {
		return r, err
	}
	if r.Sharpness, err = eval.Sharpness(drawn, judge.Side, judge.Side, 1); err != nil {
		return r, err
	}
	r.RealSharpness, err = eval.Sharpness(real, judge.Side, judge.Side, 1)
	r.verdicts(verdicts)
	return r, err
}

// verdicts counts classes and how sure the judge is.
func (r *Report) verdicts(probabilities [][]float64) {
	n := float64(len(probabilities))
	for _, p := range probabilities {
		class := judge.Most(p)
		r.Shares[class] += 1 / n
		r.Confidence += p[class] / n
		if p[class] > .8 {
			r.Confident += 1 / n
		}
	}
	for _, s := range r.Shares {
		if s > 0 {
			r.Entropy -= s * math.Log(s)
		}
	}
}

// String prints the report over a few lines.
func (r Report) String() string {
	m := r.Neighbourhoods
	return fmt.Sprintf(`own FID %.3f (real halves: %.3f), own KID %v in blocks of %d
precision %.3f, recall %.3f, density %.3f, coverage %.3f (k = %d)
sharpness %v, of real images %v
judge's confidence %.3f, above .8 for %.3f; entropy of the classes %.3f of %.3f nats
by the judge %s, %d real and %d drawn images`,
		r.OwnFID, r.Halves, r.OwnKID, r.Block, m.Precision, m.Recall, m.Density, m.Coverage, m.K,
		r.Sharpness, r.RealSharpness, r.Confidence, r.Confident, r.Entropy, math.Log(judge.Classes), r.Judge, r.N, r.M)
}
