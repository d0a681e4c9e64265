package rank_test

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/rank"
)

// Four games of three players.
func ExampleFit() {
	win := func(a, b string) rank.Game { return rank.Game{Teams: [][]string{{a}, {b}}} }
	games := []rank.Game{win("ann", "bob"), win("bob", "eve"), win("ann", "eve"), {Teams: [][]string{{"ann"}, {"bob"}}, Draws: []bool{true}}}
	m, err := rank.Fit(context.Background(), games, rank.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range m.Players {
		s := p.Last()
		fmt.Printf("%s %.1f ± %.1f after %d games\n", p.Name, s.Mean, s.Deviation, p.Games)
	}
	f, err := m.Predict([]string{"ann"}, []string{"eve"})
	fmt.Printf("ann against eve: wins %.2f, draws %.2f, loses %.2f, %v\n", f.Win, f.Draw, f.Lose, err)
	// Output:
	// ann 29.7 ± 5.7 after 3 games
	// bob 26.9 ± 5.7 after 3 games
	// eve 18.5 ± 6.5 after 2 games
	// ann against eve: wins 0.84, draws 0.03, loses 0.13, <nil>
}
