package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestTheTableNamesWhoIsMissing(t *testing.T) {
	x := suite{list: []contestant{{name: "elbo"}, {name: "other"}, {name: "absent"}}}
	times := map[string][][]float64{"elbo": {{.5, .7, .6}}, "other": {{3}}}
	var b bytes.Buffer
	if err := x.table(&b, times, map[string]error{"absent": errors.New("left out: not installed")}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"elbo        0.6000   0.5000  0.7000  1.00", "other       3.0000   3.0000  3.0000  5.00", "absent      left out: not installed"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got\n%swant a line %q", b.String(), want)
		}
	}
	if strings.Contains(b.String(), "at least") {
		t.Errorf("got a bar where there is none:\n%s", b.String())
	}
}

// TestRatiosAreThoseOfTheRounds: a machine that is three times as slow in one round leaves them alone, and
// the bar is held to their median.
func TestRatiosAreThoseOfTheRounds(t *testing.T) {
	if got := ratios([][]float64{{2}, {12, 6, 6}, {5}}, [][]float64{{1}, {3}, {2}}); !slices.Equal(got, []float64{2, 2, 2.5}) {
		t.Errorf("got %v, want 2, 2 and 2.5", got)
	}
	if got := ratios([][]float64{{1}}, nil); got != nil {
		t.Errorf("without the first contestant: got %v", got)
	}
	x := suite{list: []contestant{{name: "elbo"}, {name: "slow"}, {name: "fast"}}, bar: 2}
	var b bytes.Buffer
	if err := x.table(&b, map[string][][]float64{"elbo": {{1}, {3}}, "slow": {{2}, {6}}, "fast": {{1.5}, {4.5}}}, nil); err != nil {
		t.Fatal(err)
	}
	if want := "at least 2.0 times: slow met, fast NOT met\n"; !strings.Contains(b.String(), want) {
		t.Errorf("got\n%swant a line %q", b.String(), want)
	}
}

// TestTablesWithoutTheFirstContestantHaveNoRatios, and no bar.
func TestTablesWithoutTheFirstContestantHaveNoRatios(t *testing.T) {
	x := suite{list: []contestant{{name: "elbo"}, {name: "other"}}, bar: 2}
	var b bytes.Buffer
	if err := x.table(&b, map[string][][]float64{"other": {{3}}}, map[string]error{"elbo": errors.New("left out: no MNIST")}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "no MNIST") || strings.Contains(got, "NaN") || strings.Contains(got, "Inf") || strings.Contains(got, "at least") {
		t.Errorf("got\n%s", got)
	}
}

// TestSuitesRunInTurn: every round asks every contestant once, until one fails.
func TestSuitesRunInTurn(t *testing.T) {
	var asked []string
	ask := func(name string, err error) contestant {
		return contestant{name, func(context.Context) ([]float64, error) {
			asked = append(asked, name)
			return []float64{1}, err
		}}
	}
	x := suite{name: "s", title: "a title", list: []contestant{ask("a", nil), ask("b", errors.New("absent")), ask("c", nil)}}
	var b bytes.Buffer
	if err := x.compare(t.Context(), settings{rounds: 2, threads: 3}, &b); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "b", "c", "a", "c"}; !slices.Equal(asked, want) {
		t.Errorf("got %v, want %v", asked, want)
	}
	if !strings.Contains(b.String(), "a title, float32, 3 threads") || !strings.Contains(b.String(), "s  round 2  c") {
		t.Errorf("got %s", b.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.compare(ctx, settings{rounds: 1}, &b); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestContestantsWithoutTimesAreNamed, though they report no error.
func TestContestantsWithoutTimesAreNamed(t *testing.T) {
	x := suite{name: "s", title: "a title", list: []contestant{
		{"a", func(context.Context) ([]float64, error) { return []float64{1}, nil }},
		{"mute", func(context.Context) ([]float64, error) { return nil, nil }},
	}}
	var b bytes.Buffer
	if err := x.compare(t.Context(), settings{rounds: 2}, &b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "left out: it gave no times") {
		t.Errorf("got %s", b.String())
	}
}
