package rank

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	catalog.Add(catalog.Entry{Group: "Message passing", Name: "rank", Summary: "skills of players by the games they won, drew and lost, still or moving through time",
		Paper: "Herbrich, Minka & Graepel 2007; Dangauthier et al. 2007", Sections: "D23",
		Measured: "the published updates of one game to their digits; 200 players, 10,000 games: Spearman .989, 95 % intervals cover 95.3 % over 20 replicates",
		Test:     "rank/rank_test.go, rank/time_test.go", Command: "rank.Fit"})
}
