package train

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// crescents makes a table of two interleaved half circles, the classes, with noise of .08.
func crescents(n int, key rng.Key) *data.Set {
	u, e := make([]float32, n), make([]float32, 2*n)
	key.Named("angle").Uniform(u)
	key.Named("noise").Normal(e)
	s := &data.Set{Name: "crescents", Shape: []int{2}, X: make([]float32, 2*n), Classes: []string{"upper", "lower"}}
	for i := range n {
		sin, cos := math.Sincos(math.Pi * float64(u[i]))
		x, y := cos, sin
		if i%2 == 1 {
			x, y = 1-cos, .5-sin
		}
		s.X[2*i], s.X[2*i+1] = float32(x)+.08*e[2*i], float32(y)+.08*e[2*i+1]
		s.Labels = append(s.Labels, int32(i%2))
	}
	return s
}

// With three labels of each class M2 finds the crescents, 95 % of the rows or more, where a logistic
// regression on the six labelled rows has at most 85 %: the density of the other rows tells where a
// class ends. The line that parts crescents best is right for 88 %.
func TestM2FindsCrescentsByThreeLabelsEach(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		key := rng.New(seed).Named("crescents")
		s := &data.Splits{Train: crescents(1600, key.Named("train")), Valid: crescents(200, key.Named("valid")), Test: crescents(400, key.Named("test"))}
		c := Default()
		c.Model, c.Labels, c.Seed, c.Epochs, c.Batch, c.LR = "m2", 6, seed, 60, 50, 3e-3
		c.Hidden, c.Latent = []int{50}, 1
		c.Options = map[string]string{"alpha-class": ".1", "class-dropout": "0"}
		run, _ := start(t, c, s, Observer{})
		if rate := *run.Outcome.ErrorRate; rate > .05 {
			t.Errorf("seed %d: M2 misses %.1f %% of the classes, want at most 5", seed, 100*rate)
		}
		var known, rows [][]float64
		var classes, truth []int
		for i, l := range ends(run.Rows, run.Rows.TrainX) {
			if l != unknown {
				known, classes = append(known, wide(s.Train.Row(i))), append(classes, int(l))
			}
		}
		for i, l := range s.Test.Labels {
			rows, truth = append(rows, wide(s.Test.Row(i))), append(truth, int(l))
		}
		a, err := eval.Probe(t.Context(), known, classes, rows, truth, 2, eval.DefaultProbeL2)
		if err != nil {
			t.Fatal(err)
		}
		if len(known) != 6 || a.Score > .85 {
			t.Errorf("seed %d: logistic regression on %d rows is right for %.1f %%: the case is too easy", seed, len(known), 100*a.Score)
		}
		t.Logf("seed %d: M2 is right for %.1f %%, logistic regression for %.1f %%", seed, 100*(1-*run.Outcome.ErrorRate), 100*a.Score)
	}
}

// wide converts a row.
func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// halves makes a table of two classes, N(m_y, a_y a_yᵀ + .3² I) each, and returns ln p(x|y) of its rows.
func halves(n int, key rng.Key) (s *data.Set, logP []float64) {
	e := make([]float64, 3*n)
	key.NormalFloat64(e)
	s = &data.Set{Name: "halves", Shape: []int{2}, Classes: []string{"long", "short"}}
	m, a := [2][2]float64{{-1, 0}, {2, 1}}, [2][2]float64{{1.5, 1}, {-.2, .4}}
	const s2 = .09
	for i := range n {
		y := i % 2
		norm, dot, sq := 0., 0., 0.
		for j := range 2 {
			r := a[y][j]*e[3*i] + .3*e[3*i+1+j]
			s.X = append(s.X, float32(m[y][j]+r))
			norm, dot, sq = norm+a[y][j]*a[y][j], dot+a[y][j]*r, sq+r*r
		}
		s.Labels = append(s.Labels, int32(y))
		logP = append(logP, -.5*(2*math.Log(2*math.Pi)+math.Log(s2)+math.Log(s2+norm)+(sq-dot*dot/(s2+norm))/s2))
	}
	return s, logP
}

// A trained CVAE has the density of each class: its importance-sampled ln p(x|y) of 400 test rows lies
// on average within .08 nats of the true one, which a standard error of .02 and what 60 epochs leave
// account for.
func TestACVAELearnsTheDensityOfEachClass(t *testing.T) {
	key := rng.New(4).Named("halves")
	s := &data.Splits{}
	var want []float64
	s.Train, _ = halves(2000, key.Named("train"))
	s.Valid, _ = halves(200, key.Named("valid"))
	s.Test, want = halves(400, key.Named("test"))
	c := Default()
	c.Model, c.Seed, c.Epochs, c.Batch, c.LR = "cvae", 1, 60, 50, 3e-3
	c.Hidden, c.Latent = []int{16}, 1
	c.Options = map[string]string{"class-prior": "learned"}
	run, _ := start(t, c, s, Observer{})
	sums, err := run.Net.LogEvidence(t.Context(), run.Rows.TestX, 200, rng.New(5))
	if err != nil {
		t.Fatal(err)
	}
	for y := range 2 {
		gap := 0.
		for i := y; i < len(sums); i += 2 {
			gap += (want[i] - sums[i].LogEvidence()) / float64(len(sums)/2)
		}
		t.Logf("class %d: %.3f nats below the true density", y, gap)
		if math.Abs(gap) > .08 {
			t.Errorf("class %d: got ln p(x|y) %.3f nats below the true one, want within .08", y, gap)
		}
	}
}
