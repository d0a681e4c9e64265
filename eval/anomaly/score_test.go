package anomaly

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
)

const manyDraws = 1024

// terms are the reconstruction term and the KL divergence of a row in closed form, and the standard
// deviation of ln p(x|z) over the exact posterior.
func terms(x []float32) (rec, kl, sd float64) {
	z, v := code(x), linearSigma*linearSigma
	rec = -.5 * linearD * math.Log(2*math.Pi*v)
	for d := range linearD {
		r := float64(x[d]) - linearB[d]
		for k := range linearL {
			r -= linearW[d][k] * z[k]
		}
		rec -= .5 * r * r / v
	}
	for k := range linearL {
		norm := 0.
		for d := range linearD {
			norm += linearW[d][k] * linearW[d][k]
		}
		s2 := v / (norm + v)
		rec -= .5 * norm * s2 / v
		kl += .5 * (s2 + z[k]*z[k] - 1 - math.Log(s2))
		sd += s2*z[k]*z[k] + .5*math.Pow(norm*s2/v, 2) // W_k·(x − Wm − b) = σ²m_k at the posterior
	}
	return rec, kl, math.Sqrt(sd)
}

// With the exact posterior as guide a weight is p(x) whatever the draw: nll is exact, the bound is
// tight, and its terms are those of the closed form. Draws are allowed 5 standard errors, which
// chance exceeds in one run of 25,000.
func TestScoresOfTheBoundEqualTheClosedForm(t *testing.T) {
	s := Subject{Net: linear(t, 1), Draws: manyDraws, Weights: 3}
	x := linearRows(70, 1)
	exact, _ := exactNLL(t, x, linearW)
	agree(t, "nll", scores(t, "nll", s, x), exact, 2e-6) // inputs are float32, W is used in float64
	elbo, rec, kl := scores(t, "elbo", s, x), scores(t, "reconstruction", s, x), scores(t, "kl", s, x)
	for i := range exact {
		r, k, sd := terms(x[i*linearD : (i+1)*linearD])
		tol := 5*sd/math.Sqrt(manyDraws) + 1e-6
		if math.Abs(kl[i]-k) > 1e-6 || math.Abs(rec[i]+r) > tol || math.Abs(elbo[i]-exact[i]) > tol {
			t.Errorf("row %d: got %v %v %v, want %v %v %v within %v", i, elbo[i], rec[i], kl[i], exact[i], -r, k, tol)
		}
	}
}

// The squared and the relative error are those of V and W by hand.
func TestErrorsOfTheReconstructionByHand(t *testing.T) {
	s := Subject{Net: linear(t, 1)}
	x := linearRows(40, 2)
	squared, relative := scores(t, "squared", s, x), scores(t, "relative", s, x)
	for i := range squared {
		row := x[i*linearD : (i+1)*linearD]
		z, miss, energy := code(row), 0., 0.
		for d, v := range row {
			y := linearB[d]
			for k := range z {
				y += linearW[d][k] * z[k]
			}
			miss += (float64(v) - y) * (float64(v) - y)
			energy += float64(v)*float64(v) + y*y
		}
		if math.Abs(squared[i]-miss) > 1e-5*(1+miss) || math.Abs(relative[i]-miss/energy) > 1e-5 { // codes pass through float32
			t.Errorf("row %d: got %v and %v, want %v and %v", i, squared[i], relative[i], miss, miss/energy)
		}
	}
}

// The slope of a tight bound is that of ln p(x), (WWᵀ + σ²I)⁻¹(x − b). Its draws have the standard
// deviation of W z/σ² and less; 5 standard errors in norm.
func TestGradientIsTheSlopeOfTheDensity(t *testing.T) {
	x := linearRows(30, 3)
	_, slope := exactNLL(t, x, linearW)
	got := scores(t, "gradient", Subject{Net: linear(t, 1), Draws: manyDraws}, x)
	for i, v := range got {
		norm := math.Sqrt(mat.Dot(mat.NewVecDense(linearD, slope[i]), mat.NewVecDense(linearD, slope[i])))
		if tol := 5 * 2 / (linearSigma * linearSigma) / math.Sqrt(manyDraws); math.Abs(v-norm) > tol {
			t.Errorf("row %d: got %v, want %v within %v", i, v, norm, tol)
		}
	}
}

// mahalanobis, aggregate and neighbour are what plain loops over the codes of the reference give.
func TestScoresOfCodesByPlainLoops(t *testing.T) {
	ref, x := linearRows(50, 4), linearRows(20, 5)
	s := Subject{Net: linear(t, 1), Reference: ref}
	var mean, sd [linearL]float64
	var spread [linearL]float64
	cov := mat.NewSymDense(linearL, nil)
	n := len(ref) / linearD
	var codes [][]float64
	for i := range n {
		codes = append(codes, code(ref[i*linearD:(i+1)*linearD]))
	}
	for k := range linearL {
		norm := linearSigma * linearSigma
		for d := range linearD {
			norm += linearW[d][k] * linearW[d][k]
		}
		sd[k] = linearSigma / math.Sqrt(norm)
		for _, z := range codes {
			mean[k] += z[k] / float64(n)
		}
	}
	for _, z := range codes {
		for k := range linearL {
			spread[k] += (z[k] - mean[k]) * (z[k] - mean[k]) / float64(n)
			for j := range k + 1 {
				cov.SetSym(k, j, cov.At(k, j)+(z[k]-mean[k])*(z[j]-mean[j])/float64(n))
			}
		}
	}
	for k := range linearL {
		cov.SetSym(k, k, cov.At(k, k)+sd[k]*sd[k])
	}
	var inverse mat.Dense
	if err := inverse.Inverse(cov); err != nil {
		t.Fatal(err)
	}
	distance, aggregate, neighbour := scores(t, "mahalanobis", s, x), scores(t, "aggregate", s, x), scores(t, "neighbour", s, x)
	for i := range distance {
		z := code(x[i*linearD : (i+1)*linearD])
		d := mat.NewVecDense(linearL, []float64{z[0] - mean[0], z[1] - mean[1]})
		density := 0.
		var far []float64
		for _, c := range codes {
			p, sum := 1., 0.
			for k := range z {
				u := (z[k] - c[k]) / sd[k]
				p *= math.Exp(-u*u/2) / (sd[k] * math.Sqrt(2*math.Pi))
				sum += (z[k] - c[k]) * (z[k] - c[k]) / spread[k]
			}
			density += p / float64(n)
			far = append(far, math.Sqrt(sum))
		}
		near(t, "mahalanobis", distance[i], mat.Inner(d, &inverse, d), 1e-4)
		near(t, "aggregate", aggregate[i], -math.Log(density), 1e-4)
		near(t, "neighbour", neighbour[i], fifth(far), 1e-4)
	}
}

// fifth is the fifth smallest value.
func fifth(x []float64) float64 {
	for range 4 {
		least := 0
		for i := range x {
			if x[i] < x[least] {
				least = i
			}
		}
		x[least] = math.Inf(1)
	}
	least := math.Inf(1)
	for _, v := range x {
		least = min(least, v)
	}
	return least
}

// near compares two numbers up to a relative tolerance; codes pass through float32.
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*(1+math.Abs(want))) {
		t.Errorf("%s: got %.9g, want %.9g", what, got, want)
	}
}

// ratio, typicality and waic are what their formulas make of exact densities; with a tight guide the
// bound of many draws is the density up to its standard error.
func TestScoresOfSeveralDensitiesByHand(t *testing.T) {
	x, ref := linearRows(25, 6), linearRows(60, 7)
	back, third := linear(t, .5), linear(t, 1.5)
	s := Subject{Net: linear(t, 1), Draws: manyDraws, Reference: ref, Background: back, Members: []*vae.Network{back, third}}
	own, _ := exactNLL(t, x, linearW)
	half, _ := exactNLL(t, x, scaled(.5))
	more, _ := exactNLL(t, x, scaled(1.5))
	refs, _ := exactNLL(t, ref, linearW)
	h := 0.
	for _, v := range refs {
		h += v / float64(len(refs))
	}
	ratio, typical, waic := scores(t, "ratio", s, x), scores(t, "typicality", s, x), scores(t, "waic", s, x)
	for i := range own {
		mean := (own[i] + half[i] + more[i]) / 3
		variance := (math.Pow(own[i]-mean, 2) + math.Pow(half[i]-mean, 2) + math.Pow(more[i]-mean, 2)) / 2
		_, _, sd := terms(x[i*linearD : (i+1)*linearD])
		tol := 5 * math.Sqrt2 * 2 * (sd + 1) / math.Sqrt(manyDraws) // two bounds; a wider model has twice the spread at most
		for _, c := range []struct {
			name      string
			got, want float64
			tol       float64
		}{
			{"ratio", ratio[i], own[i] - half[i], tol},
			{"typicality", typical[i], math.Abs(own[i] - h), tol},
			{"waic", waic[i], mean + variance, tol * (1 + 2*math.Sqrt(variance))},
		} {
			if math.Abs(c.got-c.want) > c.tol {
				t.Errorf("%s of row %d: got %v, want %v within %v", c.name, i, c.got, c.want, c.tol)
			}
		}
	}
}

// Each score says what it lacks, before any work.
func TestScoresSayWhatTheyLack(t *testing.T) {
	s := Subject{Net: linear(t, 1), Shape: []int{linearD}}
	for name, lack := range map[string]string{
		"complexity": "images", "mahalanobis": "trained on", "aggregate": "trained on", "typicality": "trained on",
		"ratio": "background", "waic": "further models", "deviance": "Bernoulli",
	} {
		score, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := score.Fit(t.Context(), s, rng.New(1)); err == nil || !strings.Contains(err.Error(), lack) {
			t.Errorf("%s: got %v, want an error that speaks of %q", name, err, lack)
		}
	}
	if _, err := Lookup("oddness"); err == nil || !strings.Contains(err.Error(), "neighbour, nll") {
		t.Errorf("unknown: got %v, want the list", err)
	}
}

// Every score has a name, a formula, a source and a way to be computed.
func TestScoresAreDocumented(t *testing.T) {
	if len(Scores()) != len(Names()) || len(Names()) < 14 {
		t.Fatalf("got %d scores and %d names", len(Scores()), len(Names()))
	}
	for _, s := range Scores() {
		if s.Summary == "" || s.Formula == "" || !strings.ContainsAny(s.Paper, "12") || s.fit == nil {
			t.Errorf("%s: incomplete: %+v", s.Name, s)
		}
		for _, n := range s.Needs {
			if !s.Wants(n) {
				t.Errorf("%s does not want what it needs: %s", s.Name, n)
			}
		}
	}
}

// A score stops when its context ends.
func TestScoresStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	score, err := Lookup("gradient")
	if err != nil {
		t.Fatal(err)
	}
	f, err := score.Fit(ctx, Subject{Net: linear(t, 1)}, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f(ctx, linearRows(3, 1), rng.New(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
