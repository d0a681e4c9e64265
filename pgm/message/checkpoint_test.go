package message

import (
	"bytes"
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/conjugate"
	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
)

// grid is an Ising model of n×n spins, J between neighbours and h each, in plates.
func grid(n int, j, h float64) (m *Model, x Var) {
	m = New()
	x = m.Random("x", expfam.Categorical{K: 2}, n*n)
	var a, b []int
	for i := range n * n {
		if i%n < n-1 {
			a, b = append(a, i), append(b, i+1)
		}
		if i < n*(n-1) {
			a, b = append(a, i), append(b, i+n)
		}
	}
	m.Add("fields", Prior{Family: expfam.Categorical{K: 2}, Eta: []float64{-h, h}, Raw: true}, x)
	m.Add("bonds", Table{Card: []int{2, 2}, Log: []float64{j, -j, -j, j}}, x.At(a...), x.At(b...))
	return m, x
}

// bits compares floats to the last bit.
func bits(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			t.Errorf("%s: number %d: got %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestMessagesGoOnFromACheckpointToTheSameBits(t *testing.T) {
	for _, cfg := range []Config{{}, {Schedule: Flooding, Damping: .3}, {Schedule: Residual}, {Parts: 2}, {Parts: 4, Damping: .2}, {Alpha: .5, Damping: .2}} {
		m, x := grid(5, .4, .1)
		var stored bytes.Buffer
		whole := messages(t, m, cfg)
		whole.cfg.Progress = func(r Record) {
			if r.Sweep == 3 {
				if err := whole.Save(&stored); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := run(t, whole)
		if want.Sweep <= 4 {
			t.Fatalf("%+v: sweeps: got %d, want some after the checkpoint", cfg, want.Sweep)
		}
		again := messages(t, m, cfg)
		if err := again.Load(bytes.NewReader(stored.Bytes())); err != nil {
			t.Fatal(err)
		}
		got := run(t, again)
		if got.Sweep != want.Sweep || got.Sent != want.Sent || got.Bytes != want.Bytes || got.Change != want.Change {
			t.Errorf("%+v: record: got %+v, want %+v", cfg, got, want)
		}
		for i := range x.Len() {
			bits(t, "belief", again.Natural(x, i), whole.Natural(x, i))
		}
		bits(t, "ln Z", []float64{logZ(t, again)}, []float64{logZ(t, whole)})
	}
}

// A worker that dies takes the messages of a half-done round with it; what is left is the last
// checkpoint, and messages begun anew from it end where undisturbed ones do.
func TestAWorkerKilledInARoundResumesToTheSameAnswer(t *testing.T) {
	m, x := grid(6, .4, .1)
	cfg := Config{Parts: 3}
	whole := messages(t, m, cfg)
	run(t, whole)

	killed := messages(t, m, cfg)
	var stored bytes.Buffer
	for range 4 {
		if _, err := killed.Sweep(); err != nil {
			t.Fatal(err)
		}
	}
	if err := killed.Save(&stored); err != nil {
		t.Fatal(err)
	}
	w := killed.workers[1]
	w.begin()
	for _, v := range w.order[:len(w.order)/2] {
		if err := w.visit(v); err != nil {
			t.Fatal(err)
		}
	}
	again := messages(t, m, cfg)
	if err := again.Load(&stored); err != nil {
		t.Fatal(err)
	}
	run(t, again)
	for i := range x.Len() {
		bits(t, "belief", again.Natural(x, i), whole.Natural(x, i))
	}
}

func TestAnAscentGoesOnFromACheckpointToTheSameBits(t *testing.T) {
	x, y, _ := regressionRows(30, 4, 3)
	build := func() (*Model, Var) {
		p := conjugate.NormalPrior{Precision: 1, Tau: conjugate.Gamma{Shape: 1, Rate: 1}}
		m, _, _ := normalGamma(p, y)
		w, _, a := weights(m, x, conjugate.Gamma{Shape: 1, Rate: .1})
		m.Add("targets", Normal{}, m.Known("y", expfam.Normal{}, len(y), y), a, m.Constant(expfam.Gamma{}, 4))
		return m, w
	}
	for _, step := range []float64{1, .7} {
		m, w := build()
		var stored bytes.Buffer
		var whole *Ascent
		whole = ascent(t, m, AscentConfig{Step: step, Progress: func(sweep int, _ float64) {
			if sweep == 2 {
				if err := whole.Save(&stored); err != nil {
					t.Fatal(err)
				}
			}
		}})
		want := climb(t, whole)
		again := ascent(t, m, AscentConfig{Step: step})
		if err := again.Load(&stored); err != nil {
			t.Fatal(err)
		}
		got := climb(t, again)
		if len(want) <= 3 || len(got) != len(want)-2 {
			t.Fatalf("sweeps: got %d after the checkpoint, want %d less 2", len(got), len(want))
		}
		bits(t, "bound", got, want[2:])
		bits(t, "weights", again.Natural(w, 0), whole.Natural(w, 0))
	}
}

func TestCheckpointsThatAreNotTheirsAreRefused(t *testing.T) {
	m, _ := grid(4, .4, .1)
	p := messages(t, m, Config{})
	if _, _, err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	var stored bytes.Buffer
	if err := p.Save(&stored); err != nil {
		t.Fatal(err)
	}
	other, _ := grid(5, .4, .1)
	if err := messages(t, other, Config{}).Load(bytes.NewReader(stored.Bytes())); err == nil {
		t.Error("another model: got no error")
	}
	if err := messages(t, m, Config{Damping: .5}).Load(bytes.NewReader(stored.Bytes())); err == nil {
		t.Error("other settings: got no error")
	}
	if err := ascent(t, m, AscentConfig{}).Load(bytes.NewReader(stored.Bytes())); err == nil {
		t.Error("another engine: got no error")
	}
	for n := range stored.Len() {
		if err := messages(t, m, Config{}).Load(bytes.NewReader(stored.Bytes()[:n])); err == nil {
			t.Fatalf("a checkpoint cut at %d: got no error", n)
		}
	}
}

func TestCorruptCheckpointsChangeNothing(t *testing.T) {
	m, x := grid(3, .4, .1)
	p := messages(t, m, Config{})
	if _, err := p.Sweep(); err != nil {
		t.Fatal(err)
	}
	var stored bytes.Buffer
	if err := p.Save(&stored); err != nil {
		t.Fatal(err)
	}
	fresh := messages(t, m, Config{})
	r := rng.New(5).Rand()
	for range 10000 {
		raw := bytes.Clone(stored.Bytes())
		for range 1 + r.IntN(3) {
			raw[r.IntN(len(raw))] ^= byte(1 + r.IntN(255))
		}
		if bytes.Equal(raw, stored.Bytes()) {
			continue
		}
		if err := fresh.Load(bytes.NewReader(raw)); err == nil {
			t.Fatal("a corrupt checkpoint: got no error")
		}
	}
	for i := range x.Len() {
		bits(t, "belief", fresh.Natural(x, i), []float64{0, 0})
	}
}

// full is a writer with room for some bytes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, bytes.ErrTooLarge
	}
	return len(p), nil
}

func TestAFullDiskIsAnError(t *testing.T) {
	m, _ := grid(3, .4, .1)
	p := messages(t, m, Config{})
	var stored bytes.Buffer
	if err := p.Save(&stored); err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, 60, stored.Len() - 1} {
		if err := p.Save(&full{room}); err == nil {
			t.Errorf("room for %d bytes of %d: got no error", room, stored.Len())
		}
	}
}
