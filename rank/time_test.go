package rank

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func duel(winner, loser string, time float64) Game {
	return Game{Teams: [][]string{{winner}, {loser}}, Time: time}
}

func TestSkillsMoveByTheirClock(t *testing.T) {
	games := []Game{duel("a", "b", 3), duel("a", "c", 1), duel("b", "c", 3), duel("a", "b", 7)}
	for clock, want := range map[Clock]map[string][]float64{ // times of the beliefs
		Still:   {"a": {3}, "b": {3}, "c": {1}},
		PerGame: {"a": {3, 1, 7}, "b": {3, 3, 7}, "c": {1, 3}},
		ByTime:  {"a": {1, 3, 7}, "b": {3, 7}, "c": {1, 3}},
	} {
		c := Default()
		c.Clock = clock
		m := fit(t, games, c)
		for _, p := range m.Players {
			var got []float64
			for _, s := range p.Skill {
				got = append(got, s.Time)
			}
			if fmt.Sprint(got) != fmt.Sprint(want[p.Name]) {
				t.Errorf("clock %s: player %s: got beliefs at %v, want %v", clock, p.Name, got, want[p.Name])
			}
			if games := map[string]int{"a": 3, "b": 3, "c": 2}[p.Name]; p.Games != games {
				t.Errorf("player %s: got %d games, want %d", p.Name, p.Games, games)
			}
		}
	}
}

// A drift so small that nothing moves is a still clock, and one so large that nothing is kept makes
// every game the first.
func TestDriftsHaveBothLimits(t *testing.T) {
	games := []Game{duel("a", "b", 0), duel("a", "b", 1), duel("b", "a", 2), duel("a", "b", 3)}
	still := fit(t, games, Default())
	c := Default()
	c.Clock, c.Drift, c.Tolerance = ByTime, 1e-3, 1e-9
	slow := fit(t, games, c)
	for _, name := range []string{"a", "b"} {
		tk.Close(t, "mean", slow.Skill(name).Mean, still.Skill(name).Mean, 1e-5)
		tk.Close(t, "deviation", slow.Skill(name).Deviation, still.Skill(name).Deviation, 1e-5)
	}
	c.Drift = 1e4
	fast := fit(t, games, c)
	first := fit(t, games[:1], Default())
	tk.Close(t, "first belief", fast.Players[fast.at["a"]].Skill[0].Mean, first.Skill("a").Mean, 1e-3)
}

// Under a still clock nothing depends on the order of the games.
func TestTheOrderOfGamesDoesNotMatterWhereSkillsAreStill(t *testing.T) {
	_, games := simulate(rng.New(5).Rand(), 6, 30, Default())
	c := Default()
	c.Tolerance = 1e-11
	a := fit(t, games, c)
	var back []Game
	for i := range games {
		back = append(back, games[len(games)-1-i])
	}
	b := fit(t, back, c)
	for _, p := range a.Players {
		tk.Close(t, "mean", b.Skill(p.Name).Mean, p.Last().Mean, 1e-8)
		tk.Close(t, "deviation", b.Skill(p.Name).Deviation, p.Last().Deviation, 1e-8)
	}
	tk.Close(t, "evidence", b.Evidence, a.Evidence, 1e-8)
}

// Skills through time against draws from the prior that give the same outcomes: EP's moments are
// within a few hundredths of a deviation here, more than the error of the draws.
func TestSkillsThroughTimeAreThoseOfDrawsWithTheSameOutcomes(t *testing.T) {
	c := Default()
	c.Clock, c.Drift = ByTime, 3
	games := []Game{duel("a", "b", 0), duel("a", "c", 0), duel("b", "a", 2), duel("c", "b", 2)}
	c.Tolerance = 1e-10
	m := fit(t, games, c)
	r := rng.New(11).Rand()
	margin := c.margin(2)
	sum, square := map[string][]float64{}, map[string][]float64{}
	n := 0.
	for range 1_500_000 {
		s := map[string][2]float64{}
		for _, p := range []string{"a", "b", "c"} {
			x := 25 + c.Prior.Deviation*r.NormFloat64()
			s[p] = [2]float64{x, x + c.Drift*math.Sqrt2*r.NormFloat64()}
		}
		same := true
		for _, g := range games {
			at := int(g.Time / 2)
			lead := s[g.Teams[0][0]][at] - s[g.Teams[1][0]][at] + c.Performance*math.Sqrt2*r.NormFloat64()
			if same = lead > margin; !same {
				break
			}
		}
		if !same {
			continue
		}
		n++
		for p, x := range s {
			if sum[p] == nil {
				sum[p], square[p] = make([]float64, 2), make([]float64, 2)
			}
			for k, v := range x {
				sum[p][k] += v
				square[p][k] += v * v
			}
		}
	}
	for _, p := range m.Players {
		for k, s := range p.Skill {
			mean := sum[p.Name][k] / n
			sd := math.Sqrt(square[p.Name][k]/n - mean*mean)
			if d := math.Abs(s.Mean-mean) / sd; d > .05 {
				t.Errorf("%s at %v: mean: got %v, want %v ± %v", p.Name, s.Time, s.Mean, mean, sd)
			}
			tk.Close(t, "deviation", s.Deviation/sd, 1, .03)
		}
	}
	tk.Close(t, "evidence", m.Evidence, math.Log(n/1.5e6), .02)
	t.Logf("draws with the same outcomes: %v of 1,500,000; evidence %v by EP, %v by draws", n, m.Evidence, math.Log(n/1.5e6))
}

// walk simulates skills that move from day to day and a few games on each.
func walk(seed uint64, players, days, games int, c Config) (skill [][]float64, out []Game) {
	r := rng.New(seed).Rand()
	skill = make([][]float64, days)
	margin := c.margin(2)
	for d := range skill {
		for i := range players {
			if d == 0 {
				skill[d] = append(skill[d], c.Prior.Mean+c.Prior.Deviation*r.NormFloat64())
			} else {
				skill[d] = append(skill[d], skill[d-1][i]+c.Drift*r.NormFloat64())
			}
		}
		for range games {
			pair := r.Perm(players)[:2]
			lead := skill[d][pair[0]] - skill[d][pair[1]] + c.Performance*math.Sqrt2*r.NormFloat64()
			if lead < 0 {
				pair[0], pair[1] = pair[1], pair[0]
			}
			g := duel(fmt.Sprint(pair[0]), fmt.Sprint(pair[1]), float64(d))
			g.Draws = []bool{math.Abs(lead) < margin}
			out = append(out, g)
		}
	}
	return skill, out
}

func TestMovingSkillsAreFollowedWithHonestIntervals(t *testing.T) {
	c := Default()
	c.Clock, c.Drift = ByTime, 1
	replicates := 60 // each has an error that all its skills share
	if testing.Short() {
		replicates = 4
	}
	const players, days = 15, 12
	in, total, moving, still, evidence := 0, 0, 0., 0., 0.
	for k := range replicates {
		skill, games := walk(uint64(k), players, days, 30, c)
		m := fit(t, games, c)
		fixed := c
		fixed.Clock = Still
		f := fit(t, games, fixed)
		evidence += m.Evidence - f.Evidence
		for _, p := range m.Players {
			var i int
			if _, err := fmt.Sscan(p.Name, &i); err != nil {
				t.Fatal(err)
			}
			for _, s := range p.Skill {
				x := skill[int(s.Time)][i]
				total++
				if math.Abs(x-s.Mean) <= 1.96*s.Deviation {
					in++
				}
				moving += (x - s.Mean) * (x - s.Mean)
				d := x - f.Skill(p.Name).Mean
				still += d * d
			}
		}
	}
	share := float64(in) / float64(total)
	t.Logf("%d moments of %d replicates: intervals of 95 %% cover %.2f %%; error %.3f, %.3f by skills that stand still", total, replicates, 100*share,
		math.Sqrt(moving/float64(total)), math.Sqrt(still/float64(total)))
	if replicates > 4 && (share < .92 || share > .98) {
		t.Errorf("coverage: got %v, want .92 to .98", share)
	}
	if moving > still || evidence < 0 {
		t.Errorf("skills that move: got the error %v and the evidence %+v beside still ones, want them better", moving, evidence)
	}
}

func TestTheEvidenceFindsTheChanceOfDraws(t *testing.T) {
	c := Default()
	c.DrawChance = .3
	_, games := simulate(rng.New(8).Rand(), 30, 600, c)
	best, top := 0., math.Inf(-1)
	for _, chance := range []float64{.05, .15, .3, .45, .6} {
		c.DrawChance = chance
		if m := fit(t, games, c); m.Evidence > top {
			best, top = chance, m.Evidence
		}
	}
	if best != .3 {
		t.Errorf("chance of a draw with the most evidence: got %v, want .3", best)
	}
}

// Forecasts of games that were not seen: chances are frequencies.
func TestForecastsAreCalibrated(t *testing.T) {
	skillful, games := simulate(rng.New(9).Rand(), 60, 3500, Default())
	m := fit(t, games[:1500], Default())
	var wins, chance, variance float64
	for _, g := range games[1500:] {
		a, b := g.Teams[0], g.Teams[1]
		if a[0] > b[0] { // by name, which knows nothing of the outcome
			a, b = b, a
		}
		f, err := m.Predict(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if p := f.Win; p > .6 { // the games in which a is the favourite
			chance += p
			variance += p * (1 - p)
			if !g.Draws[0] && g.Teams[0][0] == a[0] {
				wins++
			}
		}
	}
	if d := math.Abs(wins - chance); d > 4*math.Sqrt(variance)+.03*chance { // 4 s.e. (6e-5), and skills shared by the games
		t.Errorf("favourites: got %v wins, want %.1f ± %.1f", wins, chance, math.Sqrt(variance))
	}
	if len(skillful) != 60 {
		t.Fatal("players")
	}
}

func TestBadGamesAndSettingsAreRefused(t *testing.T) {
	good := []Game{duel("a", "b", 0)}
	nan := math.NaN()
	for what, change := range map[string]func(c *Config, g *[]Game){
		"no games":               func(_ *Config, g *[]Game) { *g = nil },
		"one team":               func(_ *Config, g *[]Game) { *g = []Game{{Teams: [][]string{{"a"}}}} },
		"an empty team":          func(_ *Config, g *[]Game) { *g = []Game{{Teams: [][]string{{"a"}, {}}}} },
		"a player against":       func(_ *Config, g *[]Game) { *g = []Game{duel("a", "a", 0)} },
		"too many draws":         func(_ *Config, g *[]Game) { (*g)[0].Draws = []bool{true, false} },
		"a time of no number":    func(_ *Config, g *[]Game) { (*g)[0].Time = nan },
		"a draw without chance":  func(c *Config, g *[]Game) { c.DrawChance = 0; (*g)[0].Draws = []bool{true} },
		"a prior of no width":    func(c *Config, _ *[]Game) { c.Prior.Deviation = 0 },
		"a mean of no number":    func(c *Config, _ *[]Game) { c.Prior.Mean = nan },
		"a player's prior":       func(c *Config, _ *[]Game) { c.Priors = map[string]Normal{"a": {0, -1}} },
		"no performance":         func(c *Config, _ *[]Game) { c.Performance = 0 },
		"a chance of 1":          func(c *Config, _ *[]Game) { c.DrawChance = 1 },
		"a chance of no number":  func(c *Config, _ *[]Game) { c.DrawChance = nan },
		"an unknown clock":       func(c *Config, _ *[]Game) { c.Clock = "sundial" },
		"no drift":               func(c *Config, _ *[]Game) { c.Clock, c.Drift = ByTime, 0 },
		"sweeps below 0":         func(c *Config, _ *[]Game) { c.Sweeps = -1 },
		"tolerance of no number": func(c *Config, _ *[]Game) { c.Tolerance = nan },
	} {
		c, g := Default(), []Game{good[0]}
		change(&c, &g)
		if _, err := Fit(context.Background(), g, c); err == nil || !strings.HasPrefix(err.Error(), "rank: ") {
			t.Errorf("%s: got %v, want an error of the package", what, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, good, Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: got %v", err)
	}
	m := fit(t, good, Default())
	if _, err := m.Predict([]string{"a"}, nil); err == nil {
		t.Error("a forecast without a team: got no error")
	}
	if _, err := m.Predict([]string{"a"}, []string{"b", "a"}); err == nil {
		t.Error("a forecast with a player on both sides: got no error")
	}
}

func TestStoredModelsAreChecked(t *testing.T) {
	b, err := json.Marshal(fit(t, []Game{duel("a", "b", 0)}, Default()))
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"another version":    {`"version":1`, `"version":2`},
		"no JSON":            {`{`, `[`},
		"a player twice":     {`"name":"a"`, `"name":"b"`},
		"no skill":           {`"name":"a","games":1,"skill":[`, `"name":"a","games":1,"skill":[],"other":[`},
		"a bad deviation":    {`"deviation":7`, `"deviation":-7`},
		"a bad clock":        {`"still"`, `"sundial"`},
		"a bad draw chance":  {`"draw_chance":0.1`, `"draw_chance":2`},
		"a bad prior":        {`"prior":{"mean":25,"deviation":8`, `"prior":{"mean":25,"deviation":-8`},
		"a bad performance ": {`"performance":4`, `"performance":-4`},
	} {
		bad := strings.Replace(string(b), change[0], change[1], 1)
		if bad == string(b) {
			t.Fatalf("%s: nothing to change in %s", what, b)
		}
		var m Model
		if err := json.Unmarshal([]byte(bad), &m); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}

func TestProgressHearsOfEverySweep(t *testing.T) {
	_, games := simulate(rng.New(2).Rand(), 4, 20, Default())
	c, heard := Default(), 0
	c.Progress = func(sweep int, change float64) {
		if heard++; sweep != heard || !(change >= 0) {
			t.Errorf("sweep %d: got %d with change %v", heard, sweep, change)
		}
	}
	if m := fit(t, games, c); m.Sweeps != heard {
		t.Errorf("sweeps: got %d heard of, want %d", heard, m.Sweeps)
	}
	c.Sweeps = 1
	m, err := Fit(context.Background(), games, Config{Prior: c.Prior, Performance: c.Performance, DrawChance: .1, Clock: Still, Sweeps: 1})
	if err != nil || m.Converged || m.Sweeps != 1 {
		t.Errorf("one sweep: got %+v, %v, want a model that has not converged", m, err)
	}
}

// What a game says: more where it surprises, nothing to the order of equals where it is drawn, less
// to those who are known well.
func TestWhatAGameSaysFollowsWhatWasExpected(t *testing.T) {
	after := func(a, b Normal, draw bool) (Normal, Normal) {
		c := Default()
		c.Priors = map[string]Normal{"a": a, "b": b}
		g := duel("a", "b", 0)
		g.Draws = []bool{draw}
		m := fit(t, []Game{g}, c)
		return m.Skill("a"), m.Skill("b")
	}
	strong, weak := Normal{30, 3}, Normal{20, 3}
	favourite, _ := after(strong, weak, false)
	underdog, beaten := after(weak, strong, false)
	if gain, surprise := favourite.Mean-strong.Mean, underdog.Mean-weak.Mean; gain <= 0 || surprise < 3*gain {
		t.Errorf("gains: got %v of the favourite and %v of the underdog, want more of the second", gain, surprise)
	}
	if d := (strong.Mean - beaten.Mean) - (underdog.Mean - weak.Mean); math.Abs(d) > 1e-9 {
		t.Errorf("equal deviations: the loser lost %v more than the winner gained", d)
	}
	a, b := after(strong, weak, true)
	if a.Mean >= strong.Mean || b.Mean <= weak.Mean || a.Deviation >= strong.Deviation {
		t.Errorf("a draw: got %+v and %+v, want both nearer and surer", a, b)
	}
	known, unknown := after(Normal{25, 1}, Normal{25, 8}, false)
	if known.Mean-25 >= (25-unknown.Mean)/10 {
		t.Errorf("moves: got %v of the known and %v of the unknown player", known.Mean-25, 25-unknown.Mean)
	}
}

// Two players who are always on one team cannot be told apart, and a third who replaces one can.
func TestTeammatesShareWhatTheirTeamShows(t *testing.T) {
	games := []Game{{Teams: [][]string{{"a", "b"}, {"x", "y"}}}, {Teams: [][]string{{"a", "b"}, {"x", "z"}}}, {Teams: [][]string{{"x", "y"}, {"z", "w"}}}}
	m := fit(t, games, Default())
	if a, b := m.Skill("a"), m.Skill("b"); math.Abs(a.Mean-b.Mean) > 1e-6 || math.Abs(a.Deviation-b.Deviation) > 1e-6 {
		t.Errorf("teammates: got %+v and %+v, want the same", a, b)
	}
	if y, z := m.Skill("y"), m.Skill("z"); y.Mean <= z.Mean {
		t.Errorf("y beat z: got means %v and %v", y.Mean, z.Mean)
	}
}
