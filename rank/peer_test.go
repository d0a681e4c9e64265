package rank

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// Games of a file, for bench/peers/rank_trueskill.py: {"games": [[winner, loser], …], "skill": {…}}.
func TestGamesOfAFileAreRanked(t *testing.T) {
	path := os.Getenv("ELBO_GAMES")
	if path == "" {
		t.Skip("ELBO_GAMES names no file of games")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Games [][2]string        `json:"games"`
		Skill map[string]float64 `json:"skill"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		t.Fatal(err)
	}
	var games []Game
	for _, g := range in.Games {
		games = append(games, duel(g[0], g[1], 0))
	}
	c := Default()
	c.DrawChance = 0
	begin := time.Now()
	m := fit(t, games, c)
	took := time.Since(begin)
	var got, want []float64
	inside := 0
	for _, p := range m.Players {
		s, x := p.Last(), in.Skill[p.Name]
		got, want = append(got, s.Mean), append(want, x)
		if d := (x - s.Mean) / s.Deviation; d > -1.96 && d < 1.96 {
			inside++
		}
	}
	t.Logf("elbo: %.2f s, %d sweeps, Spearman %.4f, covered %.3f", took.Seconds(), m.Sweeps, spearman(got, want), float64(inside)/float64(len(got)))
}
