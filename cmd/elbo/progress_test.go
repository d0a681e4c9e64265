package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// terminal returns a screen that believes to be one of the given width.
func terminal(w *bytes.Buffer, columns int, color bool) *screen {
	return &screen{w: w, live: true, color: color, width: func() int { return columns }}
}

// halfway is a run at step 50 of 100.
var halfway = train.Progress{Epoch: 3, Epochs: 8, Step: 50, Steps: 100, PerSecond: 12345,
	Record: vi.Record{Kind: vi.KindELBO, Bound: -102.5, Reconstruction: -80.25, KL: 22.25, Beta: .5}}

func TestTheLiveLineHoldsWhatFits(t *testing.T) {
	for _, c := range []struct {
		columns int
		want    string
	}{
		{200, "epoch 3/8  [#####.....]  step 50/100  ETA 0:10  ELBO -102.50  reconstruction -80.25  KL 22.25  β 0.5  12,345/s"},
		{100, "epoch 3/8  step 50/100  ETA 0:10  ELBO -102.50  reconstruction -80.25  KL 22.25  β 0.5  12,345/s"},
		{99, "epoch 3/8  step 50/100  ETA 0:10  ELBO -102.50  reconstruction -80.25  KL 22.25  β 0.5  12,345/s"},
		{60, "epoch 3/8  ETA 0:10  ELBO -102.50  KL 22.25"},
		{40, "epoch 3/8  ETA 0:10  ELBO -102.50"},
		{12, "epoch 3/8"},
		{5, "epoc"},
		{1, ""},
	} {
		var out bytes.Buffer
		s := terminal(&out, c.columns, false)
		s.began, s.first = time.Now().Add(-10*time.Second), 0
		s.step(halfway)
		got := strings.TrimPrefix(out.String(), "\r")
		if got != c.want || utf8.RuneCountInString(got) > c.columns-1 {
			t.Errorf("%d columns: got %q, want %q", c.columns, got, c.want)
		}
	}
}

func TestTheLiveLineIsDrawnOverItself(t *testing.T) {
	var out bytes.Buffer
	s := terminal(&out, 80, false)
	s.draw([]piece{{"a long line", 1}})
	s.last = time.Time{}
	s.draw([]piece{{"short", 1}})
	s.println("done")
	if want := "\ra long line\rshort      \r     \rdone\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestTheLiveLineDoesNotFlood(t *testing.T) {
	var out bytes.Buffer
	s := terminal(&out, 80, false)
	start := time.Now()
	for range 10_000 {
		s.step(halfway)
	}
	most := 1 + int(time.Since(start)/redraw)
	if n := strings.Count(out.String(), "\r"); n < 1 || n > most {
		t.Errorf("drew %d times, want 1 to %d", n, most)
	}
}

func TestEpochLinesFitTheTerminalAndUseColourIfWelcome(t *testing.T) {
	e := vi.Epoch{Epoch: 2, Valid: halfway.Record, Train: halfway.Record, Beta: 1, ExamplesPerSecond: 999,
		Telemetry: vi.Telemetry{ActiveUnits: 3, Latent: 4}}
	for _, c := range []struct {
		s    func(*bytes.Buffer) *screen
		want string
	}{
		{func(b *bytes.Buffer) *screen { return terminal(b, 40, false) }, "epoch 2/8  valid ELBO -102.50  best\n"},
		{func(b *bytes.Buffer) *screen { return terminal(b, 40, true) }, "epoch 2/8  valid ELBO -102.50  \x1b[32mbest\x1b[0m\n"},
		{func(b *bytes.Buffer) *screen { return newScreen(b) }, "epoch 2/8  valid ELBO -102.50  reconstruction -80.25  KL 22.25  train ELBO -102.50  β 1  active 3/4  999/s  best\n"},
	} {
		var out bytes.Buffer
		s := c.s(&out)
		s.total = 8
		s.epoch(e, true)
		if out.String() != c.want {
			t.Errorf("got %q, want %q", out.String(), c.want)
		}
	}
}

func TestRemainingTimeComesFromTheStepsSinceTheStart(t *testing.T) {
	s := &screen{began: time.Now().Add(-100 * time.Second), first: 900}
	for _, c := range []struct {
		step, steps int64
		want        string
	}{{900, 1000, "-:--"}, {1000, 1010, "0:10"}, {1000, 1100, "1:40"}, {1000, 5000, "1:06:40"}} {
		if got := s.remaining(train.Progress{Step: c.step, Steps: c.steps}); got != c.want {
			t.Errorf("step %d of %d: got %s, want %s", c.step, c.steps, got, c.want)
		}
	}
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if s := newScreen(f); s.live || s.color {
		t.Errorf("got %+v", s)
	}
}

func TestAFitPrintsTenLinesAPhaseOrOneEveryHalfMinute(t *testing.T) {
	var b bytes.Buffer
	s := newScreen(&b)
	for e := 1; e <= 1000; e++ {
		s.fitting(bnn.Progress{Phase: "vi", Epoch: e, Epochs: 1000, Loss: 1.5, LogLik: -1, Penalty: .5})
	}
	if n := strings.Count(b.String(), "\n"); n != lines || !strings.Contains(b.String(), "vi  epoch 100/1000  loss 1.5000  log-likelihood -1.0000  weights 0.5000\n") {
		t.Errorf("got %d lines:\n%s", n, b.String())
	}
	b.Reset()
	s.fitting(bnn.Progress{Phase: "swag", Epoch: 1, Epochs: 1000})
	s.fitting(bnn.Progress{Phase: "swag", Epoch: 2, Epochs: 1000})
	s.last = s.last.Add(-patience - time.Second)
	s.fitting(bnn.Progress{Phase: "swag", Epoch: 3, Epochs: 1000})
	if got := b.String(); !strings.HasPrefix(got, "swag  epoch 3/1000") || strings.Count(got, "\n") != 1 {
		t.Errorf("after a silence: got %q", got)
	}
}

func TestTheLiveLineOfAFitFitsTheTerminal(t *testing.T) {
	for _, columns := range []int{20, 60, 200} {
		var b bytes.Buffer
		s := terminal(&b, columns, false)
		s.fitting(bnn.Progress{Phase: "member 3", Epoch: 7, Epochs: 1000, Loss: 1.5})
		line := strings.TrimPrefix(b.String(), "\r")
		if n := utf8.RuneCountInString(line); n == 0 || n > columns-1 || strings.Contains(line, "\n") {
			t.Errorf("%d columns: got %d in %q", columns, n, line)
		}
		if columns == 200 && !strings.Contains(line, "[..........]  ETA -:--") {
			t.Errorf("got %q", line)
		}
	}
}

func TestModelsWithoutAKLTermShowNone(t *testing.T) {
	r := vi.Record{Kind: vi.KindLogProb, Bound: -80.25, Reconstruction: -80.25, Beta: 1}
	var out bytes.Buffer
	s := newScreen(&out)
	s.total = 8
	s.epoch(vi.Epoch{Epoch: 2, Valid: r, Train: r, Beta: 1}, false)
	if want := "epoch 2/8  valid log-likelihood -80.25  train log-likelihood -80.25\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	out.Reset()
	p := halfway
	p.Record = r
	terminal(&out, 200, false).step(p)
	if got := out.String(); strings.Contains(got, "KL") || strings.Contains(got, "β") || !strings.Contains(got, "-80.25") {
		t.Errorf("got %q, want no KL term", got)
	}
}
