package vi

import "math"

// ImportanceSum streams the log-weights of one datum and gives its importance-sampled
// log-evidence ln (1/K) Σ w_k, in float64 and with memory independent of K.
type ImportanceSum struct {
	shift      float64 // running maximum of the log-weights
	sum, sumSq float64 // Σ e^(ln w − shift), Σ e^(2(ln w − shift))
	k          int
}

// Add adds the next log-weight.
func (s *ImportanceSum) Add(logW float64) {
	s.k++
	if math.IsInf(logW, -1) {
		return // a weight of 0; −∞ cannot be the shift
	}
	if s.sum == 0 || logW > s.shift {
		scale := 0.
		if s.sum > 0 {
			scale = math.Exp(s.shift - logW)
		}
		s.sum, s.sumSq, s.shift = s.sum*scale, s.sumSq*scale*scale, logW
	}
	w := math.Exp(logW - s.shift)
	s.sum += w
	s.sumSq += w * w
}

// K returns the number of weights.
func (s *ImportanceSum) K() int { return s.k }

// LogEvidence returns ln (1/K) Σ w_k.
func (s *ImportanceSum) LogEvidence() float64 {
	return s.shift + math.Log(s.sum) - math.Log(float64(s.k))
}

// ESS returns the effective sample size (Σw)²/Σw², between 1 and K, or 0 if all weights are 0.
func (s *ImportanceSum) ESS() float64 {
	if s.sum == 0 {
		return 0
	}
	return s.sum * s.sum / s.sumSq
}

// StdErr returns the standard error of LogEvidence by the delta method, sd(w)/(√K mean(w)).
func (s *ImportanceSum) StdErr() float64 {
	if s.k < 2 || s.sum == 0 {
		return 0
	}
	k := float64(s.k)
	mean := s.sum / k
	variance := math.Max(0, s.sumSq/k-mean*mean) * k / (k - 1)
	return math.Sqrt(variance/k) / mean
}

// ImportanceRecord is the report of an importance-sampled evidence over a data set.
type ImportanceRecord struct {
	NLL        float64 `json:"nll"`          // −ln p(x), mean over data, nats
	K          int     `json:"k"`            // weights a datum, exactly
	StdErr     float64 `json:"mc_std_err"`   // Monte-Carlo standard error of NLL
	DataStdErr float64 `json:"data_std_err"` // standard error of NLL over data
	ESS        float64 `json:"ess"`          // mean effective sample size
	MinESS     float64 `json:"min_ess"`      // smallest effective sample size
	N          int     `json:"n"`            // number of data
}

// SummarizeImportance averages the sums of all data.
func SummarizeImportance(sums []ImportanceSum) ImportanceRecord {
	r := ImportanceRecord{N: len(sums), MinESS: math.Inf(1)}
	if len(sums) == 0 {
		r.MinESS = 0
		return r
	}
	n := float64(len(sums))
	var sq, variance float64
	for i := range sums {
		nll := -sums[i].LogEvidence()
		r.K = sums[i].K()
		r.NLL += nll / n
		sq += nll * nll / n
		variance += sums[i].StdErr() * sums[i].StdErr()
		r.ESS += sums[i].ESS() / n
		r.MinESS = math.Min(r.MinESS, sums[i].ESS())
	}
	r.StdErr = math.Sqrt(variance) / n
	if len(sums) > 1 {
		r.DataStdErr = math.Sqrt(math.Max(0, sq-r.NLL*r.NLL) / (n - 1))
	}
	return r
}
