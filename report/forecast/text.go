package forecast

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/text"
)

// rows prints "1 test row", "2,000 test rows".
func rows(n int) string {
	if n == 1 {
		return "1 test row"
	}
	return text.Thousands(n) + " test rows"
}

// short prints a value with three significant digits and a true minus.
func short(v float64) string {
	out := strconv.FormatFloat(v, 'g', 3, 64)
	if a := math.Abs(v); a >= 100 && a < 1e6 {
		out = strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strings.Replace(out, "-", "−", 1)
}

// percent prints a share.
func percent(v float64) string {
	digits := 0
	if v > 0 && v < .0995 || v > .9905 && v < 1 {
		digits = 1
	}
	return strconv.FormatFloat(100*v, 'f', digits, 64) + " %"
}

// target names what is predicted.
func (s *scene) target() string {
	if strings.TrimSpace(s.Target) == "" {
		return "target"
	}
	return s.Target
}

// heading names the run.
func (s *scene) heading() string {
	if strings.TrimSpace(s.Title) == "" {
		return "Forecast of " + s.target()
	}
	return s.Title
}

// verdict says in plain language what came of the run.
func (s *scene) verdict() string {
	switch {
	case s.n == 0:
		return "Not evaluated on test data."
	case s.Classes != nil:
		return s.classVerdict()
	}
	out := fmt.Sprintf("Predicts %s with an error of %s (root mean square) on %s", s.target(), short(rms(s.errors)), rows(s.n))
	if sd := spreadOf(s.Y); sd > 0 && s.n > 1 {
		out += fmt.Sprintf(", where the target itself varies by %s", short(sd))
	}
	return out + ". " + s.coverageText(.9)
}

// coverageText compares the intervals of one level with what right ones would hold.
func (s *scene) coverageText(level float64) string {
	inside := 0
	for _, u := range s.u {
		if math.Abs(u-.5) <= level/2 {
			inside++
		}
	}
	share := percent(float64(inside) / float64(s.n))
	lo, hi, err := eval.BinomialInterval(s.n, level, .95)
	if err != nil || s.n < 5 {
		return fmt.Sprintf("The %s intervals hold %d of %s, too few to judge them.", percent(level), inside, rows(s.n))
	}
	say := "as they should"
	switch {
	case inside < lo:
		say = "fewer than they should: they are too narrow"
	case inside > hi:
		say = "more than they should: they are too wide"
	}
	return fmt.Sprintf("The %s intervals hold %s of the rows, %s (right ones hold between %s and %s of so many, 19 times in 20).",
		percent(level), share, say, percent(float64(lo)/float64(s.n)), percent(float64(hi)/float64(s.n)))
}

// classVerdict is that of a classification.
func (s *scene) classVerdict() string {
	wrong := 0.
	for _, w := range s.wrong {
		wrong += w
	}
	counts := make([]int, len(s.Classes))
	for _, l := range s.labels {
		counts[l]++
	}
	most := 0
	for _, c := range counts {
		most = max(most, c)
	}
	return fmt.Sprintf("Names the class wrongly for %s of %s (%.0f); always naming the most frequent class would for %s.",
		percent(wrong/float64(s.n)), rows(s.n), wrong, percent(1-float64(most)/float64(s.n)))
}
