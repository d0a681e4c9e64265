package exact

import (
	"testing"

	"github.com/elbo-go/elbo/pgm"
)

// BenchmarkTheCompetition makes the tree of each instance: all marginals and ln Z.
func BenchmarkTheCompetition(b *testing.B) {
	for _, name := range instances {
		b.Run(name, func(b *testing.B) {
			g, e := instance(b, name)
			b.ReportAllocs()
			for b.Loop() {
				t, err := NewTree(g, e, Config{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(t.Plan.Cells, "cells")
				b.ReportMetric(t.Plan.Bytes/(1<<20), "MiB-planned")
			}
		})
	}
}

// BenchmarkOrders finds the elimination order of each instance, and makes no table.
func BenchmarkOrders(b *testing.B) {
	for _, name := range instances {
		b.Run(name, func(b *testing.B) {
			g, e := instance(b, name)
			p, err := newProblem(g, e)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := p.plan(Config{}, p.free, nil, func([]clique) float64 { return 0 }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkQueriesOfTheNetworks answers every stored query of each network: all marginals given its
// evidence.
func BenchmarkQueriesOfTheNetworks(b *testing.B) {
	for _, name := range []string{"asia", "cancer", "earthquake", "survey", "sachs", "alarm"} {
		b.Run(name, func(b *testing.B) {
			n := network(b, name)
			g := n.Graph()
			var seen []pgm.Evidence
			for _, q := range queries(b, name) {
				seen = append(seen, observe(b, n, q.seen))
			}
			for b.Loop() {
				for _, e := range seen {
					if _, err := NewTree(g, e, Config{}); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(seen)), "µs/query")
		})
	}
}
