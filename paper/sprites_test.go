package paper

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// spriteModels are set side by side on sprites. All have the net of Burgess et al. 2018, ten latent
// dimensions, batches of 64 and a rate of 1e-3, for a twentieth of the usual steps.
//
// Weights are published for 64×64 pixels, which have four times the likelihood of 32×32, so that here a
// quarter stands for them: β = ¼ for the VAE, and for the β-TCVAE, whose loss is
// −E ln p(x|z) + β KL + (tc − 1) TC, also 1¼ of total correlation for the 6 − 1 of Chen et al. 2018. With the
// weights as published (β = 1, tc = 6) one run of validation rows had gaps of .29 and .27.
//
// γ = 5 stands for 20, of the 10 to 100 that Kim & Mnih 2018 try, and β for ¼ or less. At β = 1 and ¼ the
// code keeps position and scale alone, and then a vote of elements that live finds three factors of five;
// at .1 the shape gets an element.
//
// γ, β and the critic were chosen by the factors of the validation rows, with seeds 101 to 103: those of
// test rows and the seeds of the test had no part in it. Seeds matter more than weights (Locatello et al.
// 2019): from the seventh epoch on the vote found .77 to .81 of the groups by seed 101, .63 to .73 by seed
// 102, .63 in its last epoch, and .63 to .75 by seed 103 at twice the rate. Seeds 102 and 103 spread the
// position over more than two elements. Pruned, 102 found .52 to .54. A critic of four times the rate (.66
// by seed 102), a capacity that rises to 14 or 18 nats (.68, and .60 and .58) and a β that falls to .1
// from 8 or 1 (.60, .64) change little: a β that falls parts position and scale cleanly (gaps of .42 with
// the β-TCVAE), but an element that has once collapsed stays so.
var spriteModels = []struct {
	model   string
	beta    float64
	options map[string]string
}{
	{"vae", .25, nil},
	{"beta-tcvae", .25, map[string]string{"tc": "2.25"}},
	{"factor-vae", .1, map[string]string{"gamma": "5", "critic": "256,256"}},
}

// wholeGrid parts all sprites into rows to train on, to choose the epoch by and to measure on.
func wholeGrid(t *testing.T) *data.Splits {
	t.Helper()
	order := rng.New(0x5b17).Named("paper").Perm(data.SpriteRows)
	part := func(rows []int) *data.Set {
		s, err := data.Sprites(rows)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return &data.Splits{Train: part(order[12_000:]), Valid: part(order[10_000:12_000]), Test: part(order[:10_000])}
}

// spriteFactors are the factors of sprites; the shape alone has no order.
func spriteFactors(s *data.Set) (out []eval.Factor) {
	for _, f := range s.Factors {
		level := make([]int, len(f.Values))
		for i, v := range f.Values {
			level[i] = int(v)
		}
		out = append(out, eval.Factor{Name: f.Name, Level: level, Ordered: f.Name != "shape"})
	}
	return out
}

// spriteScores measures the means of the codes of rows. The vote is taken twice: of elements
// whose variance is above .01, and, pruned, above .05 as in Locatello et al. 2019.
func spriteScores(t *testing.T, m *elbo.Model, s *data.Set, seed uint64) map[string]float64 {
	t.Helper()
	mean, _, err := m.Encode(context.Background(), data.Rows(s.X, s.Dim()))
	if err != nil {
		t.Fatal(err)
	}
	z := make([][]float64, len(mean))
	for i, row := range mean {
		for _, v := range row {
			z[i] = append(z[i], float64(v))
		}
	}
	f, key := spriteFactors(s), rng.New(seed).Named("sprites")
	mig, gaps, err := eval.MIG(z, f, eval.DefaultBins)
	if err != nil {
		t.Fatal(err)
	}
	factor, err := eval.FactorScore(z, f, eval.DefaultVotes(), key)
	if err != nil {
		t.Fatal(err)
	}
	pruned := eval.DefaultVotes()
	pruned.Floor = .05
	strict, err := eval.FactorScore(z, f, pruned, key)
	if err != nil {
		t.Fatal(err)
	}
	dci, err := eval.DCI(z, f, eval.DefaultForest(), key)
	if err != nil {
		t.Fatal(err)
	}
	sap, _, err := eval.SAP(z, f, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("gaps by factor (shape, scale, orientation, x, y): %.3f; %d of %d elements vote, %d if pruned", gaps, factor.Elements, len(z[0]), strict.Elements)
	return map[string]float64{"MIG": mig, "FactorVAE": factor.Score, "pruned": strict.Score, "D": dci.Disentanglement, "C": dci.Completeness, "I": dci.Informativeness, "SAP": sap}
}

// spriteMetrics are the figures of [spriteScores], in the order of the table.
var spriteMetrics = []string{"MIG", "FactorVAE", "pruned", "D", "C", "I", "SAP"}

// The metrics of disentanglement on sprites with five known factors, mean and deviation over seeds.
// The mean gap of the β-TCVAE lies above that of the VAE, and FactorVAE's own metric reaches .7 for
// its model.
//
// ELBO_SPRITE_SEEDS and ELBO_SPRITE_EPOCHS shorten the run. With ELBO_SPRITE_TRIAL=1 seeds begin at 101
// and codes are those of the validation rows: the way to choose settings by.
func TestPaperSprites(t *testing.T) {
	long(t)
	seeds, epochs := knob(t, "ELBO_SPRITE_SEEDS", 5), knob(t, "ELBO_SPRITE_EPOCHS", 12)
	grid := wholeGrid(t)
	first, judged := 1, grid.Test
	if os.Getenv("ELBO_SPRITE_TRIAL") != "" {
		first, judged = 101, grid.Valid
	}
	mean := map[string]map[string]float64{}
	for _, m := range spriteModels {
		t.Run(m.model, func(t *testing.T) {
			table := map[string][]float64{}
			for seed := first; seed < first+seeds; seed++ {
				begin := time.Now()
				run := fit(t, fmt.Sprintf("%s-%d", m.model, seed), elbo.Config{
					Model: m.model, Data: "sprites", Net: "conv", Channels: []int{32, 32, 32, 32}, Hidden: []int{256, 256}, Latent: 10,
					Beta: m.beta, Batch: 64, LR: 1e-3, Epochs: epochs, Seed: uint64(seed), Options: m.options,
				}, grid)
				for name, v := range spriteScores(t, run, judged, uint64(seed)) {
					table[name] = append(table[name], v)
				}
				t.Logf("%s, seed %d: %.0f s", m.model, seed, time.Since(begin).Seconds())
			}
			mean[m.model] = map[string]float64{}
			for _, name := range spriteMetrics {
				at, sd := meanAndDeviation(table[name])
				mean[m.model][name] = at
				t.Logf("%-15s %-9s %.3f ± %.3f  %.3f", m.model, name, at, sd, table[name])
			}
		})
	}
	if plain, tc := mean["vae"], mean["beta-tcvae"]; plain != nil && tc != nil && !(tc["MIG"] > plain["MIG"]) {
		t.Errorf("mean MIG of the β-TCVAE: got %.3f, want more than %.3f, that of the VAE", tc["MIG"], plain["MIG"])
	}
	if factor := mean["factor-vae"]; factor != nil && !(factor["FactorVAE"] >= .7) {
		t.Errorf("mean of FactorVAE's metric: got %.3f, want at least .7", factor["FactorVAE"])
	}
}

// meanAndDeviation are those of a sample; one value has no deviation.
func meanAndDeviation(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / math.Max(1, float64(len(x)-1)))
}

func TestTheGridOfSpritesIsPartedWhole(t *testing.T) {
	grid := wholeGrid(t)
	n := []int{grid.Train.Len(), grid.Valid.Len(), grid.Test.Len()}
	if !slices.Equal(n, []int{80_160, 2_000, 10_000}) || n[0]+n[1]+n[2] != 3*6*20*16*16 {
		t.Errorf("got parts of %d rows, want 80160, 2000 and 10000 of 92160", n)
	}
	seen := map[[5]int]bool{}
	for _, s := range []*data.Set{grid.Train, grid.Valid, grid.Test} {
		f := spriteFactors(s)
		for i := range s.Len() {
			var at [5]int
			for k := range at {
				at[k] = f[k].Level[i]
			}
			seen[at] = true
		}
	}
	if len(seen) != data.SpriteRows {
		t.Errorf("got %d combinations of factors, want all %d", len(seen), data.SpriteRows)
	}
}
