package rank

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func fit(t testing.TB, games []Game, c Config) *Model {
	t.Helper()
	m, err := Fit(context.Background(), games, c)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Converged {
		t.Fatalf("not converged after %d sweeps", m.Sweeps)
	}
	return m
}

// classic are the settings of the published implementations: skills move before every game.
func classic() Config {
	c := Default()
	c.Clock = PerGame
	return c
}

func TestOneGameHasThePublishedUpdates(t *testing.T) {
	// Settings 25 ± 25/3, β 25/6, τ 25/300, draws 10 %; numbers as the implementations print them.
	single := func(names ...string) (teams [][]string) {
		for _, n := range names {
			teams = append(teams, []string{n})
		}
		return teams
	}
	for _, c := range []struct {
		what string
		game Game
		want map[string]Normal
	}{
		{"one over one", Game{Teams: single("a", "b")}, map[string]Normal{"a": {29.396, 7.171}, "b": {20.604, 7.171}}},
		{"a draw", Game{Teams: single("a", "b"), Draws: []bool{true}}, map[string]Normal{"a": {25, 6.458}, "b": {25, 6.458}}},
		{"two over two", Game{Teams: [][]string{{"a", "b"}, {"c", "d"}}}, map[string]Normal{"a": {28.108, 7.774}, "b": {28.108, 7.774}, "c": {21.892, 7.774}}},
		{"a draw of twos", Game{Teams: [][]string{{"a", "b"}, {"c", "d"}}, Draws: []bool{true}}, map[string]Normal{"a": {25, 7.455}, "d": {25, 7.455}}},
		{"three", Game{Teams: single("a", "b", "c")}, map[string]Normal{"a": {31.675, 6.656}, "b": {25, 6.208}, "c": {18.325, 6.656}}},
		{"four", Game{Teams: single("a", "b", "c", "d")}, map[string]Normal{"a": {33.207, 6.348}, "b": {27.401, 5.787}, "c": {22.599, 5.787}, "d": {16.793, 6.348}}},
		{"five", Game{Teams: single("a", "b", "c", "d", "e")}, map[string]Normal{"a": {34.363, 6.136}, "b": {29.058, 5.536}, "c": {25, 5.420}, "e": {15.637, 6.136}}},
		{"eight who drew", Game{Teams: single("a", "b", "c", "d", "e", "f", "g", "h"), Draws: []bool{true, true, true, true, true, true, true}},
			map[string]Normal{"a": {25, 4.592}, "h": {25, 4.592}}},
	} {
		settings := classic()
		settings.Tolerance = 1e-10
		m := fit(t, []Game{c.game}, settings)
		for name, want := range c.want {
			got := m.Skill(name)
			if math.Abs(got.Mean-want.Mean) > .0006 || math.Abs(got.Deviation-want.Deviation) > .0006 { // three digits are printed
				t.Errorf("%s: %s: got %.4f ± %.4f, want %v ± %v", c.what, name, got.Mean, got.Deviation, want.Mean, want.Deviation)
			}
		}
	}
}

// closed is the update of Herbrich et al. 2007, section 3.2, for a game of two teams: with
// c² = Σ(σ² + β²), t = (Σμ_w − Σμ_l)/c and ε/c, μ ± σ²/c·v and σ²(1 − σ²/c²·w).
func closed(winners, losers []Normal, draw bool, c Config) (w, l []Normal) {
	var total, t float64
	for k, team := range [][]Normal{winners, losers} {
		for _, s := range team {
			total += s.Deviation*s.Deviation + c.Performance*c.Performance
			t += (1 - 2*float64(k)) * s.Mean
		}
	}
	root := math.Sqrt(total)
	t /= root
	eps := c.margin(len(winners)+len(losers)) / root
	pdf := func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
	cdf := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	v := pdf(t-eps) / cdf(t-eps)
	width := v * (v + t - eps)
	if draw {
		z := cdf(eps-t) - cdf(-eps-t)
		v = (pdf(-eps-t) - pdf(eps-t)) / z
		width = v*v + ((eps-t)*pdf(eps-t)+(eps+t)*pdf(eps+t))/z
	}
	move := func(s Normal, sign float64) Normal {
		square := s.Deviation * s.Deviation
		return Normal{s.Mean + sign*square/root*v, math.Sqrt(square * (1 - square/total*width))}
	}
	for _, s := range winners {
		w = append(w, move(s, 1))
	}
	for _, s := range losers {
		l = append(l, move(s, -1))
	}
	return w, l
}

func TestGamesOfTwoTeamsAreTheClosedForm(t *testing.T) {
	r := rng.New(1).Rand()
	for range 200 {
		c := Default()
		c.DrawChance, c.Priors = .05+.4*r.Float64(), map[string]Normal{}
		teams, beliefs := make([][]string, 2), make([][]Normal, 2)
		for k := range teams {
			for i := range 1 + r.IntN(3) {
				name := fmt.Sprint(k, "-", i)
				teams[k] = append(teams[k], name)
				s := Normal{25 + 5*r.NormFloat64(), 1 + 8*r.Float64()}
				beliefs[k] = append(beliefs[k], s)
				c.Priors[name] = s
			}
		}
		draw := r.IntN(2) == 0
		m := fit(t, []Game{{Teams: teams, Draws: []bool{draw}}}, c)
		w, l := closed(beliefs[0], beliefs[1], draw, c)
		for k, want := range [][]Normal{w, l} {
			for i, s := range want {
				got := m.Skill(teams[k][i])
				tk.Close(t, "mean", got.Mean, s.Mean, 1e-9)
				tk.Close(t, "deviation", got.Deviation, s.Deviation, 1e-9)
			}
		}
		f, err := m.Predict(teams[0], teams[1])
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "chances", f.Win+f.Draw+f.Lose, 1, 1e-14)
		before := &Model{Prior: c.Prior, Performance: c.Performance, DrawChance: c.DrawChance, Clock: Still}
		for name, s := range c.Priors {
			before.Players = append(before.Players, Player{Name: name, Skill: []Rating{{0, s}}})
		}
		before.sort()
		if f, err = before.Predict(teams[0], teams[1]); err != nil {
			t.Fatal(err)
		}
		chance := f.Win
		if draw {
			chance = f.Draw
		}
		tk.Close(t, "evidence of one game", m.Evidence, math.Log(chance), 1e-9)
	}
}

// simulate draws skills and games between random pairs.
func simulate(r *rand.Rand, players, games int, c Config) (skill []float64, out []Game) {
	for range players {
		skill = append(skill, c.Prior.Mean+c.Prior.Deviation*r.NormFloat64())
	}
	margin := c.margin(2)
	for range games {
		a, b := r.IntN(players), r.IntN(players-1)
		if b >= a {
			b++
		}
		lead := skill[a] - skill[b] + c.Performance*(r.NormFloat64()-r.NormFloat64())
		if lead < 0 {
			a, b, lead = b, a, -lead
		}
		out = append(out, Game{Teams: [][]string{{fmt.Sprint(a)}, {fmt.Sprint(b)}}, Draws: []bool{lead < margin}})
	}
	return skill, out
}

// spearman is the correlation of ranks.
func spearman(x, y []float64) float64 {
	ranks := func(v []float64) []float64 {
		at := make([]int, len(v))
		for i := range at {
			at[i] = i
		}
		slices.SortFunc(at, func(a, b int) int {
			if v[a] < v[b] {
				return -1
			}
			return 1
		})
		out := make([]float64, len(v))
		for k, i := range at {
			out[i] = float64(k)
		}
		return out
	}
	a, b, n, d := ranks(x), ranks(y), float64(len(x)), 0.
	for i := range a {
		d += (a[i] - b[i]) * (a[i] - b[i])
	}
	return 1 - 6*d/(n*(n*n-1))
}

// covered counts the skills within 1.96 deviations of their means.
func covered(m *Model, skill []float64) (in int, means []float64) {
	for i, s := range skill {
		q := m.Skill(fmt.Sprint(i))
		means = append(means, q.Mean)
		if math.Abs(s-q.Mean) <= 1.96*q.Deviation {
			in++
		}
	}
	return in, means
}

func TestSimulatedSkillsAreFoundWithHonestIntervals(t *testing.T) {
	replicates := 4 // each has an error that all its skills share
	if testing.Short() {
		replicates = 1
	}
	if os.Getenv("ELBO_PAPER") != "" {
		replicates = 20
	}
	in, total, least, sweeps := 0, 0, 1., 0
	for i := range replicates {
		skill, games := simulate(rng.New(uint64(i)).Rand(), 200, 10000, Default())
		m := fit(t, games, Default())
		k, means := covered(m, skill)
		in, total = in+k, total+len(skill)
		least, sweeps = min(least, spearman(means, skill)), max(sweeps, m.Sweeps)
	}
	share := float64(in) / float64(total)
	t.Logf("%d replicates of 200 players and 10,000 games: least Spearman correlation %.4f, 95 %% intervals cover %.2f %%, at most %d sweeps", replicates, least, 100*share, sweeps)
	if least < .95 {
		t.Errorf("Spearman correlation: got %v, want at least .95", least)
	}
	if replicates > 1 && (share < .92 || share > .98) {
		t.Errorf("coverage: got %v, want .92 to .98", share)
	}
}

func TestModelsKeepTheirBitsInJSON(t *testing.T) {
	_, games := simulate(rng.New(3).Rand(), 5, 40, Default())
	m := fit(t, games, classic())
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var again Model
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Players {
		q := again.Players[i]
		if p.Name != q.Name || p.Games != q.Games || !slices.Equal(p.Skill, q.Skill) {
			t.Errorf("player %d: got %+v, want %+v", i, q, p)
		}
	}
	if again.Evidence != m.Evidence || again.Skill("1") != m.Skill("1") || again.Skill("nobody") != m.Prior {
		t.Error("the stored model answers otherwise")
	}
}
