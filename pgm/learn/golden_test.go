package learn

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// golden is the table of another implementation; testdata/scores.py made it.
type golden struct {
	Card   []int   `json:"card"`
	Worth  float64 `json:"worth"` // of BDeu's prior
	Tables []struct {
		Rows     [][]int32 `json:"rows"`
		Families []struct {
			V       int                `json:"v"`
			Parents []int              `json:"parents"`
			Scores  map[string]float64 `json:"scores"`
		} `json:"families"`
		Tests []struct {
			X     int        `json:"x"`
			Y     int        `json:"y"`
			Given []int      `json:"given"`
			G2    [2]float64 `json:"g2"`
			Chi2  [2]float64 `json:"chi2"`
		} `json:"tests"`
	} `json:"tables"`
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	text, err := os.ReadFile("testdata/scores.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// Where the rows hold all configurations of the parents and all states of the variable. Where
// they do not, the other implementation's marginal likelihoods leave out states that are not
// there, and break the chain rule (TestEvidenceIsTheProductOfPredictions); the likelihoods
// agree everywhere.
func TestScoresAreThoseOfAnotherImplementation(t *testing.T) {
	g, compared := readGolden(t), 0
	for _, x := range g.Tables {
		d := columnsOf(t, g.Card, x.Rows)
		for _, s := range Scores(g.Worth) {
			c, err := NewCounted(d, s)
			must(t, c, err)
			for _, f := range x.Families {
				all := c.configure(f.Parents).held == configurations(d.Vars, f.Parents) && c.configure([]int{f.V}).held == g.Card[f.V]
				if (s.Name == "bdeu" || s.Name == "k2") && !all {
					continue
				}
				compared++
				want, ok := f.Scores[s.Name]
				if !ok {
					t.Fatalf("no score %s in the table", s.Name)
				}
				tk.Close(t, fmt.Sprint(s.Name, " of ", f.V, " given ", f.Parents), c.Score(f.V, f.Parents), want, 1e-11)
			}
		}
	}
	if compared < 45 {
		t.Errorf("got %d scores to compare, want most of 60", compared)
	}
}

func TestStatisticsAreThoseOfAnotherImplementation(t *testing.T) {
	g := readGolden(t)
	for _, x := range g.Tables {
		d := columnsOf(t, g.Card, x.Rows)
		for _, y := range x.Tests {
			for name, want := range map[string][2]float64{"g2": y.G2, "chi2": y.Chi2} {
				s, err := StatisticNamed(name)
				if err != nil {
					t.Fatal(err)
				}
				test, err := NewTests(d, s)
				must(t, test, err)
				stat, freedom, err := test.Statistic(y.X, y.Y, y.Given)
				must(t, stat, err)
				tk.Close(t, name, stat, want[0], 1e-11)
				tk.Close(t, name+": degrees of freedom", freedom, want[1], 0)
			}
		}
	}
}

// columnsOf turns rows into a table.
func columnsOf(t *testing.T, card []int, rows [][]int32) *Data {
	t.Helper()
	cols := make([][]int32, len(card))
	for _, row := range rows {
		for v, s := range row {
			cols[v] = append(cols[v], s)
		}
	}
	return table(t, card, cols...)
}

// Two variables have three structures of two patterns: P(edge | D) in closed form.
func TestThePosteriorOfAnEdgeByHand(t *testing.T) {
	d := table(t, []int{2, 2}, []int32{0, 0, 0, 1}, []int32{0, 0, 1, 1})
	c, err := NewCounted(d, BDeu(4))
	must(t, c, err)
	// α of one variable is 2 and of a joint cell 1: Γ(x + 1) = x Γ(x) gives
	alone := 2. * 3 * 4 * 2 / (4 * 5 * 6 * 7) // counts 3 and 1 of v0
	other := 2. * 3 * 2 * 3 / (4 * 5 * 6 * 7) // counts 2 and 2 of v1
	joint := 1. * 2 * 1 * 1 / (4 * 5 * 6 * 7) // counts 2, 1, 0 and 1 of both
	all, err := Averaged(c)
	must(t, all, err)
	edge := joint / (2*joint + alone*other)
	tk.Close(t, "P(v0 → v1 | D)", all.Edge[1][0], edge, 1e-14)
	tk.Close(t, "P(v1 → v0 | D)", all.Edge[0][1], edge, 1e-14)
	tk.Close(t, "ln p(D)", all.LogEvidence, math.Log((2*joint+alone*other)/3), 1e-14)
}
