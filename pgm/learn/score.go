package learn

import (
	"fmt"
	"math"
	"slices"
)

// Score measures how well a structure fits complete data; larger is better. It is
// decomposable: a sum over variables of terms that depend on a variable's parents alone, each
// a sum over the configurations of the parents that the data hold and a price.
type Score struct {
	// Name is the name, as on the command line.
	Name string
	// Summary says what it is, in a line.
	Summary string
	// Row is the term of one configuration: the counts of the r states, their sum n, and the
	// number q of configurations.
	Row func(counts []float64, n, q float64) float64
	// Price is what a table of q rows of r states costs, of data of n rows.
	Price func(q, r, n float64) float64
}

// logLikRow is Σ_k N_k ln(N_k / N): the largest log-likelihood of a row.
func logLikRow(counts []float64, n, _ float64) (sum float64) {
	for _, c := range counts {
		if c > 0 {
			sum += c * math.Log(c)
		}
	}
	return sum - n*math.Log(n)
}

// BIC is the largest log-likelihood less ½ ln N for each free parameter (Schwarz 1978).
func BIC() Score {
	return Score{Name: "bic", Summary: "largest log-likelihood less ½ ln N a free parameter", Row: logLikRow,
		Price: func(q, r, n float64) float64 { return math.Log(n) / 2 * q * (r - 1) }}
}

// AIC is the largest log-likelihood less 1 for each free parameter (Akaike 1974).
func AIC() Score {
	return Score{Name: "aic", Summary: "largest log-likelihood less 1 a free parameter", Row: logLikRow,
		Price: func(q, r, _ float64) float64 { return q * (r - 1) }}
}

// BDeu is ln p(D | structure) under Dirichlet priors that are worth so many rows together
// (Buntine 1991; Heckerman et al. 1995).
func BDeu(rows float64) Score {
	s := bayes(Prior{Equivalent: rows})
	s.Name, s.Summary = "bdeu", "ln p(data | structure), priors worth a number of rows a table"
	return s
}

// K2 is ln p(D | structure) under flat priors of each row (Cooper & Herskovits 1992).
func K2() Score {
	s := bayes(Prior{Cell: 1})
	s.Name, s.Summary = "k2", "ln p(data | structure), flat priors of each row"
	return s
}

// bayes is ln p(D | structure) under a prior.
func bayes(p Prior) Score {
	return Score{
		Row: func(counts []float64, n, q float64) float64 {
			return dirichletEvidence(counts, n, p.alpha(q, float64(len(counts))))
		},
		Price: func(_, _, _ float64) float64 { return 0 },
	}
}

// Scores lists the scores; rows is the worth of BDeu's prior.
func Scores(rows float64) []Score { return []Score{BIC(), AIC(), BDeu(rows), K2()} }

// ScoreNamed finds a score by its name.
func ScoreNamed(name string, rows float64) (Score, error) {
	if !(rows > 0) || math.IsInf(rows, 1) {
		return Score{}, fmt.Errorf("pgm: learn: score: got a prior worth %g rows, want above 0", rows)
	}
	var names []string
	for _, s := range Scores(rows) {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return Score{}, fmt.Errorf("pgm: learn: score: got %q, want one of %q", name, names)
}
