package plot

import (
	"math"
	"strconv"
	"strings"
)

// tick is a labelled position on an axis.
type tick struct {
	at    float64
	label string
}

// ticks are multiples of 1, 2 or 5 times a power of ten within [lo, hi], at most about
// most of them, and two or more where a finer step does not exceed that; whole keeps the step
// a whole number, as for epochs.
func ticks(lo, hi float64, most int, whole bool) []tick {
	n := float64(max(most, 1))
	step := niceStep(hi/n - lo/n) // hi − lo may overflow
	for _, finer := range []float64{2, 4} {
		next := niceStep((hi/n - lo/n) / finer)
		if multiples(lo, hi, step) < 2 && multiples(lo, hi, next) <= n+1 {
			step = next
		}
	}
	if whole {
		step = max(step, 1)
	}
	if !(step > 0) || math.IsInf(step, 0) {
		return nil
	}
	var out []tick
	first := math.Ceil(lo/step - 1e-9)
	for i := range 4*most + 4 {
		at := (first + float64(i)) * step
		if at > hi+1e-9*step {
			break
		}
		out = append(out, tick{at, number(at, step)})
	}
	return out
}

// multiples counts the multiples of a step within [lo, hi].
func multiples(lo, hi, step float64) float64 {
	return math.Floor(hi/step+1e-9) - math.Ceil(lo/step-1e-9) + 1
}

// niceStep is the smallest 1, 2 or 5 times a power of ten that is at least x.
func niceStep(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*unit >= x*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// number writes a tick value with the decimals that its step needs.
func number(v, step float64) string {
	if math.Abs(v) < step/2 {
		return "0"
	}
	var txt string
	switch a := math.Abs(v); {
	case a >= 1e6 || step < 1e-5:
		digits := max(0, int(math.Round(math.Log10(a)-math.Log10(step)+0.5)))
		txt = strconv.FormatFloat(v, 'e', min(digits, 15), 64)
		mantissa, exponent, _ := strings.Cut(txt, "e")
		if strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		n, _ := strconv.Atoi(exponent)
		txt = mantissa + "e" + strconv.Itoa(n)
	default:
		decimals := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
		txt = group(strconv.FormatFloat(v, 'f', decimals, 64))
	}
	return strings.ReplaceAll(txt, "-", "−")
}

// group puts a narrow space between the thousands of numbers of five digits and more.
func group(txt string) string {
	sign := ""
	if strings.HasPrefix(txt, "-") {
		sign, txt = "-", txt[1:]
	}
	whole, rest, dot := strings.Cut(txt, ".")
	if len(whole) >= 5 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "\u2009" + whole[i:]
		}
	}
	if dot {
		whole += "." + rest
	}
	return sign + whole
}

// short writes a value in few characters for a cell or a bar.
func short(v float64) string {
	a := math.Abs(v)
	digits := 3
	switch {
	case math.IsNaN(v):
		return "NaN"
	case a >= 1e5 || a > 0 && a < 1e-3:
		return strings.ReplaceAll(strconv.FormatFloat(v, 'e', 0, 64), "-", "−")
	case a >= 100:
		digits = 0
	case a >= 10:
		digits = 1
	case a >= 0.1 || a == 0:
		digits = 2
	}
	txt := strconv.FormatFloat(v, 'f', digits, 64)
	return strings.ReplaceAll(txt, "-", "−")
}
