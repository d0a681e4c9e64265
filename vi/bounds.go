package vi

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// BoundConfig chooses the bound that training maximises by name.
type BoundConfig struct {
	Name  string  // one of BoundNames; "" is elbo
	K     int     // draws a datum, or of a group
	M     int     // groups of miwae and piwae
	Alpha float64 // α of renyi
	Share float64 // share of the ELBO in ciwae
}

// bounds holds the choices with the objective of each; that of elbo is none, for its terms in
// closed form are its objective.
var bounds = []struct {
	name  string
	of    func(c BoundConfig) Objective
	reads BoundSetting // beside the draws
}{
	{"elbo", func(BoundConfig) Objective { return nil }, ""},
	{"iwae", func(c BoundConfig) Objective { return IWAE{c.K} }, ""},
	{"miwae", func(c BoundConfig) Objective { return MIWAE{c.M, c.K} }, GroupsSetting},
	{"piwae", func(c BoundConfig) Objective { return PIWAE{c.M, c.K} }, GroupsSetting},
	{"ciwae", func(c BoundConfig) Objective { return CIWAE{c.K, c.Share} }, ShareSetting},
	{"renyi", func(c BoundConfig) Objective { return Renyi{c.K, c.Alpha} }, AlphaSetting},
	{"vr-max", func(c BoundConfig) Objective { return VRMax{c.K} }, ""},
	{"dreg", func(c BoundConfig) Objective { return DReG{c.K} }, ""},
	{"stl", func(c BoundConfig) Objective { return STL{c.K} }, ""},
	{"tail-adaptive", func(c BoundConfig) Objective { return TailAdaptive{c.K} }, ""},
}

// BoundSetting is a setting that not all bounds have.
type BoundSetting string

// The settings of bounds.
const (
	GroupsSetting BoundSetting = "groups"      // M of [BoundConfig]
	AlphaSetting  BoundSetting = "alpha"       // α
	ShareSetting  BoundSetting = "bound-share" // share of the ELBO
)

// Reads tells whether the bound depends on a setting.
func (c BoundConfig) Reads(s BoundSetting) bool {
	for _, b := range bounds {
		if b.name == c.Name {
			return b.reads == s
		}
	}
	return false
}

// BoundNames lists the bounds that training may maximise with a guide whose draws have a
// gradient.
func BoundNames() []string {
	var out []string
	for _, b := range bounds {
		out = append(out, b.name)
	}
	return out
}

// Validate tells whether the bound is one that can be computed.
func (c BoundConfig) Validate() error {
	grouped := c.Name == "miwae" || c.Name == "piwae"
	switch {
	case c.Name != "" && !slices.Contains(BoundNames(), c.Name):
		return fmt.Errorf("vi: bound: got %q, want one of %s", c.Name, strings.Join(BoundNames(), ", "))
	case c.K < 1:
		return fmt.Errorf("vi: bound: got %d draws, want at least 1", c.K)
	case grouped && c.M < 1:
		return fmt.Errorf("vi: bound %s: got %d groups, want at least 1", c.Name, c.M)
	case c.Name == "renyi" && (math.IsNaN(c.Alpha) || math.Abs(c.Alpha) > 1e6):
		return fmt.Errorf("vi: bound renyi: alpha: got %v, want a number from -1e6 to 1e6", c.Alpha)
	case c.Name == "ciwae" && !(c.Share >= 0 && c.Share <= 1):
		return fmt.Errorf("vi: bound ciwae: share of the ELBO: got %v, want 0 to 1", c.Share)
	}
	return nil
}

// Objective returns the objective of a valid config, nil for elbo.
func (c BoundConfig) Objective() Objective {
	for _, b := range bounds {
		if b.name == c.Name {
			return b.of(c)
		}
	}
	return nil
}
