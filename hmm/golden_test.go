package hmm

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// golden is testdata/hmmlearn.json, which testdata/hmmlearn_table.py wrote.
type golden struct {
	Cases      []goldenCase
	Posteriors []goldenCase
}

// goldenCase is one model, its rows and what the other implementation says.
type goldenCase struct {
	Kind               string
	Start, Trans, Rows []float64
	Lengths, Path      []int
	Before, After      map[string][]float64
	LogLik, Best       float64
	Smoothed, Bounds   []float64
	StartAfter         []float64
	TransAfter         []float64
}

// readGolden reads the table.
func readGolden(t *testing.T) (table golden) {
	text, err := os.ReadFile("testdata/hmmlearn.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	return table
}

// sequences cuts the rows.
func (c goldenCase) sequences() (out [][]float64) {
	rows, d := c.Rows, len(c.Rows)/(c.Lengths[0]+c.Lengths[1])
	for _, n := range c.Lengths {
		out, rows = append(out, rows[:n*d]), rows[n*d:]
	}
	return out
}

// each calls f with the parameters of an emission in the table's order and their names there.
func each(t *testing.T, e Emission, f func(name string, p []float64)) {
	switch e := e.(type) {
	case *Discrete:
		f("emissionprob_", e.Probs)
	case *Poisson:
		f("lambdas_", e.Rate)
	case *Gaussian:
		f("means_", e.Mean)
		f("_covars_", e.Cov)
	case *Mixture:
		f("weights_", e.Weight)
		f("means_", e.Parts.Mean)
		f("covars_", e.Parts.Cov)
	default:
		t.Fatalf("emission: got %T", e)
	}
	if p, ok := e.(prepared); ok {
		if err := p.prepare(); err != nil {
			t.Fatal(err)
		}
	}
}

// emission makes the emission of a case.
func (c goldenCase) emission(t *testing.T) Emission {
	gauss := func(kind Kind, d int) *Gaussian {
		return must(NewGaussian(kind, d, slices.Clone(c.Before["means_"]), slices.Clone(c.Before["_covars_"])))(t)
	}
	switch c.Kind {
	case "discrete":
		return must(NewDiscrete(4, slices.Clone(c.Before["emissionprob_"])))(t)
	case "poisson":
		return must(NewPoisson(slices.Clone(c.Before["lambdas_"])))(t)
	case "mixture":
		return must(NewMixture(must(NewGaussian(Diagonal, 2, c.Before["means_"], c.Before["covars_"]))(t), 2, c.Before["weights_"]))(t)
	case "diag":
		return gauss(Diagonal, 2)
	}
	return gauss(Kind(c.Kind), 2)
}

func TestModelsSayWhatHmmlearnSays(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		m := must(New(slices.Clone(c.Start), slices.Clone(c.Trans), c.emission(t)))(t)
		logLik, best, at := 0.0, 0.0, 0
		for _, x := range c.sequences() {
			p := must(m.Smooth(x))(t)
			logLik += p.LogLik
			for i, v := range p.Smoothed {
				near(t, c.Kind+": smoothed", v, c.Smoothed[3*at+i], 1e-10)
			}
			path, logp, err := m.Viterbi(x)
			if err != nil || !slices.Equal(path, c.Path[at:at+len(path)]) {
				t.Errorf("%s: path: got %v, %v, want %v", c.Kind, path, err, c.Path[at:at+len(path)])
			}
			best += logp
			at += len(path)
		}
		near(t, c.Kind+": log-likelihood", logLik, c.LogLik, 1e-12)
		near(t, c.Kind+": best path", best, c.Best, 1e-12)
	}
}

func TestFiveSweepsEqualThoseOfHmmlearn(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		if c.Bounds == nil {
			continue
		}
		m := must(New(slices.Clone(c.Start), slices.Clone(c.Trans), c.emission(t)))(t)
		var bounds []float64
		config := Config{Sweeps: 5, Progress: func(r Record) { bounds = append(bounds, r.Bound) }}
		must(m.Fit(t.Context(), c.sequences(), config))(t)
		if len(bounds) != 5 || len(c.Bounds) != 5 {
			t.Fatalf("%s: sweeps: got %d and %d, want 5", c.Kind, len(bounds), len(c.Bounds))
		}
		for i, v := range bounds {
			near(t, c.Kind+": log-likelihood of a sweep", v, c.Bounds[i], 1e-11)
		}
		for i, v := range m.Start {
			near(t, c.Kind+": start", v, c.StartAfter[i], 1e-9)
		}
		for i, v := range m.Trans {
			near(t, c.Kind+": step", v, c.TransAfter[i], 1e-9)
		}
		each(t, m.Emit, func(name string, p []float64) {
			want := c.After[name]
			for i, v := range p {
				near(t, c.Kind+": "+name, v, want[i*len(want)/len(p)], 1e-8) // a spherical variance is written twice
			}
		})
	}
}

// bayes makes the posterior of a case of variational Bayes.
func (c goldenCase) bayes(t *testing.T) *Bayes {
	var emit prepared
	if c.Kind == "full" {
		e := must(NewNormalWishart(3, []float64{0, 0}, .3, 3, []float64{1.5, 0, 0, .7}))(t)
		e.M, e.V, e.Beta, e.Nu = c.Before["means"], c.Before["scale"], c.Before["beta"], c.Before["dof"]
		emit = e
	} else {
		e := must(NewDirichletSymbols(3, 4, .6))(t)
		e.Conc, emit = c.Before["emissionprob"], e
	}
	if err := emit.prepare(); err != nil {
		t.Fatal(err)
	}
	b := must(NewBayes(emit, .5, .4))(t)
	b.Start, b.Trans = c.Before["startprob"], c.Before["transmat"]
	b.expect()
	return b
}

func TestEightSweepsOfVariationalBayesEqualThoseOfHmmlearn(t *testing.T) {
	for _, c := range readGolden(t).Posteriors {
		b, left := c.bayes(t), 0.0
		var bounds []float64
		config := Config{Sweeps: 8, Progress: func(r Record) { bounds = append(bounds, r.Bound) }}
		must(b.Fit(t.Context(), c.sequences(), config))(t)
		same := func(name string, got []float64) {
			for i, v := range got {
				near(t, c.Kind+": "+name, v, c.After[name][i], 1e-8)
			}
		}
		same("startprob", b.Start)
		same("transmat", b.Trans)
		switch e := b.Emit.(type) {
		case *NormalWishart:
			same("means", e.M)
			same("beta", e.Beta)
			same("dof", e.Nu)
			same("scale", e.V)
			left = float64(len(c.Rows)) / 2 * math.Log(2*math.Pi) // which its bound leaves out
		case *DirichletSymbols:
			same("emissionprob", e.Conc)
		}
		if len(bounds) != 8 || len(c.Bounds) != 8 {
			t.Fatalf("%s: sweeps: got %d and %d, want 8", c.Kind, len(bounds), len(c.Bounds))
		}
		for i, v := range bounds {
			near(t, c.Kind+": bound", v, c.Bounds[i]-left, 1e-9)
		}
	}
}
