package prob

import (
	"fmt"
	"math"
	"strings"
)

// Verdict says in plain language whether the fit can be trusted.
func (fit *Fit) Verdict() string {
	if math.IsNaN(fit.KHat) {
		return "a point estimate: it says nothing about uncertainty"
	}
	k := fmt.Sprintf("k̂ = %.2f", fit.KHat)
	if !math.IsNaN(fit.KHatStdErr) && fit.KHatStdErr > 0 {
		k = fmt.Sprintf("k̂ = %.2f ± %.2f", fit.KHat, fit.KHatStdErr)
	}
	limit := strings.TrimPrefix(fmt.Sprintf("%.2g", fit.KLimit()), "0")
	trusted := fit.Weighted()
	elsewhere := fit.elsewhere()
	if elsewhere != "" {
		elsewhere = "runs from different starts ended in different places: " + elsewhere
	}
	switch {
	case !trusted && !fit.Converged:
		return fmt.Sprintf("do not trust this fit: %s, and it had not converged after %d steps", k, fit.Steps) + after("; ", elsewhere)
	case !trusted:
		return fmt.Sprintf("do not trust this fit: %s is above %s, so the posterior has mass where the guide has almost none; write the model in another form (non-centred), or use a richer guide", k+fit.gaussian(), limit) + after("; ", elsewhere)
	case elsewhere != "":
		return fmt.Sprintf("do not trust this fit: %s; the guide holds one of them, which %s cannot show", elsewhere, k)
	case !fit.Converged:
		return fmt.Sprintf("not converged after %d steps (R̂ = %.2f): raise Options.Steps; %s", fit.Steps, fit.RHat, k)
	case fit.KHat > bendAbove:
		return fmt.Sprintf("usable: %s is between .5 and %s, so the guide is near and its intervals are rough; the summary weighs the draws, which helps", k, limit) + fit.worse()
	}
	return fmt.Sprintf("good: %s is below .5, the guide is close to the posterior", k) + fit.worse()
}

// gaussian tells of the guide before it was bent, where that lowers the limit.
func (fit *Fit) gaussian() string {
	if fit.before == nil || fit.KLimit() > bendAbove {
		return ""
	}
	return fmt.Sprintf(" (%.2f before the guide was bent)", fit.before.KHat)
}

// after is words that follow others, if there are any.
func after(link, words string) string {
	if words == "" {
		return ""
	}
	return link + words
}

// elsewhere tells of other places whose mass counts, in words; it is empty if there are none.
func (fit *Fit) elsewhere() string {
	if len(fit.Places) < 2 {
		return ""
	}
	starts, count := 0, 0
	for _, q := range fit.Places {
		starts += q.Starts
		if q.mass() > fit.Places[0].mass()-near {
			count++
		}
	}
	if count < 2 {
		return ""
	}
	var parts []string
	for _, q := range fit.Places {
		if q.mass() > fit.Places[0].mass()-near {
			parts = append(parts, fmt.Sprintf("%d of %d with bound %.2f", q.Starts, starts, q.ELBO))
		}
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(" (R̂ across them %.1f)", fit.StartRHat)
}

// mass is the logarithm of what a place holds of the evidence: the bound, which does not depend on
// weights that cannot be trusted.
func (q Place) mass() float64 { return q.ELBO }

// worse tells of places whose mass does not count.
func (fit *Fit) worse() string {
	lost, starts, best := 0, 0, math.Inf(-1)
	for i, q := range fit.Places {
		starts += q.Starts
		if i > 0 {
			lost, best = lost+q.Starts, math.Max(best, q.mass())
		}
	}
	if lost == 0 {
		return ""
	}
	return fmt.Sprintf("; %d of %d starts ended in places that hold little, with bounds %.1f nats below or more", lost, starts, fit.Places[0].mass()-best)
}
