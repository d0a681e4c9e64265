package main

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
)

// The two generators agree: the first number, worked out by hand.
func TestUniformsAreThoseOfThePeer(t *testing.T) {
	got := uniforms(2, 12345)
	first := uint64(12345)
	first = first*6364136223846793005 + 1442695040888963407
	tk.Close(t, "first", got[0], float64(first>>11)/math.Pow(2, 53), 0)
	for _, u := range uniforms(1000, 1) {
		if u < 0 || u >= 1 {
			t.Fatalf("got %v, want a number in [0, 1)", u)
		}
	}
}

// interpreter returns the path of a program that prints text in place of Python's output.
func interpreter(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncat <<'END'\n"+text+"\nEND\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// Among rates that reach the target the fastest warm one is taken, not one that misses it sooner.
func TestTheFastestRateThatArrivesIsTaken(t *testing.T) {
	s := settings{limit: 1}
	s.python = interpreter(t, strings.ReplaceAll(`{"rates": [{"rate": 0.1, "cold": {"seconds": 0.1, "bound": -9}, "warm": {"seconds": 0.1}},
 {"rate": 0.03, "cold": {"reached": true, "seconds": 5}, "warm": {"reached": true, "seconds": 3}},
 {"rate": 0.01, "cold": {"reached": true, "seconds": 6}, "warm": {"reached": true, "seconds": 2}}],
 "throughput": {"1": {"seconds": 2, "steps": 100}, "4": {"seconds": 4, "steps": 100}},
 "cold": {"reached": true, "seconds": 7}, "warm": {"reached": true, "seconds": 1}}`, "\n", ""))
	var table tally
	rate, err := s.numpyro(context.Background(), &table, "kidiq", "full", -8, 1, []string{"0.01"})
	if err != nil {
		t.Fatal(err)
	}
	if rate != .01 {
		t.Errorf("got rate %v, want .01", rate)
	}
	if got := table.all["NumPyro, to the target, warm"][0].Seconds; got != 2 {
		t.Errorf("got %v s, want 2", got)
	}
	if got := table.all["NumPyro, a step of 4 draws, float64"][0].Seconds; math.Abs(got-40000) > 1e-6 {
		t.Errorf("got %v µs a step, want 40000", got)
	}
}

// An absent peer is told as such and leaves elbo's lines.
func TestAnAbsentPeerIsLeftOut(t *testing.T) {
	s := settings{python: interpreter(t, `{"skipped": "No module named numpyro"}`)}
	if err := s.peer(context.Background(), &struct{}{}); !errors.Is(err, errAbsent) || !strings.Contains(err.Error(), "No module") {
		t.Errorf("got %v, want it to be absent", err)
	}
	s.python = filepath.Join(t.TempDir(), "none")
	if err := s.peer(context.Background(), &struct{}{}); err == nil || errors.Is(err, errAbsent) {
		t.Errorf("no interpreter: got %v, want an error", err)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	ctx := context.Background()
	for want, s := range map[string]settings{
		"numpyro: data: got none":                 {},
		"numpyro: cases: got \"kidiq\"":           {data: "x", cases: "kidiq", rounds: 1},
		"numpyro: guide: got \"wide\"":            {data: "x", one: "logistic/wide"},
		"numpyro: model: got \"other\", want kid": {data: "x", one: "other/full"},
		"numpyro: data: open x":                   {data: "x", one: "kidiq/full"},
	} {
		if err := run(ctx, s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// elbo's own measures on real data: the target lies below the final bound, is reached no later, and
// a step of four draws takes longer than one of one draw.
func TestOwnMeasuresAreConsistent(t *testing.T) {
	r, err := measureOwn(context.Background(), "kidiq", "full", data(t), 1, 400)
	if err != nil {
		t.Fatal(err)
	}
	if r.ToTarget.Seconds > r.Cold.Seconds+.01 || r.ToTarget.Bound < r.Cold.Bound-slack || r.ToTarget.Steps > r.Cold.Steps {
		t.Errorf("to the target %+v, whole %+v", r.ToTarget, r.Cold)
	}
	tk.Close(t, "Laplace beside the fit", r.Laplace.Bound, r.Cold.Bound, 1e-4) // relative: .2 nats
	one, four := r.Throughput["1"], r.Throughput["4"]
	if one.Steps < 100 || four.Steps < 100 || !(one.Seconds > 0) {
		t.Errorf("throughput: got %+v and %+v", one, four)
	}
}

// data returns the folder of real data, or skips.
func data(t testing.TB) string {
	dir := tk.DataDir(t)
	if _, err := os.Stat(filepath.Join(dir, "posteriordb", "kidiq-kidscore_momiq.json")); err != nil {
		t.Skipf("no data: %v", err)
	}
	return dir
}

// BenchmarkADVI times whole fits, compilation included and the final draws left out.
func BenchmarkADVI(b *testing.B) {
	for _, name := range []string{"kidiq", "logistic"} {
		for family, of := range families {
			b.Run(name+"/"+family, func(b *testing.B) {
				var seconds, bound float64
				for i := range b.N {
					m, _, err := fitOnce(context.Background(), name, data(b), prob.Options{Guide: of, Seed: uint64(i)})
					if err != nil {
						b.Fatal(err)
					}
					seconds, bound = seconds+m.Seconds/float64(b.N), bound+m.Bound/float64(b.N)
				}
				b.ReportMetric(seconds, "fit-s")
				b.ReportMetric(bound, "nats")
			})
		}
	}
}

func TestMediansArePrinted(t *testing.T) {
	var table tally
	for _, v := range []float64{3, 1, 2} {
		table.add("line", measure{Seconds: v, Reached: v > 1})
	}
	table.add("line", measure{Failed: true})
	table.add("other", measure{Failed: true})
	old := os.Stdout
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout = w
	err = table.print()
	os.Stdout = old
	w.Close()
	buf := make([]byte, 4096)
	n, _ := r.Read(buf)
	if text := string(buf[:n]); err != nil || !strings.Contains(text, "line   2 ") || !strings.Contains(text, "2 of 4") || !strings.Contains(text, "other  ended with an error") {
		t.Errorf("got %v and %s", err, text)
	}
}
