package forecast

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/bnn"
)

// Phases follow one another, numbered ones of one kind run side by side.
func TestPhasesFollowEachOtherAndMembersRunSideBySide(t *testing.T) {
	type at struct {
		name  string
		after int
	}
	for _, c := range []struct {
		name   string
		phases []string
		want   []at
		starts []int
	}{
		{"one phase", []string{"vi"}, []at{{"vi", 0}}, []int{0}},
		{"two", []string{"mode", "swag"}, []at{{"mode", 0}, {"swag", 10}}, []int{0, 10}},
		{"members", []string{"member 1", "member 2", "member 3"}, []at{{"member 1", 0}, {"member 2", 0}, {"member 3", 0}}, []int{0}},
		{"members and more", []string{"mode", "member 1", "member 2", "end"}, []at{{"mode", 0}, {"member 1", 10}, {"member 2", 10}, {"end", 20}}, []int{0, 10, 20}},
		{"two kinds", []string{"a 1", "a 2", "b 1", "b 2"}, []at{{"a 1", 0}, {"a 2", 0}, {"b 1", 10}, {"b 2", 10}}, []int{0, 10}},
		{"no name", []string{""}, []at{{"", 0}}, []int{0}},
	} {
		var h []bnn.Progress
		for _, p := range c.phases {
			h = append(h, history(p, 10)...)
		}
		got, starts := lanes(h)
		if !slices.Equal(starts, c.starts) || len(got) != len(c.want) {
			t.Fatalf("%s: got %d lanes from %v, want %d from %v", c.name, len(got), starts, len(c.want), c.starts)
		}
		for i, w := range c.want {
			if got[i].name != w.name || got[i].after != w.after || len(got[i].epochs) != 10 {
				t.Errorf("%s: lane %d: got %q after %d with %d epochs, want %q after %d", c.name, i, got[i].name, got[i].after, len(got[i].epochs), w.name, w.after)
			}
		}
	}
}

// A steep start is left out, as much of it as flattens the rest and at most a quarter.
func TestASteepStartIsLeftOut(t *testing.T) {
	l := lane{epochs: history("vi", 200)}
	skip := l.settled()
	if skip == 0 || skip > 50 {
		t.Errorf("got %d of 200 epochs, want some of the first quarter", skip)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range l.epochs[50:] {
		lo, hi = math.Min(lo, p.Loss), math.Max(hi, p.Loss)
	}
	if first := l.epochs[skip].Loss; first > 5*hi-4*lo && skip < 50 {
		t.Errorf("the first epoch drawn has loss %v, want at most %v", first, 5*hi-4*lo)
	}
	if l := (lane{epochs: history("vi", 8)}); l.settled() != 0 {
		t.Error("epochs of a short phase are left out")
	}
	flat := make([]bnn.Progress, 100)
	for i := range flat {
		flat[i].Loss = float64(i % 2)
	}
	if l := (lane{epochs: flat}); l.settled() != 0 {
		t.Error("epochs of a level phase are left out")
	}
}

// Blocks cover all epochs in order, of about one length.
func TestBlocksCoverAllEpochs(t *testing.T) {
	for _, c := range [][2]int{{1, 250}, {249, 250}, {250, 250}, {251, 250}, {3000, 250}, {10, 3}} {
		ends := blocks(c[0], c[1])
		last := 0
		for _, e := range ends {
			if size := e - last; size < c[0]/len(ends) || size > c[0]/len(ends)+1 {
				t.Errorf("%v: a block of %d", c, size)
			}
			last = e
		}
		if last != c[0] || len(ends) != min(c[0], c[1]) {
			t.Errorf("%v: %d blocks end at %d", c, len(ends), last)
		}
	}
}

// The line is the mean of each block, and the shade its range: by hand on 1,000 epochs.
func TestATraceIsTheMeanOfItsBlocks(t *testing.T) {
	l := lane{name: "vi", after: 7, epochs: history("vi", 1000)}
	for i := range l.epochs {
		l.epochs[i].Loss = float64(i * i % 37)
	}
	line, spread := l.trace(0, func(p bnn.Progress) float64 { return p.Loss })
	if len(line.Y) != 250 || len(spread.Lo) != 250 {
		t.Fatalf("got %d points, want 250", len(line.Y))
	}
	for b := range 250 {
		var sum float64
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := 4 * b; i < 4*b+4; i++ {
			v := l.epochs[i].Loss
			sum, lo, hi = sum+v/4, math.Min(lo, v), math.Max(hi, v)
		}
		near(t, "mean", line.Y[b], sum, 1e-12)
		near(t, "epoch", line.X[b], 7+float64(4*b)+2.5, 1e-9)
		near(t, "range", spread.Hi[b]-spread.Lo[b], hi-lo, 0)
	}
}

// Few epochs are drawn one by one, each chart its own term.
func TestALearningCurveShowsLossAndTerms(t *testing.T) {
	in := numberInput(1, 1)
	in.History = history("vi", 9)
	p := charts(t, sceneOf(t, in), learning)
	if len(p.specs) != 3 {
		t.Fatalf("got %d charts, want 3", len(p.specs))
	}
	for i, e := range in.History {
		for k, want := range []float64{e.Loss, -e.LogLik, e.Penalty} {
			near(t, "value", p.specs[k].Lines[0].Y[i], want, 1e-15)
			near(t, "epoch", p.specs[k].Lines[0].X[i], float64(i+1), 0)
		}
	}
	for _, c := range p.specs {
		if c.XLabel != "epoch" || c.YLabel != "nats per row" || len(c.Guides) != 0 || len(c.Areas) != 0 || c.Lines[0].Name != "" {
			t.Errorf("chart %q: got labels %q and %q, %d guides, %d areas, name %q", c.Title, c.XLabel, c.YLabel, len(c.Guides), len(c.Areas), c.Lines[0].Name)
		}
	}
	says(t, p.caption, "nats a row", "prior")
}

func TestALearningCurvePartsThePhases(t *testing.T) {
	in := numberInput(1, 1)
	in.History = slices.Concat(history("mode", 40), history("swag", 600))
	p := charts(t, sceneOf(t, in), learning)
	c := p.specs[0]
	if len(c.Lines) != 2 || c.Lines[0].Name != "mode" || c.Lines[1].Name != "swag" || len(c.Guides) != 1 || len(c.Areas) != 1 {
		t.Fatalf("got lines %+v and %d guides", c.Lines, len(c.Guides))
	}
	near(t, "where the phase begins", c.Guides[0].X[0], 40.5, 0)
	if first := c.Lines[1].X[0]; first <= 40.5 {
		t.Errorf("the second phase starts at %v", first)
	}
	says(t, p.caption, "part the phases", "first epochs", "means over a few epochs")
	many := []bnn.Progress{}
	for m := range 12 {
		many = append(many, history(fmt.Sprintf("member %d", m+1), 20)...)
	}
	in.History = many
	p = charts(t, sceneOf(t, in), learning)
	if len(p.specs[0].Lines) != 12 || len(p.specs[0].Guides) != 0 || p.specs[0].Lines[11].X[0] > 20 {
		t.Errorf("members: got %d lines and %d guides", len(p.specs[0].Lines), len(p.specs[0].Guides))
	}
}

func TestALearningCurveOutlivesValuesThatAreNotFinite(t *testing.T) {
	in := numberInput(3, 1)
	in.History = history("vi", 20)
	in.History[3].Penalty, in.History[4].Loss = math.Inf(1), math.NaN()
	in.History = append(in.History, bnn.Progress{Phase: "swag", Epoch: 1, Loss: 1, LogLik: 1, Penalty: 1})
	dir, names := written(t, in)
	if !slices.Contains(names, "learning.png") {
		t.Fatalf("got %v", names)
	}
	decoded(t, dir, "learning.png")
}
