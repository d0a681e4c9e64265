package topic

import (
	"strings"
	"testing"
)

// drawn is a model of topics with the counts given, by topic.
func drawn(eta float64, topics ...[]float64) *Model {
	m := &Model{Topics: len(topics), Vocabulary: len(topics[0]), Alpha: 1, Eta: eta, Lambda: make([]float64, len(topics)*len(topics[0]))}
	for k, counts := range topics {
		for v, n := range counts {
			m.Lambda[v*m.Topics+k] = eta + n
		}
	}
	return m
}

func TestDuplicatesAreTopicsWithTheSameWords(t *testing.T) {
	for name, test := range map[string]struct {
		topics [][]float64
		want   float64
	}{
		"none":             {[][]float64{{9, 0, 0, 0}, {0, 9, 0, 0}, {0, 0, 9, 9}}, 0},
		"one pair of five": {[][]float64{{9, 0, 0, 0}, {0, 9, 0, 0}, {0, 0, 9, 9}, {90, 2, 0, 0}, {0, 0, 0, 9}}, 0.4},
		"a triple":         {[][]float64{{9, 9, 0, 0}, {9, 8, 0, 0}, {8, 9, 0, 0}}, 1},
		"empty ones":       {[][]float64{{9, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}, 0},
	} {
		m := drawn(0.01, test.topics...)
		if got := m.Duplicated(); got != test.want {
			t.Errorf("%s: got %g, want %g", name, got, test.want)
		}
		if err := m.Alarm(); (err != nil) != (test.want > 0.2) {
			t.Errorf("%s: got alarm %v", name, err)
		}
	}
}

func TestTopicsThatNothingTellsApartRaiseTheAlarm(t *testing.T) {
	docs, c := bars(5, 300, 50), Default(10)
	c.Alpha, c.Eta, c.Fresh, c.Sweeps, c.Tolerance = 1, 0.1, 10, 60, 1e-5
	m, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Alarm(); err != nil {
		t.Errorf("got alarm %v of topics that are bars", err)
	}
	c.Alpha, c.Eta, c.Seeds = 50, 50, 0 // every topic is to be everything
	if m, err = Fit(t.Context(), docs, c); err != nil {
		t.Fatal(err)
	}
	if err := m.Alarm(); err == nil || !strings.Contains(err.Error(), "100% of 10") {
		t.Errorf("got alarm %v, want all of 10 topics", err)
	}
}
