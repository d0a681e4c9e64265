package vi_test

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

// A bound reads a setting exactly if its objective is another one under another value.
func TestBoundsReadTheSettingsThatTheirObjectivesDependOn(t *testing.T) {
	changes := map[vi.BoundSetting]func(*vi.BoundConfig){
		vi.GroupsSetting: func(c *vi.BoundConfig) { c.M = 7 },
		vi.AlphaSetting:  func(c *vi.BoundConfig) { c.Alpha = math.Pi },
		vi.ShareSetting:  func(c *vi.BoundConfig) { c.Share = .125 },
	}
	for _, name := range vi.BoundNames() {
		c := vi.BoundConfig{Name: name, K: 3, M: 2, Alpha: .5, Share: .5}
		for setting, change := range changes {
			other := c
			change(&other)
			if got, want := c.Reads(setting), c.Objective() != other.Objective(); got != want {
				t.Errorf("bound %s reads %s: got %v, want %v", name, setting, got, want)
			}
		}
	}
}
