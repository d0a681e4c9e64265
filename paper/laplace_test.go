package paper

import (
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
)

// Laplace approximations of 50 units on the first five splits of two tables, with every setting at
// its default: with the prior of the configuration and the noise of the mode, and with those that
// the evidence chooses. The mode bends to the noise of its rows and so takes it for too small; the
// evidence counts the weights that this took, and new rows are likelier under all three methods.
// Nothing here was chosen by the test rows.
func TestPaperLaplaceOnUCITables(t *testing.T) {
	long(t)
	for _, name := range []string{"yacht", "bostonHousing"} {
		u := openUCI(t, name)
		for _, method := range []string{"laplace", "laplace-kfac", "last-layer"} {
			var of [2]figures
			for k := range of {
				var f [3][]float64
				for i := range 5 {
					train, test := u.split(i)
					j := judge(t, bnn.Config{Method: method, Evidence: k == 1}, train, test)
					f[0], f[1], f[2] = append(f[0], j.rmse), append(f[1], j.logLik), append(f[2], j.cover)
				}
				var se figures
				of[k].rmse, se.rmse = eval.MeanStdErr(f[0])
				of[k].logLik, se.logLik = eval.MeanStdErr(f[1])
				of[k].cover, se.cover = eval.MeanStdErr(f[2])
				t.Logf("%s, %s, evidence %v: RMSE %.3f ± %.3f, log-likelihood %.3f ± %.3f, 90 %% intervals cover %.3f ± %.3f",
					name, method, k == 1, of[k].rmse, se.rmse, of[k].logLik, se.logLik, of[k].cover, se.cover)
			}
			if of[1].logLik <= of[0].logLik {
				t.Errorf("%s, %s: log-likelihood %.3f with the evidence, want it above %.3f", name, method, of[1].logLik, of[0].logLik)
			}
			if f := of[1]; method == "laplace-kfac" && !(f.cover > .8 && f.cover < .97) {
				t.Errorf("%s, %s: 90 %% intervals cover %.3f, want .8 to .97", name, method, f.cover)
			}
			if f := of[1]; name == "yacht" && method == "laplace-kfac" && (f.rmse > 1.6 || f.logLik < -2) {
				t.Errorf("yacht, %s: RMSE %.3f and log-likelihood %.3f, want at most 1.6 and at least −2", method, f.rmse, f.logLik)
			}
		}
	}
}

// Kronecker factors with the evidence's prior and noise, where the carve-out of a split chooses the
// prior's deviation at the mode, against the same bars as the mean field.
func TestPaperKroneckerFactorsOnUCITables(t *testing.T) {
	long(t)
	before := bnnChoices
	t.Cleanup(func() { bnnChoices = before })
	bnnChoices = nil
	for _, sd := range []float64{1, 2, 4} {
		bnnChoices = append(bnnChoices, bnn.Config{Method: "laplace-kfac", Evidence: true, Prior: bnn.Prior{SD: sd}})
	}
	var covers []float64
	for _, c := range []struct {
		name         string
		rmse, logLik float64
	}{{"bostonHousing", 3.3, -2.65}, {"concrete", 5.9, -3.2}, {"energy", 2, -2.1}, {"yacht", 1.6, -2}} {
		t.Run(c.name, func(t *testing.T) {
			rmse, logLik, cover := overSplits(t, c.name, 5)
			covers = append(covers, cover)
			if rmse > c.rmse || logLik < c.logLik {
				t.Errorf("RMSE %.3f and log-likelihood %.3f, want at most %v and at least %v", rmse, logLik, c.rmse, c.logLik)
			}
		})
	}
	mean, _ := eval.MeanStdErr(covers)
	t.Logf("nominal 90 %% intervals cover %.3f on average", mean)
	if len(covers) > 0 && (mean < .85 || mean > .95) {
		t.Errorf("nominal 90 %% intervals cover %.3f on average, want .85 to .95", mean)
	}
}
