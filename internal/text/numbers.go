// Package text writes numbers and shapes the one way that all messages of elbo do, and finds
// the name that a mistyped one may have meant.
package text

import (
	"fmt"
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
