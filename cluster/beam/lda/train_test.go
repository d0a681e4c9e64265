package lda

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/cluster/beam/launch"
	"github.com/elbo-go/elbo/topic"
)

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// far is the largest relative difference.
func far(a, b []float64) (d float64) {
	for i := range a {
		d = math.Max(d, math.Abs(a[i]-b[i])/math.Abs(b[i]))
	}
	return d
}

func TestAClusterFitsWhatOneProcessFits(t *testing.T) {
	docs, whole := bag(t, 1, 60, 70, 30, 7)
	for name, on := range map[string]launch.Options{
		"direct": {Runner: "direct"},
		"prism":  {Runner: "prism"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t, on)
			var want, got []topic.Record
			c.Topic.Progress = func(r topic.Record) { want = append(want, r) }
			local, err := topic.Fit(t.Context(), whole, c.Topic)
			if err != nil {
				t.Fatal(err)
			}
			c.Topic.Progress = func(r topic.Record) { got = append(got, r) }
			m, err := Train(t.Context(), docs, c)
			if err != nil {
				t.Fatal(err)
			}
			if d := far(m.Lambda, local.Lambda); d > 1e-9 {
				t.Errorf("got λ off by %.2g, want 1e-9", d)
			} else {
				t.Logf("λ off by %.2g", d)
			}
			for i, r := range got {
				if r.Sweep != want[i].Sweep || r.Start != want[i].Start || r.Updates != want[i].Updates || math.Abs(r.Bound-want[i].Bound) > 1e-9*math.Abs(r.Bound) || math.IsNaN(r.Bound) != math.IsNaN(want[i].Bound) {
					t.Errorf("got record %+v, want %+v", r, want[i])
				}
			}
			if len(got) != len(want) {
				t.Errorf("got %d records, want %d", len(got), len(want))
			}
		})
	}
}
