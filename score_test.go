package elbo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// salted sets three pixels in ten of each image.
func salted(s *data.Set, key rng.Key) *data.Set {
	out := *s
	out.X = slices.Clone(s.X)
	u := make([]float32, len(out.X))
	key.Uniform(u)
	for i, v := range u {
		if v < .3 {
			out.X[i] = 1
		}
	}
	return &out
}

// The likelihood misleads: a model of digits under salt finds clean digits, which it has never seen,
// likelier than salted ones, for all rows of the noise that it learnt are improbable, and those
// without noise are the likeliest. −ELBO ranks them the wrong way round (Nalisnick et al. 2019); the
// distance from its usual value does not, nor does the length under a general compressor, taken off
// (Serrà et al. 2020).
func TestLikelihoodPrefersSimplerImagesThanItLearnt(t *testing.T) {
	splits, err := data.Split(salted(data.Digits(1500, rng.New(8)), rng.New(7)), nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := tiny()
	c.Epochs, c.Hidden, c.Latent = 15, []int{64}, 8
	m, err := elbo.Train(t.Context(), c, splits)
	if err != nil {
		t.Fatal(err)
	}
	n := splits.Test.Len()
	all := append(rows(splits.Test, n), rows(data.Digits(n, rng.New(9)), n)...)
	strange := make([]bool, 2*n)
	for i := range n {
		strange[n+i] = true
	}
	area := map[string]float64{}
	for _, name := range []string{"elbo", "nll", "complexity", "typicality"} {
		v, err := m.Score(t.Context(), all, name)
		if err != nil {
			t.Fatal(err)
		}
		if area[name], err = eval.AUROC(v, strange); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("AUROC of salted digits against clean ones: %v", area)
	if area["elbo"] > .05 || area["nll"] > .05 || area["typicality"] < .95 || area["complexity"] < .9 {
		t.Errorf("got %v, want the likelihoods to mislead and the two others to help", area)
	}
}

// The surprise of the values of a row adds up to its reconstruction score, and the squares of the
// residual to the squared error.
func TestMapsAddUpToTheirScores(t *testing.T) {
	m := model(t)
	x := rows(digits(t).Test, 20)
	for name, of := range map[string]func(context.Context, [][]float32) ([][]float64, error){
		"reconstruction": m.Surprise, "squared": m.Residual,
	} {
		want, err := m.Score(t.Context(), x, name)
		if err != nil {
			t.Fatal(err)
		}
		maps, err := of(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range maps {
			sum := 0.
			for _, u := range v {
				if name == "squared" {
					u *= u
				}
				sum += u
			}
			if math.Abs(sum-want[i]) > 1e-4*(1+want[i]) { // the network is in float32
				t.Errorf("%s: row %d: the map adds up to %v, want %v", name, i, sum, want[i])
			}
		}
	}
}

// The scores that a model has are those that it can compute, with what the options bring.
func TestScoresAreThoseThatCanBeComputed(t *testing.T) {
	m := model(t)
	x := rows(digits(t).Test, 3)
	opts := []elbo.ScoreOption{elbo.Against(m), elbo.Among(m), elbo.Drawing(2, 3)}
	alone, err := m.Scores()
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Scores(opts...)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(alone)+2 {
		t.Errorf("got %d scores and %d with other models, want ratio and waic more", len(alone), len(all))
	}
	for _, score := range all {
		s, err := m.Scorer(t.Context(), score.Name, opts...)
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Rows(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Rows(t.Context(), x)
		if err != nil || !slices.Equal(a, b) || len(a) != 3 {
			t.Errorf("%s: got %v and %v (%v), want the same twice", score.Name, a, b, err)
		}
	}
	for name, says := range map[string]string{"ratio": "background", "waic": "further models", "codes": "indices"} {
		if _, err := m.Scorer(t.Context(), name); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that speaks of %s", name, err, says)
		}
	}
}

// Models of other rows cannot be background or member.
func TestScoresRefuseModelsOfOtherRows(t *testing.T) {
	c := tiny()
	c.Binarize = "none"
	grey, err := elbo.Train(t.Context(), c, digits(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range []elbo.ScoreOption{elbo.Against(grey), elbo.Among(grey)} {
		if _, err := model(t).Scorer(t.Context(), "elbo", opt); err == nil || !strings.Contains(err.Error(), `binarisation "none"`) {
			t.Errorf("got %v, want an error that names the binarisation", err)
		}
	}
	if _, err := model(t).Surprise(t.Context(), [][]float32{{1}}); err == nil || !strings.Contains(err.Error(), "want 784") {
		t.Errorf("a short row: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := model(t).Residual(ctx, rows(digits(t).Test, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// A model of digits finds a sheet of paper without anything on it more likely than a digit. The score
// "complexity" takes off what a general compressor needs, which is little for blank paper.
func ExampleModel_Scorer() {
	m, splits := exampleModel()
	ctx := context.Background()
	sheet := make([]float32, m.Dim())
	for _, name := range []string{elbo.ScoreELBO, "complexity"} {
		s, err := m.Scorer(ctx, name)
		if err != nil {
			log.Fatal(err)
		}
		v, err := s.Rows(ctx, [][]float32{sheet, splits.Test.Row(0)})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: the sheet is stranger than a digit: %t\n", name, v[0] > v[1])
	}
	// Output:
	// elbo: the sheet is stranger than a digit: false
	// complexity: the sheet is stranger than a digit: true
}
