package rank

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// version is that of the stored form.
const version = 1

// Rating is the belief about a skill at a time.
type Rating struct {
	// Time is that of the player's games.
	Time float64 `json:"time"`
	// Normal is the belief, all games considered.
	Normal
}

// Player is what is known of a player.
type Player struct {
	// Name is the player's.
	Name string `json:"name"`
	// Games is how many there were.
	Games int `json:"games"`
	// Skill is the belief at each time at which it could have moved; one for all under a clock that
	// is still.
	Skill []Rating `json:"skill"`
}

// Last is the newest belief.
func (p Player) Last() Normal { return p.Skill[len(p.Skill)-1].Normal }

// Model is the skills of players.
type Model struct {
	// Version is that of the stored form.
	Version int `json:"version"`
	// Prior is the belief about players who were never seen.
	Prior Normal `json:"prior"`
	// Performance is β.
	Performance float64 `json:"performance"`
	// DrawChance is the chance of a draw between equals.
	DrawChance float64 `json:"draw_chance"`
	// Clock says when skills move.
	Clock Clock `json:"clock"`
	// Drift is τ.
	Drift float64 `json:"drift"`
	// Players are all of them, the highest mean − 3σ of the newest belief first.
	Players []Player `json:"players"`
	// Evidence is EP's estimate of ln p(outcomes), by which settings can be compared.
	Evidence float64 `json:"evidence"`
	// Sweeps is how many there were.
	Sweeps int `json:"sweeps"`
	// Converged says whether the messages stood still.
	Converged bool `json:"converged"`

	at map[string]int
}

// sort orders the players and makes them findable.
func (m *Model) sort() {
	slices.SortFunc(m.Players, func(a, b Player) int {
		x, y := a.Last(), b.Last()
		return cmp.Or(cmp.Compare(y.Mean-3*y.Deviation, x.Mean-3*x.Deviation), cmp.Compare(a.Name, b.Name))
	})
	m.at = make(map[string]int, len(m.Players))
	for i, p := range m.Players {
		m.at[p.Name] = i
	}
}

// Skill is the newest belief about a player, or the prior of one who was never seen.
func (m *Model) Skill(name string) Normal {
	if i, ok := m.at[name]; ok {
		return m.Players[i].Last()
	}
	return m.Prior
}

// Forecast is the chance of each outcome between two teams.
type Forecast struct {
	// Win is that of the first team.
	Win float64 `json:"win"`
	// Draw is that of a draw.
	Draw float64 `json:"draw"`
	// Lose is that of the second team.
	Lose float64 `json:"lose"`
}

// Predict is the chance of each outcome of a game: the lead of team a over team b is normal with the
// mean Σμ_a − Σμ_b and the variance Σ(σ² + β²), and moves once more before the game under the clock
// of games.
func (m *Model) Predict(a, b []string) (Forecast, error) {
	if err := (Game{Teams: [][]string{a, b}}).check(0, Config{}); err != nil {
		return Forecast{}, err
	}
	mean, variance := 0., 0.
	for k, team := range [][]string{a, b} {
		for _, name := range team {
			s := m.Skill(name)
			mean += (1 - 2*float64(k)) * s.Mean
			variance += s.Deviation*s.Deviation + m.Performance*m.Performance
			if m.Clock == PerGame {
				variance += m.Drift * m.Drift
			}
		}
	}
	sd := math.Sqrt(variance)
	margin := Config{DrawChance: m.DrawChance, Performance: m.Performance}.margin(len(a) + len(b))
	above := func(x float64) float64 { return math.Erfc((x-mean)/sd/math.Sqrt2) / 2 }
	f := Forecast{Win: above(margin), Lose: math.Erfc((margin+mean)/sd/math.Sqrt2) / 2}
	f.Draw = max(above(-margin)-f.Win, 0)
	return f, nil
}

// UnmarshalJSON reads a stored model and checks it.
func (m *Model) UnmarshalJSON(b []byte) error {
	type plain Model
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("rank: model: %w", err)
	}
	if p.Version != version {
		return fmt.Errorf("rank: model: version: got %d, want %d", p.Version, version)
	}
	c := Config{Prior: p.Prior, Performance: p.Performance, DrawChance: p.DrawChance, Clock: p.Clock, Drift: p.Drift}
	if err := c.check(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, player := range p.Players {
		if len(player.Skill) == 0 || seen[player.Name] {
			return fmt.Errorf("rank: model: player %q: got %d skills, want one or more of a player who is there once", player.Name, len(player.Skill))
		}
		seen[player.Name] = true
		for _, s := range player.Skill {
			if err := s.check("skill of " + player.Name); err != nil {
				return err
			}
		}
	}
	*m = Model(p)
	m.sort()
	return nil
}
