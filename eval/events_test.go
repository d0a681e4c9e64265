package eval

import (
	"fmt"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// bits turns a picture of a series into flags.
func bits(s string) []bool {
	var out []bool
	for _, c := range s {
		out = append(out, c == '#')
	}
	return out
}

func TestStretchesAreMaximalRuns(t *testing.T) {
	for s, want := range map[string]string{
		"": "[]", "....": "[]", "####": "[{0 4}]", "#..##": "[{0 1} {3 5}]", ".#.##.": "[{1 2} {3 5}]",
	} {
		if got := fmt.Sprint(Stretches(bits(s))); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}

// Two events, one of them met by one point of a stretch of two, and one false stretch.
func TestMatchAlarmsOfAnExampleByHand(t *testing.T) {
	truth := bits("..####....###...")
	flags := bits(".##....#........")
	a := must(MatchAlarms(flags, truth))(t)
	near(t, "precision", a.Precision, 1./3, 1e-15)
	near(t, "recall", a.Recall, 1./7, 1e-15)
	near(t, "F1", a.F1, 2./10, 1e-15)
	near(t, "adjusted precision", a.Adjusted.Precision, 4./6, 1e-15)
	near(t, "adjusted recall", a.Adjusted.Recall, 4./7, 1e-15)
	near(t, "adjusted F1", a.Adjusted.F1, 8./13, 1e-15)
	near(t, "events found", a.EventRecall, .5, 0)
	near(t, "alarms that are right", a.EventPrecision, .5, 0)
	if a.Events != 2 || a.Stretches != 2 || a.False != 1 {
		t.Errorf("got %+v, want 2 events, 2 stretches, 1 false", a)
	}
}

func TestMatchAlarmsOfNothing(t *testing.T) {
	none, some := bits("...."), bits(".##.")
	a := must(MatchAlarms(none, some))(t)
	if a.Precision != 0 || a.Recall != 0 || a.F1 != 0 || a.EventPrecision != 0 || a.EventRecall != 0 {
		t.Errorf("no flags: got %+v, want zeros", a)
	}
	a = must(MatchAlarms(some, none))(t)
	if a.Precision != 0 || a.Recall != 0 || a.False != 1 || a.Events != 0 {
		t.Errorf("no events: got %+v, want one false stretch", a)
	}
	_, err := MatchAlarms(none, bits("."))
	fails(t, err, "4 flags and 1 true points")
	_, err = PointAdjust(none, bits("."))
	fails(t, err, "PointAdjust")
}

// The trap of point adjustment: flags drawn at random with probability p have the recall p, but
// after adjustment 1 − (1−p)^n for events of n points. 400 events: within 4 standard errors, which
// chance exceeds once in 15,000 times.
func TestPointAdjustPaysForLuck(t *testing.T) {
	const p, length, events = .03, 50, 400
	r := rng.New(31).Rand()
	var truth, flags []bool
	for range events {
		for i := range 4 * length {
			truth, flags = append(truth, i < length), append(flags, r.Float64() < p)
		}
	}
	a := must(MatchAlarms(flags, truth))(t)
	luck := 1 - math.Pow(1-p, length)
	near(t, "adjusted recall", a.Adjusted.Recall, luck, 4*math.Sqrt(luck*(1-luck)/events))
	near(t, "recall", a.Recall, p, 4*math.Sqrt(p*(1-p)/(events*length)))
	if a.F1 > .1 || a.Adjusted.F1 < .75 {
		t.Errorf("random flags: F1 %.3f and adjusted %.3f, want the adjusted one to look good", a.F1, a.Adjusted.F1)
	}
	t.Logf("random flags at a rate of %v: F1 %.3f, after adjustment %.3f; of the alarms %.3f meet an event", p, a.F1, a.Adjusted.F1, a.EventPrecision)
}
