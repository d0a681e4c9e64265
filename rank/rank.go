// Package rank measures the skill of players by the games they won, drew and lost (Herbrich, Minka &
// Graepel 2007, "TrueSkill"), and how it moves through time (Dangauthier et al. 2007):
//
//	s_i ~ N(μ₀, σ₀²),  s_i,t ~ N(s_i,t−1, τ²),  p ~ N(s, β²) in every game,
//
// where a team performs as the sum of its players and is placed before another if it outdoes it by
// more than a margin ε, and equal to it within that margin. Skills are found by expectation
// propagation over all games, forwards and backwards in time; where they are not too many, what the
// games say is then put together with all correlations.
package rank

import (
	"fmt"
	"math"
	"slices"
)

// Game is the outcome of a game of two or more teams.
type Game struct {
	// Teams are the players of each team, from the first place to the last.
	Teams [][]string `json:"teams"`
	// Draws says of each team but the first whether it drew with the one before; nil means no draws.
	Draws []bool `json:"draws,omitempty"`
	// Time is when the game took place; only the clock of times reads it.
	Time float64 `json:"time,omitempty"`
}

// Clock says when skills move.
type Clock string

// The clocks.
const (
	Still   Clock = "still"    // never
	PerGame Clock = "per game" // before every game of the player, the first one too, as in Herbrich et al. 2007
	ByTime  Clock = "by time"  // by τ²·Δt between games at different times
)

// Normal is a belief about a skill.
type Normal struct {
	// Mean is μ.
	Mean float64 `json:"mean"`
	// Deviation is σ.
	Deviation float64 `json:"deviation"`
}

// Config is the model of games and how it is fitted.
type Config struct {
	// Prior is N(μ₀, σ₀²), the belief about a player who was never seen.
	Prior Normal
	// Priors are those of players who were seen before.
	Priors map[string]Normal
	// Performance is β, the deviation of a player's form in a game.
	Performance float64
	// DrawChance is the chance of a draw between equals, which sets the margin ε.
	DrawChance float64
	// Clock says when skills move.
	Clock Clock
	// Drift is τ, the deviation of that move.
	Drift float64
	// Sweeps is the most sweeps over all games; 0 means 1000.
	Sweeps int
	// Tolerance is the change of messages, by the size of the belief, that counts as none; 0 means
	// 1e-6, which leaves less than a thousandth of a deviation where a sweep takes off 7 % of the rest.
	Tolerance float64
	// Joint is the most beliefs, one a player and time, whose correlations are kept: all of them are
	// estimated with one error in common, which only differences are free of, and without it
	// intervals are too narrow. A sweep costs its third power. 0 means 2000; −1 keeps none.
	Joint int
	// Progress, where set, hears of every sweep, counted from 1, and its largest change.
	Progress func(sweep int, change float64)
}

// Default are the settings of Herbrich et al. 2007 without drift: skills of 25 ± 25/3, β = 25/6, a
// draw in ten.
func Default() Config {
	return Config{Prior: Normal{25, 25. / 3}, Performance: 25. / 6, DrawChance: .1, Clock: Still, Drift: 25. / 300}
}

// margin is ε for two teams of n players in all: between equals the chance of a draw is
// Φ(ε/√n β) − Φ(−ε/√n β) = erf(ε/√(2n) β).
func (c Config) margin(n int) float64 {
	return math.Erfinv(c.DrawChance) * math.Sqrt(2*float64(n)) * c.Performance
}

// check says what is wrong with the settings.
func (c Config) check() error {
	if err := c.Prior.check("prior"); err != nil {
		return err
	}
	for name, p := range c.Priors {
		if err := p.check("prior of " + name); err != nil {
			return err
		}
	}
	switch {
	case !(c.Performance > 0) || math.IsInf(c.Performance, 1):
		return fmt.Errorf("rank: performance: got %g, want a positive deviation", c.Performance)
	case !(c.DrawChance >= 0 && c.DrawChance < 1):
		return fmt.Errorf("rank: chance of a draw: got %g, want one from 0 to below 1", c.DrawChance)
	case !slices.Contains([]Clock{Still, PerGame, ByTime}, c.Clock):
		return fmt.Errorf("rank: clock: got %q, want still, per game or by time", c.Clock)
	case c.Clock != Still && (!(c.Drift > 0) || math.IsInf(c.Drift, 1)):
		return fmt.Errorf("rank: drift: got %g, want a positive deviation for a clock that is not still", c.Drift)
	case c.Sweeps < 0 || !(c.Tolerance >= 0) || c.Joint < -1:
		return fmt.Errorf("rank: got %d sweeps, tolerance %g and %d joint beliefs, want none below 0, or −1 for no joint beliefs", c.Sweeps, c.Tolerance, c.Joint)
	}
	return nil
}

// check refuses beliefs that are no density.
func (n Normal) check(what string) error {
	if !(n.Deviation > 0) || math.IsInf(n.Deviation, 1) || math.IsNaN(n.Mean) || math.IsInf(n.Mean, 0) {
		return fmt.Errorf("rank: %s: got %g ± %g, want finite numbers and a positive deviation", what, n.Mean, n.Deviation)
	}
	return nil
}

// check says what is wrong with game number i.
func (g Game) check(i int, c Config) error {
	if len(g.Teams) < 2 {
		return fmt.Errorf("rank: game %d: got %d teams, want two or more", i, len(g.Teams))
	}
	if g.Draws != nil && len(g.Draws) != len(g.Teams)-1 {
		return fmt.Errorf("rank: game %d: got %d draws, want one for each of %d teams but the first", i, len(g.Draws), len(g.Teams))
	}
	if slices.Contains(g.Draws, true) && c.DrawChance == 0 {
		return fmt.Errorf("rank: game %d: got a draw where the chance of one is 0", i)
	}
	if math.IsNaN(g.Time) || math.IsInf(g.Time, 0) {
		return fmt.Errorf("rank: game %d: time: got %g, want a finite number", i, g.Time)
	}
	seen := map[string]bool{}
	for k, team := range g.Teams {
		if len(team) == 0 {
			return fmt.Errorf("rank: game %d: team %d: got no players", i, k)
		}
		for _, name := range team {
			if seen[name] {
				return fmt.Errorf("rank: game %d: got player %q twice", i, name)
			}
			seen[name] = true
		}
	}
	return nil
}
