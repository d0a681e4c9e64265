// Package text writes numbers and shapes the one way that all messages of elbo do, and finds
// the name that a mistyped one may have meant.
package text

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Thousands writes a whole number with commas, as in 1,234,567.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Shape writes dimensions as in 60000×28×28.
func Shape[T int | int64](dims []T) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", "×"), "[]")
}

// Decimal writes a number with digits alone where that is short, such as 1000000 for 1e+06, or where
// an exponent would not be shorter, as for 2147483647.
func Decimal(v float64) string {
	short := v == math.Trunc(v) && math.Abs(v) < 1e10 && math.Mod(v, 1e3) != 0
	if a := math.Abs(v); v != 0 && !short && (a < 1e-3 || a >= 1e9) || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
