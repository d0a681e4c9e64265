package forecast

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
)

// Bins of confidence by hand, and all rows counted, before and after the temperature.
func TestReliabilityIsCountedByConfidence(t *testing.T) {
	in := classInput(400, 3)
	s := sceneOf(t, in)
	p := charts(t, s, reliability)
	if len(p.specs) != 4 {
		t.Fatalf("got %d charts, want 4", len(p.specs))
	}
	for v, probs := range [][][]float64{s.probs, s.heated} {
		curve, counts := p.specs[v], p.specs[2+v]
		var n, right [15]float64
		var sure [15]float64
		for i, row := range probs {
			k := best(row)
			b := min(14, int(math.Ceil(row[k]*15))-1)
			n[b]++
			sure[b] += row[k]
			right[b] += b2f(k == s.labels[i])
		}
		at, ece := 0, 0.
		for b := range 15 {
			near(t, "rows", counts.Bars[0].Heights[b], n[b], 0)
			near(t, "edge", counts.Bars[0].Edges[b+1], 100*float64(b+1)/15, 1e-9)
			if n[b] == 0 {
				continue
			}
			m := curve.Marks[0]
			near(t, "confidence", m.X[at], 100*sure[b]/n[b], 1e-9)
			near(t, "accuracy", m.Y[at], 100*right[b]/n[b], 1e-9)
			if m.Lo[at] > m.Y[at] || m.Hi[at] < m.Y[at] {
				t.Errorf("bin %d: %v outside [%v, %v]", b, m.Y[at], m.Lo[at], m.Hi[at])
			}
			ece += math.Abs(right[b]-sure[b]) / 400
			at++
		}
		says(t, curve.Title, "ECE "+percent(ece))
	}
	if p.specs[2].Y != p.specs[3].Y {
		t.Error("the counts before and after are on two scales")
	}
	says(t, p.specs[1].Title, "After, T = 1.6")
	says(t, p.caption, "temperature", "too sure", "95 %")
}

func TestReliabilityWithoutATemperature(t *testing.T) {
	in := classInput(40, 2)
	in.Temperature = 0
	p := charts(t, sceneOf(t, in), reliability)
	if len(p.specs) != 2 || len(p.specs[1].Bars[0].Heights) != 10 {
		t.Errorf("got %d charts, want a curve and counts of 10 bins", len(p.specs))
	}
	says(t, p.specs[0].Title, "As predicted: ECE")
	if strings.Contains(p.caption, "temperature") {
		t.Errorf("%q speaks of a temperature", p.caption)
	}
}

func TestMostOftenMixedUp(t *testing.T) {
	counts := [][]int{{9, 2, 0}, {5, 1, 3}, {0, 3, 0}}
	names := []string{"a", "b", strings.Repeat("é", 99)}
	got := mixedUp(counts, names, 3)
	cut := strings.Repeat("é", 59) + "…"
	want := []string{"b taken for a (5)", "b taken for " + cut + " (3)", cut + " taken for b (3)"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := mixedUp([][]int{{4, 0}, {0, 4}}, []string{"a", "b"}, 3); got != nil {
		t.Errorf("nothing wrong: got %q", got)
	}
}

func TestConfusionIsThatOfTheMostProbableClass(t *testing.T) {
	in := classInput(300, 4)
	s := sceneOf(t, in)
	p := charts(t, s, confusion)
	want := make([][]int, 4)
	for k := range want {
		want[k] = make([]int, 4)
	}
	for i, q := range in.Predictions {
		want[int(in.Y[i])][int(q.Mean)]++
	}
	says(t, p.caption, mixedUp(want, in.Classes, 3)...)
	var png bytes.Buffer
	if err := p.draw(&png, "Confusion"); err != nil || png.Len() == 0 {
		t.Errorf("got %d bytes (%v)", png.Len(), err)
	}
}

// The curve by sorting rows, the ideal by refusing wrong ones, chance at the base rate.
func TestRefusingTheMostUncertain(t *testing.T) {
	in := classInput(200, 3)
	s := sceneOf(t, in)
	p := charts(t, s, rejection)
	c := p.specs[0]
	line := layer(t, c.Lines, "by entropy")
	order := count(200)
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(in.Predictions[a].SD, in.Predictions[b].SD) })
	wrong := 0.
	for kept := 1; kept <= 200; kept++ {
		wrong += s.wrong[order[kept-1]]
		if kept < 20 {
			continue
		}
		k := 200 - kept
		near(t, "refused", line.X[k], 100*float64(k)/200, 1e-9)
		near(t, "wrong among the kept", line.Y[k], 100*wrong/float64(kept), 1e-9)
	}
	if len(line.X) != 181 {
		t.Errorf("got %d points, want those that keep 20 rows and more", len(line.X))
	}
	base := wrong / 200
	near(t, "chance", layer(t, c.Guides, "at random").Y[0], 100*base, 1e-9)
	ideal := layer(t, c.Lines, "all wrong")
	for k, x := range ideal.X {
		refused := x / 100
		near(t, "ideal", ideal.Y[k], 100*math.Max(0, base-refused)/(1-refused), 1e-9)
	}
	if len(ideal.X) != 200 {
		t.Errorf("got %d points of the ideal", len(ideal.X))
	}
	r, err := eval.Rejection(s.scores[0], s.wrong)
	if err != nil {
		t.Fatal(err)
	}
	says(t, p.caption, percent(r.Area)+" by entropy", "AURC", "fewer than 20 rows")
}

// Each group adds up to 100 %, in common bins.
func TestEntropiesOfRightAndWrongRows(t *testing.T) {
	in := classInput(300, 3)
	s := sceneOf(t, in)
	p := charts(t, s, entropies)
	for j, of := range []func(bnn.Prediction) float64{
		func(q bnn.Prediction) float64 { return q.SD }, func(q bnn.Prediction) float64 { return q.Aleatoric }, func(q bnn.Prediction) float64 { return q.Epistemic },
	} {
		c := p.specs[j]
		for g, b := range c.Bars {
			sum, members := 0., 0.
			for i := range in.Y {
				members += b2f(s.wrong[i] == float64(g))
			}
			for k, h := range b.Heights {
				n := 0.
				for i, q := range in.Predictions {
					if v := of(q); s.wrong[i] == float64(g) && v >= b.Edges[k] && (v < b.Edges[k+1] || k == len(b.Heights)-1) {
						n++
					}
				}
				near(t, c.Title, h, 100*n/members, 1e-9)
				sum += h
			}
			near(t, "all of a group", sum, 100, 1e-9)
		}
		if !slices.Equal(c.Bars[0].Edges, c.Bars[1].Edges) {
			t.Errorf("%s: two groups in different bins", c.Title)
		}
	}
	flags := make([]bool, len(s.wrong))
	for i, w := range s.wrong {
		flags[i] = w == 1
	}
	area, err := eval.AUROC(s.scores[0], flags)
	if err != nil {
		t.Fatal(err)
	}
	says(t, p.caption, percent(area), "ln 3 = 1.1 nats", "AUROC")
}

// Where all rows are right there is one group and no comparison.
func TestEntropiesOfRightRowsAlone(t *testing.T) {
	in := classInput(30, 3)
	for i, q := range in.Predictions {
		in.Y[i] = q.Mean
	}
	p := charts(t, sceneOf(t, in), entropies)
	if len(p.specs[0].Bars) != 1 || strings.Contains(p.caption, "AUROC") {
		t.Errorf("got %d groups and %q", len(p.specs[0].Bars), p.caption)
	}
	says(t, p.specs[0].Bars[0].Name, "right (30)")
}
