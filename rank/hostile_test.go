package rank

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/internal/rng"
)

// anyNumber draws a number as strangers give them.
func anyNumber(r *rand.Rand) float64 {
	return []float64{0, 1, -1, 25, 8, 1e9, -1e9, 1e-9, 1e300, math.Inf(1), math.NaN(), r.NormFloat64()}[r.IntN(12)]
}

// anyGame draws teams, some empty or of the same players, and draws that may not fit.
func anyGame(r *rand.Rand) Game {
	g := Game{Time: float64(r.IntN(4))}
	if r.IntN(10) == 0 {
		g.Time = anyNumber(r)
	}
	for range 1 + r.IntN(4) {
		var team []string
		for range 1 + r.IntN(2) - r.IntN(20)/19 {
			team = append(team, fmt.Sprint(r.IntN(12)))
		}
		g.Teams = append(g.Teams, team)
	}
	for range len(g.Teams) - 1 + r.IntN(20)/19 {
		g.Draws = append(g.Draws, r.IntN(2) == 0)
	}
	return g
}

func TestGamesOfStrangersEndInAnErrorOrInSkills(t *testing.T) {
	r := rng.New(31).Rand()
	fitted, refused := 0, 0
	for range 4000 {
		c := Default()
		c.Sweeps = 5
		c.Clock = []Clock{Still, PerGame, ByTime}[r.IntN(3)]
		switch r.IntN(8) {
		case 0:
			c.Performance = anyNumber(r)
		case 1:
			c.DrawChance = anyNumber(r)
		case 2:
			c.Drift = anyNumber(r)
		case 3:
			c.Prior = Normal{anyNumber(r), anyNumber(r)}
		case 4:
			c.Joint = -1
		}
		var games []Game
		for range 1 + r.IntN(2) {
			games = append(games, anyGame(r))
		}
		m, err := Fit(context.Background(), games, c)
		if err != nil {
			refused++
			continue
		}
		fitted++
		for _, p := range m.Players {
			if s := p.Last(); math.IsNaN(s.Mean) || !(s.Deviation >= 0) {
				t.Fatalf("%+v with %+v: player %s: got %+v", games, c, p.Name, s)
			}
		}
	}
	if fitted < 100 || refused < 100 {
		t.Errorf("games: got %d fitted and %d refused, want enough of both", fitted, refused)
	}
}

func TestStoredModelsOfStrangersEndInAnErrorOrAModel(t *testing.T) {
	stored, err := json.Marshal(fit(t, []Game{duel("a", "b", 0), duel("b", "c", 1)}, classic()))
	if err != nil {
		t.Fatal(err)
	}
	r := rng.New(32).Rand()
	for range 10000 {
		b := append([]byte(nil), stored...)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = byte(r.IntN(128))
		}
		var m Model
		if json.Unmarshal(b, &m) != nil {
			continue
		}
		if _, err := m.Predict([]string{"a"}, []string{"c"}); err != nil {
			t.Fatalf("%s: forecast: %v", b, err)
		}
	}
}

// Games out of the order of their times are put into it.
func TestGamesAreSortedByTime(t *testing.T) {
	c := Default()
	c.Clock, c.Drift, c.Tolerance = ByTime, 2, 1e-10
	games := []Game{duel("a", "b", 5), duel("b", "a", 1), duel("a", "c", 3)}
	m := fit(t, games, c)
	sorted := fit(t, []Game{games[1], games[2], games[0]}, c)
	for _, p := range sorted.Players {
		if m.Skill(p.Name) != p.Last() {
			t.Errorf("player %s: got %+v, want %+v", p.Name, m.Skill(p.Name), p.Last())
		}
	}
	if games[0].Time != 5 {
		t.Error("the caller's games were put into another order")
	}
}

// More players than a joint belief holds: messages alone, in flat memory and linear time.
func TestManyPlayersAreRankedByMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of players")
	}
	_, games := simulate(rng.New(6).Rand(), 3000, 12000, Default())
	begin := time.Now()
	m := fit(t, games, Default())
	t.Logf("%d players, 12,000 games: %d sweeps in %v", len(m.Players), m.Sweeps, time.Since(begin))
	if len(m.Players) < 2900 {
		t.Errorf("players: got %d, want about 3000", len(m.Players))
	}
}

func TestTheCatalogueHasTheRanking(t *testing.T) {
	if _, ok := catalog.Lookup("Message passing", "rank"); !ok {
		t.Error("no entry")
	}
}
