package eval

import "fmt"

// Stretch is a run of points of a series, From up to but not including To.
type Stretch struct {
	From int `json:"from"` // first point
	To   int `json:"to"`   // the one after the last
}

// Stretches are the maximal runs of true.
func Stretches(flags []bool) []Stretch {
	var out []Stretch
	for i := 0; i < len(flags); i++ {
		if !flags[i] {
			continue
		}
		from := i
		for i < len(flags) && flags[i] {
			i++
		}
		out = append(out, Stretch{from, i})
	}
	return out
}

// Alarms says how well flagged points of a series match the points of true events. A share of
// nothing is NaN in no field: without flags the precision is 0, without events the recall is 0.
type Alarms struct {
	// Precision, Recall and F1 count points.
	Precision, Recall, F1 float64
	// Adjusted holds them after [PointAdjust], as many papers print them; see the trap there.
	Adjusted struct{ Precision, Recall, F1 float64 }
	// EventRecall is the share of events with at least one flagged point; EventPrecision the share of
	// stretches of flags that meet an event. Both see one event as one, however long it is.
	EventRecall, EventPrecision float64
	// Events counts the true stretches, Stretches those of flags, False those of them that meet no event.
	Events, Stretches, False int
}

// MatchAlarms compares flags with the truth, point by point and event by event.
func MatchAlarms(flags, truth []bool) (Alarms, error) {
	if len(flags) != len(truth) {
		return Alarms{}, fmt.Errorf("eval: MatchAlarms: got %d flags and %d true points, want as many", len(flags), len(truth))
	}
	var a Alarms
	a.Precision, a.Recall, a.F1 = matches(flags, truth)
	adjusted, err := PointAdjust(flags, truth)
	if err != nil {
		return a, err
	}
	a.Adjusted.Precision, a.Adjusted.Recall, a.Adjusted.F1 = matches(adjusted, truth)
	events, alarms := Stretches(truth), Stretches(flags)
	a.Events, a.Stretches = len(events), len(alarms)
	hit := 0
	for _, e := range events {
		hit += b2i(meets(e, alarms))
	}
	for _, s := range alarms {
		a.False += b2i(!meets(s, events))
	}
	a.EventRecall = portion(hit, a.Events)
	a.EventPrecision = portion(a.Stretches-a.False, a.Stretches)
	return a, nil
}

// PointAdjust takes every point of an event for flagged if one of its points is (Xu et al. 2018).
//
// The trap: it pays for luck. Flags drawn at random with probability p find an event of n points
// with probability 1 − (1−p)^n, which is near 1 for long events, and then count all of its points;
// random scores reach an adjusted F1 above that of published methods (Kim et al. 2022). Print it,
// if at all, beside the event-wise figures and beside those of random flags at the same rate.
func PointAdjust(flags, truth []bool) ([]bool, error) {
	if len(flags) != len(truth) {
		return nil, fmt.Errorf("eval: PointAdjust: got %d flags and %d true points, want as many", len(flags), len(truth))
	}
	out := append([]bool(nil), flags...)
	alarms := Stretches(flags)
	for _, e := range Stretches(truth) {
		if !meets(e, alarms) {
			continue
		}
		for i := e.From; i < e.To; i++ {
			out[i] = true
		}
	}
	return out, nil
}

// meets tells whether a stretch shares a point with one of the others.
func meets(s Stretch, others []Stretch) bool {
	for _, o := range others {
		if s.From < o.To && o.From < s.To {
			return true
		}
	}
	return false
}

// matches are precision, recall and their harmonic mean by points.
func matches(flags, truth []bool) (precision, recall, f1 float64) {
	both, flagged, positive := 0, 0, 0
	for i, f := range flags {
		both += b2i(f && truth[i])
		flagged += b2i(f)
		positive += b2i(truth[i])
	}
	return portion(both, flagged), portion(both, positive), portion(2*both, flagged+positive)
}

// portion is k of n, 0 of nothing.
func portion(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}
