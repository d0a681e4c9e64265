package learn

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// SearchConfig is what the searches for a structure go by.
type SearchConfig struct {
	// Score is what is raised.
	Score Score
	// Statistic is that of the tests.
	Statistic Statistic
	// PC says how the tests are made.
	PC PCConfig
	// Hill says how the best score is climbed to; its Starts are the search's own.
	Hill HillConfig
}

// Found is the structure that a search ended with.
type Found struct {
	// Parents are those of each variable.
	Parents [][]int
	// Score is its score.
	Score float64
	// Moves counts the moves of the climb, if any.
	Moves int
	// Tests counts the tests, if any.
	Tests int
	// Consistent is false where the tests contradict each other: the edges are theirs, the
	// directions are not.
	Consistent bool
}

// Search is a way to find a structure.
type Search struct {
	// Name is the name, as on the command line.
	Name string
	// Summary says what it does, in a line.
	Summary string
	// Paper is "Author year".
	Paper string
	// Measured is what a test measured.
	Measured string
	// Find looks for the structure of complete data.
	Find func(context.Context, *Data, SearchConfig) (*Found, error)
}

// Searches lists the ways to find a structure.
func Searches() []Search {
	return []Search{
		{"hc", "hill climbing: the move of one edge that raises the score most, past summits by a tabu list", "Heckerman et al. 1995",
			"reaches the optimum of 60 networks of up to 6 variables; Asia exactly from 20,000 rows by BIC", climbAlone},
		{"optimal", "the largest score of all, by dynamic programming over sets of variables", "Silander & Myllymäki 2006",
			"the best of all 29,281 structures of five variables", optimum},
		{"pc", "tests of independence, with an order of variables that does not matter", "Colombo & Maathuis 2014",
			"exact with an oracle on 500 random graphs; Alarm 4 edges off from 20,000 rows", testAlone},
		{"pc+hc", "hill climbing from what the tests found and from no edges", "Tsamardinos et al. 2006",
			"Alarm from 20,000 rows above the score of the truth, 2 edges off by BDeu", testAndClimb},
	}
}

// SearchNamed finds a search by its name.
func SearchNamed(name string) (Search, error) {
	all := Searches()
	i := slices.IndexFunc(all, func(s Search) bool { return s.Name == name })
	if i < 0 {
		return Search{}, fmt.Errorf("pgm: learn: structure: got %q, want one of %s", name, strings.Join(SearchNames(), ", "))
	}
	return all[i], nil
}

// SearchNames lists the names of the searches.
func SearchNames() (names []string) {
	for _, s := range Searches() {
		names = append(names, s.Name)
	}
	return names
}

func climbAlone(ctx context.Context, d *Data, c SearchConfig) (*Found, error) {
	return climbFrom(ctx, d, c)
}

// climbFrom climbs from some structures, or from no edges.
func climbFrom(ctx context.Context, d *Data, c SearchConfig, starts ...[][]int) (*Found, error) {
	f, err := NewCounted(d, c.Score)
	if err != nil {
		return nil, err
	}
	c.Hill.Starts = starts
	got, err := Hill(ctx, f, c.Hill)
	if err != nil {
		return nil, err
	}
	return &Found{Parents: got.Parents, Score: got.Score, Moves: got.Moves, Consistent: true}, nil
}

func optimum(_ context.Context, d *Data, c SearchConfig) (*Found, error) {
	f, err := NewCounted(d, c.Score)
	if err != nil {
		return nil, err
	}
	got, err := Optimal(f)
	if err != nil {
		return nil, err
	}
	return &Found{Parents: got.Parents, Score: got.Score, Consistent: true}, nil
}

func testAlone(ctx context.Context, d *Data, c SearchConfig) (*Found, error) {
	t, err := NewTests(d, c.Statistic)
	if err != nil {
		return nil, err
	}
	got, err := PC(ctx, t, c.PC)
	if err != nil {
		return nil, err
	}
	f, err := NewCounted(d, c.Score)
	if err != nil {
		return nil, err
	}
	return &Found{Parents: got.Parents, Score: Structure(f, got.Parents), Tests: got.Tests, Consistent: got.Consistent}, nil
}

// testAndClimb climbs from what the tests found, as far as it keeps to the most parents that
// are allowed, and from no edges.
func testAndClimb(ctx context.Context, d *Data, c SearchConfig) (*Found, error) {
	tested, err := testAlone(ctx, d, c)
	if err != nil {
		return nil, err
	}
	start := copyOf(tested.Parents)
	for v, ps := range start {
		if most := c.Hill.MaxParents; most > 0 && len(ps) > most {
			start[v] = ps[:most]
		}
	}
	got, err := climbFrom(ctx, d, c, start, make([][]int, len(start)))
	if err != nil {
		return nil, err
	}
	got.Tests = tested.Tests
	return got, nil
}
