package hmm

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	markov "github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/internal/rng"
)

// drawn is a model of k states of d columns, and a series of n rows that it has drawn.
func drawn(t *testing.T, k, d, n int) (*Model, *series) {
	t.Helper()
	mean, columns := make([]float64, k*d), make([]data.Column, d)
	for i := range mean {
		mean[i] = 4 * float64(i/d)
	}
	for j := range columns {
		columns[j] = data.Column{Name: fmt.Sprintf("c%d", j), Mean: 10, Scale: 2}
	}
	e, err := markov.NewGaussian(markov.Spherical, d, mean, filled(k, 1))
	if err != nil {
		t.Fatal(err)
	}
	point, err := markov.Uniform(e, .9)
	if err != nil {
		t.Fatal(err)
	}
	x, states, err := point.Simulate(rng.New(41), n)
	if err != nil {
		t.Fatal(err)
	}
	m := &Model{Columns: columns, Chain: chain{Point: point}, Occupancy: make([]float64, k)}
	for _, s := range states {
		m.Occupancy[s]++
	}
	if err := m.prepare(); err != nil {
		t.Fatal(err)
	}
	return m, &series{name: "drawn", columns: columns, all: [][]float64{x}, train: [][]float64{x}, rows: n}
}

// size draws a picture by its file's name and returns its size.
func size(t *testing.T, m *Model, s *series, file string) (width, height int, caption string) {
	t.Helper()
	all, err := pictures(m, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.File != file {
			continue
		}
		var out bytes.Buffer
		if err := p.Draw(&out); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		img, err := png.Decode(&out)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return img.Bounds().Dx(), img.Bounds().Dy(), p.Caption
	}
	t.Fatalf("no picture %s", file)
	return 0, 0, ""
}

func TestAPathHasAChartForEachOfAFewColumns(t *testing.T) {
	heights := map[int]int{}
	for _, d := range []int{1, 2, mostColumns, mostColumns + 3} {
		m, s := drawn(t, 2, d, 50)
		_, heights[d], _ = size(t, m, s, "path.png")
	}
	if !(heights[1] < heights[2] && heights[2] < heights[mostColumns]) {
		t.Errorf("heights: got %v, want them to grow with the columns", heights)
	}
	if heights[mostColumns] != heights[mostColumns+3] {
		t.Errorf("heights: got %v, want at most %d charts", heights, mostColumns)
	}
}

func TestLongSeriesAreShownInPart(t *testing.T) {
	m, s := drawn(t, 2, 1, mostRows+100)
	_, _, caption := size(t, m, s, "path.png")
	if !strings.HasPrefix(caption, fmt.Sprintf("The first %d rows", mostRows)) {
		t.Errorf("caption: got %q", caption)
	}
	m, s = drawn(t, 2, 1, 100)
	if _, _, caption = size(t, m, s, "marginals.png"); !strings.HasPrefix(caption, "All rows") {
		t.Errorf("caption: got %q", caption)
	}
}

func TestStepsAreShownOfStatesInUse(t *testing.T) {
	m, s := drawn(t, 6, 1, 600)
	all, _, _ := size(t, m, s, "steps.png")
	for i := range 4 {
		m.Occupancy[i] = 0 // four of six are empty
	}
	if err := m.prepare(); err != nil {
		t.Fatal(err)
	}
	if few, _, _ := size(t, m, s, "steps.png"); few >= all || m.used() != 2 {
		t.Errorf("width: got %d of %d states in use, want less than %d of six", few, m.used(), all)
	}
}

func TestMoreStatesThanColoursAreDrawn(t *testing.T) {
	m, s := drawn(t, mostStates+4, 1, 200)
	for _, file := range []string{"path.png", "marginals.png", "steps.png"} {
		if w, h, _ := size(t, m, s, file); w < 100 || h < 60 {
			t.Errorf("%s: got %d×%d", file, w, h)
		}
	}
}

func TestSeriesThatTheModelCannotTakeAreNotDrawn(t *testing.T) {
	m, s := drawn(t, 2, 1, 20)
	s.all[0][3] = math.NaN()
	if _, err := pictures(m, s); err == nil {
		t.Error("not a number: got no error")
	}
	if _, err := judge(m, s); err == nil {
		t.Error("judged: got no error")
	}
}

// The figures of a model whose chain is known.
func TestFiguresAreThoseOfTheChain(t *testing.T) {
	m, s := drawn(t, 2, 2, 40)
	m.Bound, m.Converged = -12, true
	want, err := m.point.LogLik(s.all[0])
	if err != nil {
		t.Fatal(err)
	}
	o, err := judge(m, s)
	if err != nil {
		t.Fatal(err)
	}
	if got := figure(t, o, "log-likelihood"); math.Abs(got-(want-80*math.Ln2)) > 1e-9 {
		t.Errorf("log-likelihood: got %v, want %v less 80 ln 2 of the units", got, want)
	}
	if figure(t, o, "log posterior") != -12 || figure(t, o, "states") != 2 || len(o.Warnings) != 0 {
		t.Errorf("got %+v", o)
	}
	s.states = make([]int, 40)
	for i := 20; i < 40; i++ {
		s.states[i] = 1
	}
	if o, err = judge(m, s); err != nil {
		t.Fatal(err)
	}
	if v := figure(t, o, "adjusted Rand index"); v < -1 || v > 1 {
		t.Errorf("adjusted Rand index: got %v", v)
	}
}
