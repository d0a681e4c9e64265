package plot

import (
	"math"
	"slices"
	"testing"
)

func TestTicksAreRoundNumbers(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		most   int
		whole  bool
		want   []string
	}{
		{0, 1, 5, false, []string{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{-103.2, -98.7, 5, false, []string{"−103", "−102", "−101", "−100", "−99"}},
		{1, 3, 10, true, []string{"1", "2", "3"}},
		{0.5, 1.5, 10, true, []string{"1"}},
		{0, 50_000, 5, false, []string{"0", "10\u2009000", "20\u2009000", "30\u2009000", "40\u2009000", "50\u2009000"}},
		{0, 3e6, 3, false, []string{"0", "1e6", "2e6", "3e6"}},
		{1e-7, 3e-7, 2, false, []string{"1e−7", "2e−7", "3e−7"}},
		{1.5e6, 2.5e6, 2, false, []string{"1.5e6", "2e6", "2.5e6"}},
		{-1e308, 1e308, 4, false, []string{"−1e308", "−5e307", "0", "5e307", "1e308"}},
		{-109.4, -100.2, 3, false, []string{"−108", "−106", "−104", "−102"}}, // not −105 alone
		{2, 2, 4, false, nil},
		{math.NaN(), 1, 4, false, nil},
	} {
		var got []string
		for _, k := range ticks(c.lo, c.hi, c.most, c.whole) {
			got = append(got, k.label)
			if k.at < c.lo-1e-9*math.Abs(c.lo) || k.at > c.hi+1e-9*math.Abs(c.hi) {
				t.Errorf("%v to %v: tick at %v lies outside", c.lo, c.hi, k.at)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v to %v: got %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}

// Over many ranges: evenly spaced, never more than asked for, and all labels differ.
func TestTicksNeverCrowdNorRepeat(t *testing.T) {
	r := fixedRand()
	for range 2000 {
		lo := r.NormFloat64() * math.Pow(10, float64(r.IntN(12)-6))
		hi := lo + r.ExpFloat64()*math.Pow(10, float64(r.IntN(12)-6)) + 1e-9*math.Abs(lo)
		most := 2 + r.IntN(12)
		got := ticks(lo, hi, most, false)
		if len(got) > most+1 || len(got) < 1 && most > 5 {
			t.Fatalf("%v to %v: got %d ticks, asked for %d", lo, hi, len(got), most)
		}
		seen := map[string]bool{}
		for _, k := range got {
			if seen[k.label] && hi-lo > 1e-6*math.Abs(lo) {
				t.Fatalf("%v to %v: label %q appears twice", lo, hi, k.label)
			}
			seen[k.label] = true
		}
	}
}

func TestShortValues(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00", 0.5: "0.50", -3.14159: "−3.14", 31.4159: "31.4", 314.159: "314", 31415.9: "31416",
		314159: "3e+05", 0.0123: "0.012", 1e-9: "1e−09", -123456: "−1e+05",
	} {
		if got := short(v); got != want {
			t.Errorf("short(%v): got %q, want %q", v, got, want)
		}
	}
	if got := short(math.NaN()); got != "NaN" {
		t.Errorf("short(NaN): got %q", got)
	}
}

func TestSpanLeavesRoomAroundAnything(t *testing.T) {
	for _, r := range []span{{0, 0}, {5, 5}, {-5, -5}, {1e300, 1e300}, {1e-320, 1e-320}, {1, 1 + 1e-15}, {-1, 1}, {-1e308, 1e308}, {0, math.MaxFloat64}} {
		p := r.padded(0.05)
		if !(p.lo < p.hi) || !finite(p.lo) || !finite(p.hi) || p.lo > r.lo || p.hi < r.hi {
			t.Errorf("%v padded: got %v", r, p)
		}
		if m := share(r.lo, p); !(m >= 0 && m <= 1) {
			t.Errorf("%v: its low end lies at %v of %v", r, m, p)
		}
	}
	r := empty()
	r.add(math.NaN())
	r.add(math.Inf(1))
	if r.ok() {
		t.Errorf("no finite value: got %v, want nothing", r)
	}
}
