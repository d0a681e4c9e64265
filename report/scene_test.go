package report

import (
	"context"
	"math"
	"slices"
	"testing"
)

var nan = math.NaN()

// sceneOf is the scene of an untrained network.
func sceneOf(t *testing.T, model string, latent int, edit func(*Input)) *scene {
	t.Helper()
	in := input(t, network(t, model, 64, latent), images(30))
	if edit != nil {
		edit(&in)
	}
	s, err := newScene(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSceneRowsKeepTheirLabelsAndCodes(t *testing.T) {
	s := sceneOf(t, "vae", 3, nil)
	classes := map[int32]bool{}
	for i := range s.n {
		classes[s.show.Labels[i]] = true
		bar := -1
		for p, v := range s.row(i) {
			if v == 1 {
				bar = p % 8 / 3
			}
		}
		if bar != int(s.show.Labels[i]) {
			t.Errorf("row %d: got label %d, want %d", i, s.show.Labels[i], bar)
		}
		mean, _, err := s.Net.Encode(context.Background(), s.row(i))
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range mean {
			if math.Abs(float64(v-s.code(i)[j])) > 1e-5 {
				t.Errorf("row %d: code: got %v, want %v", i, s.code(i), mean)
				break
			}
		}
	}
	if len(classes) != 3 || s.n != 30 {
		t.Errorf("got %d rows of %d classes, want 30 of 3", s.n, len(classes))
	}
}

func TestEvaluatedRowsAreShown(t *testing.T) {
	s := sceneOf(t, "vae", 3, func(in *Input) {
		in.TestX = slices.Repeat([]float32{.25}, len(in.Show.X))
	})
	if s.row(0)[0] != .25 || s.show.X[0] == .25 {
		t.Error("got the rows of the test set, want those the model was evaluated on")
	}
	if !s.gray() {
		t.Error("values of a quarter under a Bernoulli likelihood: got no warning")
	}
}

func TestManyRowsAreCut(t *testing.T) {
	in := input(t, network(t, "vae", 64, 2), images(maxCodes+10))
	s, err := newScene(context.Background(), in)
	if err != nil || s.n != maxCodes || len(s.mean) != 2*maxCodes {
		t.Errorf("got %d rows, %v, want %d", s.n, err, maxCodes)
	}
}

func TestActiveAgreesWithTheTelemetry(t *testing.T) {
	for want := range 4 {
		s := sceneOf(t, "vae", 3, func(in *Input) { in.Telemetry.ActiveUnits = want })
		_, variance := s.moments()
		got, least, most := 0, math.Inf(1), math.Inf(-1)
		for j, a := range s.active() {
			if a {
				got, least = got+1, min(least, variance[j])
			} else {
				most = max(most, variance[j])
			}
		}
		if got != want || least < most {
			t.Errorf("got %d active with variance from %v, inactive up to %v; want %d", got, least, most, want)
		}
	}
	s := sceneOf(t, "vae", 3, func(in *Input) { in.Telemetry.Latent = 0 })
	_, variance := s.moments()
	for j, a := range s.active() {
		if a != (variance[j] > .01) {
			t.Errorf("dimension %d without telemetry: got active %v at variance %v", j, a, variance[j])
		}
	}
}

func TestDimensionsComeByUse(t *testing.T) {
	s := sceneOf(t, "vae", 3, func(in *Input) { in.Record.KLPerDim = []float64{.5, 2, 1} })
	if got := s.byUse(); !slices.Equal(got, []int{1, 2, 0}) {
		t.Errorf("by KL: got %v, want 1, 2, 0", got)
	}
	s = sceneOf(t, "ae", 3, nil)
	_, variance := s.moments()
	got := s.byUse()
	if !slices.IsSortedFunc(got, func(a, b int) int { return int(math.Copysign(1, variance[b]-variance[a])) }) {
		t.Errorf("by variance: got %v for %v", got, variance)
	}
}

func TestPairsAreOfDifferentClasses(t *testing.T) {
	s := sceneOf(t, "vae", 3, nil)
	seen := map[int]bool{}
	pairs := s.pairs(5)
	for _, p := range pairs {
		if s.show.Labels[p[0]] == s.show.Labels[p[1]] || seen[p[0]] || seen[p[1]] {
			t.Errorf("pair %v: of one class or chosen twice", p)
		}
		seen[p[0]], seen[p[1]] = true, true
	}
	if len(pairs) != 5 {
		t.Errorf("got %d pairs, want 5", len(pairs))
	}
	s = sceneOf(t, "vae", 3, func(in *Input) { in.Show.Labels = make([]int32, 30) })
	if got := s.pairs(5); !slices.Equal(got, [][2]int{{0, 1}}) {
		t.Errorf("one class only: got %v, want the first two rows", got)
	}
}

func TestClassesWithoutNamesAreNumbers(t *testing.T) {
	s := sceneOf(t, "vae", 3, func(in *Input) { in.Show.Classes = []string{"left"} })
	if _, got := s.classes(); !slices.Equal(got, []string{"left", "1", "2"}) {
		t.Errorf("got %q", got)
	}
	s.show.Labels[3] = math.MaxInt32
	if labels, classes := s.classes(); labels != nil || classes != nil {
		t.Errorf("a label of 2³¹ − 1: got %d classes, want none", len(classes))
	}
}
