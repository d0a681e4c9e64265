package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// ReliabilityBin is one point of a reliability curve: rows whose confidence, the probability of
// the class that was predicted, is alike.
type ReliabilityBin struct {
	Count      int     // rows
	Lo, Hi     float64 // bounds of the confidence
	Confidence float64 // mean of the bin; NaN if it is empty
	Accuracy   float64 // share of its rows that were right; NaN if it is empty
}

// Reliability is the reliability curve of class probabilities and what sums it up.
type Reliability struct {
	Bins []ReliabilityBin // by rising confidence
	ECE  float64          // expected calibration error, Σ (n_b/N)|accuracy − confidence|
	MCE  float64          // the largest of its differences
}

// ReliabilityCurve sorts rows by confidence into bins of equal width on (0, 1] (Guo et al. 2017,
// eq. 3, with 15 bins as a custom).
func ReliabilityCurve(probs [][]float64, labels []int, bins int) (Reliability, error) {
	rows, err := confidences("ReliabilityCurve", probs, labels, bins)
	if err != nil {
		return Reliability{}, err
	}
	parts := make([][]confident, bins)
	for _, r := range rows {
		b := min(bins-1, max(0, int(math.Ceil(r.confidence*float64(bins)))-1))
		parts[b] = append(parts[b], r)
	}
	out := reliabilityOf(parts, len(rows))
	for b := range out.Bins {
		out.Bins[b].Lo, out.Bins[b].Hi = float64(b)/float64(bins), float64(b+1)/float64(bins)
	}
	return out, nil
}

// AdaptiveReliabilityCurve has bins of equal numbers of rows in place of equal widths (Nguyen &
// O'Connor 2015): none is empty or ruled by a handful of rows, where most confidences are near 1.
func AdaptiveReliabilityCurve(probs [][]float64, labels []int, bins int) (Reliability, error) {
	rows, err := confidences("AdaptiveReliabilityCurve", probs, labels, bins)
	if err != nil {
		return Reliability{}, err
	}
	slices.SortStableFunc(rows, func(a, b confident) int { return cmp.Compare(a.confidence, b.confidence) })
	bins = min(bins, len(rows))
	parts := make([][]confident, bins)
	for b := range parts {
		parts[b] = rows[b*len(rows)/bins : (b+1)*len(rows)/bins]
	}
	out := reliabilityOf(parts, len(rows))
	for b, p := range parts {
		out.Bins[b].Lo, out.Bins[b].Hi = p[0].confidence, p[len(p)-1].confidence
	}
	return out, nil
}

// confident is one row.
type confident struct {
	confidence float64
	right      bool
}

// confidences returns the confidence of each row.
func confidences(what string, probs [][]float64, labels []int, bins int) ([]confident, error) {
	if err := checkProbs(what, probs, labels); err != nil {
		return nil, err
	}
	if bins < 1 {
		return nil, fmt.Errorf("eval: %s: bins: got %d, want at least 1", what, bins)
	}
	rows := make([]confident, len(labels))
	for i, row := range probs {
		k, p := top(row)
		rows[i] = confident{p, k == labels[i]}
	}
	return rows, nil
}

// reliabilityOf forms the means of the bins and their differences.
func reliabilityOf(parts [][]confident, total int) (out Reliability) {
	for _, part := range parts {
		b := ReliabilityBin{Count: len(part)}
		for _, r := range part {
			b.Confidence += r.confidence
			b.Accuracy += float64(b2i(r.right))
		}
		b.Confidence /= float64(len(part))
		b.Accuracy /= float64(len(part))
		if gap := math.Abs(b.Accuracy - b.Confidence); len(part) > 0 {
			out.ECE += gap * float64(len(part)) / float64(total)
			out.MCE = math.Max(out.MCE, gap)
		}
		out.Bins = append(out.Bins, b)
	}
	return out
}
