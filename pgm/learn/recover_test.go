package learn

import (
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// samplesOf draws rows of a shared network.
func samplesOf(t testing.TB, name string, rows int, seed uint64) (*pgm.Network, *Data) {
	t.Helper()
	n := shared(t, name)
	d, err := Sample(n, rows, rng.New(seed))
	return n, must(t, d, err)
}

// found is the best structure by a score that the search reaches from some structures.
func found(t testing.TB, d *Data, s Score, restarts int, starts ...[][]int) *HillResult {
	t.Helper()
	c, err := NewCounted(d, s)
	must(t, c, err)
	got, err := Hill(t.Context(), c, HillConfig{Starts: starts, Tabu: 10, Restarts: restarts, Key: rng.New(1)})
	return must(t, got, err)
}

// tested is what PC finds with its defaults.
func tested(t testing.TB, d *Data) *PCResult {
	t.Helper()
	test, err := NewTests(d, GSquared())
	must(t, test, err)
	got, err := PC(t.Context(), test, PCConfig{})
	return must(t, got, err)
}

// The specification allows two errors of the skeleton of Asia, whose edge to tub is weak.
func TestAsiasSkeletonComesBackFromTwentyThousandRows(t *testing.T) {
	for seed := range uint64(5) {
		n, d := samplesOf(t, "asia", 20000, seed)
		truth := PatternOf(n.Parents)
		for _, s := range []Score{BIC(), BDeu(1)} {
			got := found(t, d, s, 20)
			p := PatternOf(got.Parents)
			lacking, extra := p.Skeleton(truth)
			t.Logf("seed %d, %s: %d lacking, %d extra, distance %d", seed, s.Name, lacking, extra, p.Distance(truth))
			if lacking+extra > 2 {
				t.Errorf("seed %d, %s: got %d edges lacking and %d extra, want at most 2", seed, s.Name, lacking, extra)
			}
			c, err := NewCounted(d, s)
			must(t, c, err)
			best, err := Optimal(c)
			if must(t, best, err); got.Score < best.Score-1e-6 {
				t.Errorf("seed %d, %s: got score %g, want the best of all, %g", seed, s.Name, got.Score, best.Score)
			}
		}
	}
}

// Alarm has 46 edges, of which the two weakest leave no trace in so many rows. A search from
// no edges ends at a summit below the truth; one from what the tests found ends above it.
func TestAlarmsStructureComesBackFromTwentyThousandRows(t *testing.T) {
	n, d := samplesOf(t, "alarm", 20000, 1)
	truth := PatternOf(n.Parents)
	pc := tested(t, d)
	lacking, extra := pc.Pattern.Skeleton(truth)
	t.Logf("pc: %d tests, %d lacking, %d extra, distance %d", pc.Tests, lacking, extra, pc.Pattern.Distance(truth))
	if lacking > 4 || extra > 1 || !pc.Consistent {
		t.Errorf("PC: got %d edges lacking and %d extra, consistent %v", lacking, extra, pc.Consistent)
	}
	for _, s := range []Score{BIC(), BDeu(1)} {
		c, err := NewCounted(d, s)
		must(t, c, err)
		want := Structure(c, n.Parents)
		for _, starts := range [][][][]int{nil, {pc.Parents}} {
			got := found(t, d, s, 5, starts...)
			p := PatternOf(got.Parents)
			lacking, extra := p.Skeleton(truth)
			t.Logf("%s, %d starts: score %.2f, of the truth %.2f, %d lacking, %d extra, distance %d", s.Name, len(starts), got.Score, want, lacking, extra, p.Distance(truth))
			if starts != nil && (got.Score < want || p.Distance(truth) > 4) {
				t.Errorf("%s: got score %g and distance %d, want at least %g and at most 4", s.Name, got.Score, p.Distance(truth), want)
			}
		}
	}
}

func BenchmarkHillAlarm(b *testing.B) {
	_, d := samplesOf(b, "alarm", 20000, 1)
	for b.Loop() {
		c, err := NewCounted(d, BDeu(1))
		must(b, c, err)
		got, err := Hill(b.Context(), c, HillConfig{})
		must(b, got, err)
	}
}

func BenchmarkPCAlarm(b *testing.B) {
	_, d := samplesOf(b, "alarm", 20000, 1)
	for b.Loop() {
		test, err := NewTests(d, GSquared())
		must(b, test, err)
		got, err := PC(b.Context(), test, PCConfig{})
		must(b, got, err)
	}
}
