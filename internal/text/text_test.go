package text

import (
	"math"
	"testing"
)

func TestThousandsArePartedByCommas(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1,000", -123: "-123", -123456: "-123,456", 1234567: "1,234,567", -1234567: "-1,234,567",
	} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestShapesArePrintedWithCrosses(t *testing.T) {
	if got := Shape([]int{28, 28}); got != "28×28" {
		t.Errorf("got %s, want 28×28", got)
	}
	if got := Shape([]int64{60000, 28, 28}); got != "60000×28×28" {
		t.Errorf("got %s, want 60000×28×28", got)
	}
	if got := Shape([]int{5}); got != "5" {
		t.Errorf("got %s, want 5", got)
	}
	if got := Shape[int](nil); got != "" {
		t.Errorf("got %s, want nothing", got)
	}
}

// Known distances; a swap of neighbours counts once, and the order does not matter.
func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"same", "same", 0}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2},
		{"vae", "vea", 1}, {"vae", "vaes", 1}, {"linear-vae", "linearvae", 1}, {"ca", "abc", 3},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.a, c.b, got, c.want)
		}
		if got := Distance(c.b, c.a); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

// distanceByRecursion is the definition, in exponential time.
func distanceByRecursion(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	best := distanceByRecursion(a[1:], b[1:])
	if a[0] != b[0] {
		best++
	}
	best = min(best, distanceByRecursion(a[1:], b)+1, distanceByRecursion(a, b[1:])+1)
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		best = min(best, distanceByRecursion(a[2:], b[2:])+1)
	}
	return best
}

func TestDistanceEqualsItsDefinition(t *testing.T) {
	words := []string{""}
	for i := 0; len(words) < 40; i++ {
		words = append(words, words[i]+"a", words[i]+"b", words[i]+"c")
	}
	for _, a := range words {
		for _, b := range words {
			if got, want := Distance(a, b), distanceByRecursion(a, b); got != want {
				t.Errorf("%q to %q: got %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestDecimals(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1e6: "1000000", -2.5: "-2.5", 1e-12: "1e-12", .001: "0.001", 1e30: "1e+30", 1e9: "1e+09", math.MaxInt32: "2147483647", 2.5e9: "2.5e+09", math.Inf(1): "+Inf"} {
		if got := Decimal(v); got != want {
			t.Errorf("%g: got %s, want %s", v, got, want)
		}
	}
}
