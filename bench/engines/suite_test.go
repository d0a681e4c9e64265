package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// interpreter returns the path of a program that prints text in place of Python's output.
func interpreter(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncat <<'END'\nnoise\n"+text+"\nEND\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// counted is a suite of which elbo's line takes 1, 2, 3 … seconds.
func counted(judge func(*lap) error) suite {
	return suite{name: "counted", about: "nothing", unit: "a unit", figure: "score", start: func(settings, string) (*contest, error) {
		n := 0.
		return &contest{script: "none.py", judge: judge, own: func(context.Context) ([]lap, error) {
			n++
			return []lap{{Line: "elbo", Seconds: n, Figure: 7}}, nil
		}}, nil
	}}
}

// table compares a suite in three rounds and returns what is printed.
func table(t *testing.T, python string, u suite) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := settings{python: python, rounds: 3, threads: 2, out: &out}.compare(context.Background(), u)
	return out.String(), err
}

func TestRatiosAreOfMedians(t *testing.T) {
	python := interpreter(t, `{"laps": [{"line": "peer", "against": "elbo", "seconds": 5, "figure": 6.5}, {"line": "other", "seconds": 9}]}`)
	got, err := table(t, python, counted(nil))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for _, l := range strings.Split(got, "\n") {
		lines = append(lines, strings.Fields(l))
	}
	for i, want := range []string{"counted: nothing; 2 threads, medians of 3 rounds", "line seconds a unit least most ratio score",
		"elbo 2 1 3 7.000000", "peer 5 5 5 2.50 6.500000", "other 9 9 9 0.000000"} {
		if got := strings.Join(lines[i], " "); got != want {
			t.Errorf("line %d: got %q, want %q", i, got, want)
		}
	}
}

func TestAnAbsentPeerLeavesElbosLines(t *testing.T) {
	for name, python := range map[string]string{
		"says so":        interpreter(t, `{"skipped": "No module named peer"}`),
		"no interpreter": "no-such-interpreter",
	} {
		got, err := table(t, python, counted(nil))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Count(got, "the peer is not there") != 1 || !strings.Contains(got, "elbo") {
			t.Errorf("%s: got %q, want it to be said once", name, got)
		}
	}
}

func TestAPeersFigureIsJudged(t *testing.T) {
	python := interpreter(t, `{"laps": [{"line": "peer", "seconds": 1, "file": "x"}]}`)
	got, err := table(t, python, counted(func(l *lap) error { l.Figure = float64(len(l.File)) + .25; return nil }))
	if err != nil || !strings.Contains(got, "1.250000") {
		t.Errorf("got %q, %v, want the judge's figure", got, err)
	}
	refused := errors.New("refused")
	if _, err := table(t, python, counted(func(*lap) error { return refused })); !errors.Is(err, refused) {
		t.Errorf("got %v, want the judge's error", err)
	}
}

func TestABrokenPeerIsAnError(t *testing.T) {
	if _, err := table(t, interpreter(t, "Traceback"), counted(nil)); err == nil || !strings.Contains(err.Error(), "none.py: last line") {
		t.Errorf("got %v", err)
	}
	fails := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(fails, []byte("#!/bin/sh\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := table(t, fails, counted(nil)); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}

func TestElbosOwnErrorsEndASuite(t *testing.T) {
	broken := errors.New("broken")
	u := counted(nil)
	u.start = func(settings, string) (*contest, error) { return nil, broken }
	if _, err := table(t, "none", u); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	u.start = func(settings, string) (*contest, error) {
		return &contest{own: func(context.Context) ([]lap, error) { return nil, broken }}, nil
	}
	if _, err := table(t, "none", u); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for want, s := range map[string]settings{
		`engines: suites: got "none", want some of mixture`: {suites: "none", rounds: 1, threads: 1},
		"engines: rounds: got 0":                            {suites: "mixture", threads: 1},
	} {
		if err := run(context.Background(), s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSuitesHaveNamesOfTheirOwn(t *testing.T) {
	all := names()
	slices.Sort(all)
	if len(slices.Compact(all)) != len(suites) {
		t.Errorf("got %v", all)
	}
	for _, u := range suites {
		if u.about == "" || u.unit == "" || u.figure == "" || u.start == nil {
			t.Errorf("%s: lacks a text or a start", u.name)
		}
	}
}

func TestTheDataFolderIsTheOneOfTheEnvironment(t *testing.T) {
	t.Setenv("ELBO_DATA", "/somewhere")
	if got := dataFolder(); got != "/somewhere" {
		t.Errorf("got %s", got)
	}
	t.Setenv("ELBO_DATA", "")
	if got := dataFolder(); got != "../shared/data" {
		t.Errorf("got %s", got)
	}
}

func TestTheMedianOfAnEvenNumberIsBetweenTwo(t *testing.T) {
	tk.Close(t, "median", median([]lap{{Seconds: 4}, {Seconds: 1}, {Seconds: 2}, {Seconds: 9}}), 3, 0)
	tk.Close(t, "median of one", median([]lap{{Seconds: 4}}), 4, 0)
}
