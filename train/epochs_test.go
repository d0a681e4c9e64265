package train

import (
	"strings"
	"testing"
)

func TestEpochsAreAddedWhereNoScheduleStretchesOverThem(t *testing.T) {
	for want, edit := range map[string]func(*Config){
		"":                              func(*Config) {},
		"what test-critic trains by":    func(c *Config) { c.Model = "test-critic" },
		"its linear β schedule":         func(c *Config) { c.BetaSchedule = "linear" },
		"its learning-rate schedule (c": func(c *Config) { c.LRSchedule = "cosine" },
		"(constant, warm-up 0.1)":       func(c *Config) { c.LRWarmup = .1 },
	} {
		c := Default()
		edit(&c)
		if err := c.MoreEpochs(c.Epochs + 1); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if err := c.MoreEpochs(c.Epochs); err != nil {
			t.Errorf("as many: got %v", err)
		}
		if err := c.MoreEpochs(c.Epochs - 1); err == nil || !strings.Contains(err.Error(), "can only be added") {
			t.Errorf("fewer: got %v, want a refusal", err)
		}
	}
}

// The mean of a figure is over the rows that had it.
func TestAFigureThatSomeBatchesLackHasItsMeanOverTheOthers(t *testing.T) {
	var s Sums
	s.add(3, terms{figures: map[string]float64{"a": 2}})
	s.add(1, terms{figures: map[string]float64{"a": 6}})
	s.add(5, terms{})
	if got := s.figures(); len(got) != 1 || got["a"] != 3 {
		t.Errorf("got %v, want 3", got)
	}
}
