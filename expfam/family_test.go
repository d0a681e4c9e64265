package expfam

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// member is a family with parameters and values that it can take.
type member struct {
	f   Family
	eta [][]float64
	x   [][]float64
}

// members are all families.
func members() []member {
	matrix, other := []float64{2, .3, .3, 1}, []float64{1, -.5, -.5, 4}
	n, g, d, ng := Normal{}, Gamma{}, Dirichlet{3}, NormalGamma{}
	m, w, nw, b := MultiNormal{2}, Wishart{2}, NormalWishart{2}, Beta{}
	return []member{
		{n, [][]float64{n.Natural(0, 1), n.Natural(-3, .25), n.Natural(2, 8)}, [][]float64{{0}, {-1.5}, {7}}},
		{g, [][]float64{g.Natural(1, 1), g.Natural(.3, 2), g.Natural(20, .5)}, [][]float64{{1}, {.01}, {30}}},
		{b, [][]float64{b.Natural(1, 1), b.Natural(.4, 2.5), b.Natural(30, 12)}, [][]float64{{.5}, {.01}, {.99}}},
		{d, [][]float64{d.Natural([]float64{1, 1, 1}), d.Natural([]float64{.2, 3, 1.7}), d.Natural([]float64{40, 2, 9})},
			[][]float64{{.2, .3, .5}, {.01, .01, .98}}},
		{Categorical{3}, [][]float64{{0, 0, 0}, {-1, 2, .5}, {5, 4, -3}}, [][]float64{{0}, {1}, {2}}},
		{ng, [][]float64{ng.Natural(0, 1, 1, 1), ng.Natural(2, .3, .8, 4), ng.Natural(-1, 7, 12, .5)}, [][]float64{{0, 1}, {3, .2}, {-2, 9}}},
		{m, [][]float64{m.Natural([]float64{0, 0}, matrix), m.Natural([]float64{1, -2}, other)}, [][]float64{{0, 0}, {3, -1}}},
		{w, [][]float64{w.Natural(matrix, 2), w.Natural(other, 1.3), w.Natural(matrix, 30)}, [][]float64{matrix, other}},
		{nw, [][]float64{nw.Natural([]float64{0, 0}, 1, matrix, 2), nw.Natural([]float64{1, -2}, .4, other, 5.5)},
			[][]float64{append([]float64{1, 2}, matrix...), append([]float64{0, -1}, other...)}},
	}
}

// expect returns A(η) and ⟨u⟩ or fails.
func expect(t testing.TB, f Family, eta []float64) (a float64, u []float64) {
	t.Helper()
	u = make([]float64, f.Len())
	a, err := f.Expect(u, eta)
	if err != nil {
		t.Fatal(err)
	}
	return a, u
}

// must returns v or fails.
func must(t testing.TB) func(v float64, err error) float64 {
	return func(v float64, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestExpectedStatisticsAreTheGradientOfTheNormaliser(t *testing.T) {
	for _, m := range members() {
		for _, eta := range m.eta {
			_, u := expect(t, m.f, eta)
			for i := range eta {
				// Central differences of fourth order: error h⁴A⁽⁵⁾ and rounding 1e-16·A/h.
				h := 1e-3 * min(1, math.Abs(eta[i])+.1)
				at := func(by float64) float64 {
					moved := slices.Clone(eta)
					moved[i] += by * h
					return must(t)(m.f.Expect(nil, moved))
				}
				slope := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
				tk.Close(t, m.f.Name(), u[i], slope, 1e-6)
			}
		}
	}
}

func TestTheNormaliserDoesNotDependOnAskingForStatistics(t *testing.T) {
	for _, m := range members() {
		for _, eta := range m.eta {
			a, _ := expect(t, m.f, eta)
			tk.Close(t, m.f.Name(), must(t)(m.f.Expect(nil, eta)), a, 0)
		}
	}
}

func TestDivergencesAreZeroOfTheSameAndPositiveOfOthers(t *testing.T) {
	for _, m := range members() {
		for i, q := range m.eta {
			for j, p := range m.eta {
				kl := must(t)(KL(m.f, q, p))
				if i == j {
					tk.Close(t, m.f.Name(), kl, 0, 1e-12)
				} else if !(kl > 1e-3) {
					t.Errorf("%s: KL: got %v, want a positive one", m.f.Name(), kl)
				}
			}
		}
	}
}

func TestEntropiesAndDivergencesAreExpectedLogDensities(t *testing.T) {
	for _, m := range members() {
		q, p := m.eta[0], m.eta[1]
		_, u := expect(t, m.f, q)
		own, cross := must(t)(CrossLogProb(m.f, q, u)), must(t)(CrossLogProb(m.f, p, u))
		tk.Close(t, m.f.Name(), must(t)(Entropy(m.f, q)), -own, 1e-12)
		tk.Close(t, m.f.Name(), must(t)(KL(m.f, q, p)), own-cross, 1e-12)
	}
}

func TestPointsTakeTheStatisticsOfTheirValue(t *testing.T) {
	for _, m := range members() {
		for _, x := range m.x {
			u := make([]float64, m.f.Len())
			if h := must(t)(Point{m.f, x}.Expect(u)); h != 0 {
				t.Errorf("%s: entropy of a point: got %v, want 0", m.f.Name(), h)
			}
			tk.Close(t, m.f.Name(), must(t)(CrossLogProb(m.f, m.eta[0], u)), must(t)(LogProb(m.f, m.eta[0], x)), 1e-14)
		}
	}
}

func TestParametersOutsideTheDomainAreErrors(t *testing.T) {
	cases := map[string][][]float64{
		"normal":              {{0, 0}, {0, 1}, {0}, {math.NaN(), -1}},
		"gamma":               {{-1, -1}, {0, 0}, {0, 1}, {math.Inf(1), -1}},
		"beta":                {{-1, 0}, {0, -2}, {0}},
		"dirichlet":           {{0, 0, -1}, {0, 0}, {0, math.NaN(), 0}},
		"categorical":         {{0, 0}, {0, 0, math.Inf(1)}},
		"normal-gamma":        {{0, 0, -1, 0}, {0, -1, -1, -.5}, {0, -1, 0, 0}, {2, -.5, -2, 0}},
		"multivariate normal": {{0, 0, -1, -2, -2, -1}, {0, 0, 1, 0, 0, 1}, {0}},
		"wishart":             {{-1, 0, 0, -1, -1}, {1, 0, 0, 1, 1}, {-1, -2, -2, -1, 1}, {-1}},
		"normal-wishart":      {{-1, 0, 0, -1, 1, 0, 0, 0}, {-1, 0, 0, -1, -.5, 0, 0, -1}, {-1, 0, 0, -1, 1, 9, 0, -1}},
	}
	for _, m := range members() {
		if len(cases[m.f.Name()]) == 0 {
			t.Errorf("%s: no cases", m.f.Name())
		}
		for _, eta := range cases[m.f.Name()] {
			_, err := m.f.Expect(nil, eta)
			if !errors.Is(err, ErrParameters) || !strings.Contains(err.Error(), m.f.Name()) {
				t.Errorf("%s: %v: got error %v", m.f.Name(), eta, err)
			}
			if _, err := Entropy(m.f, eta); err == nil {
				t.Errorf("%s: %v: got an entropy", m.f.Name(), eta)
			}
			if _, err := KL(m.f, eta, m.eta[0]); err == nil {
				t.Errorf("%s: %v: got a divergence", m.f.Name(), eta)
			}
			if _, err := KL(m.f, m.eta[0], eta); err == nil {
				t.Errorf("%s: %v: got a divergence from it", m.f.Name(), eta)
			}
		}
	}
}

func TestValuesThatAFamilyCannotTakeAreErrors(t *testing.T) {
	cases := map[string][][]float64{
		"normal":              {{}, {1, 2}},
		"gamma":               {{0}, {-1}, {math.NaN()}, {1, 2}},
		"beta":                {{0}, {1}, {math.NaN()}, {}},
		"dirichlet":           {{.5, .5}, {.5, .5, 0}, {.5, .5, .5}, {math.NaN(), .5, .5}},
		"categorical":         {{3}, {-1}, {.5}, {math.NaN()}, {}},
		"normal-gamma":        {{0, 0}, {1}, {0, math.NaN()}},
		"multivariate normal": {{1}, {1, 2, 3}},
		"wishart":             {{1, 2, 2, 1}, {1}, {0, 0, 0, 0}},
		"normal-wishart":      {{1}, {0, 0, 1, 2, 2, 1}},
	}
	for _, m := range members() {
		for _, x := range cases[m.f.Name()] {
			if _, err := LogProb(m.f, m.eta[0], x); err == nil || !strings.HasPrefix(err.Error(), "expfam: ") {
				t.Errorf("%s: %v: got error %v", m.f.Name(), x, err)
			}
		}
	}
}
