package lda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
)

// recovered counts the rows and columns of the grid that a topic has a cosine of at least .95 with.
func recovered(m *Model) (n int) {
	p := m.Fitted.Words()
	for bar := range 10 {
		best := 0.
		for k := range m.Fitted.Topics {
			dot, norm := 0., 0.
			for v := range 25 {
				x := p[k*25+v]
				norm += x * x
				if bar < 5 && v/5 == bar || bar >= 5 && v%5 == bar-5 {
					dot += x / math.Sqrt(5)
				}
			}
			best = max(best, dot/math.Sqrt(norm))
		}
		if best >= .95 {
			n++
		}
	}
	return n
}

func TestTheDrawnBarsAreRecovered(t *testing.T) {
	for _, method := range methodNames() {
		options := map[string]string{"method": method, "topics": "10", "batch": "60"}
		if method == "gibbs" {
			options["sweeps"] = "150"
		}
		if method == "online" {
			options["batch"], options["sweeps"] = "20", "3"
		}
		r := run(t, settings(generated, options))
		m := r.Model.(*Model)
		const least = 6 // most of them; how many is a matter of the start
		if n := recovered(m); n < least {
			t.Errorf("%s: got %d of 10 bars, want at least %d", method, n, least)
		}
		if p, u := figure(t, r.Outcome, "perplexity"), figure(t, r.Outcome, "unigram perplexity"); p > .6*u || u < 24 || u > 26 {
			t.Errorf("%s: got the perplexity %v, and %v of the unigram", method, p, u)
		}
		if r.Info.Train != 540 || r.Info.Test != 60 {
			t.Errorf("got %d and %d documents", r.Info.Train, r.Info.Test)
		}
	}
}

// The ELBO of the records is that of the package's own fit, and never falls.
func TestTheRunIsTheFitOfThePackage(t *testing.T) {
	c := settings(generated, map[string]string{"topics": "6", "sweeps": "40", "learn-alpha": "symmetric", "learn-eta": "true"})
	r := run(t, c)
	d, err := read(c)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(c)
	var bounds []float64
	cfg.Progress = func(r topic.Record) {
		if !math.IsNaN(r.Bound) {
			bounds = append(bounds, r.Bound)
		}
	}
	m, err := topic.Fit(t.Context(), d.train, cfg)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(m)
	b, _ := json.Marshal(r.Model.(*Model).Fitted)
	if string(a) != string(b) {
		t.Error("the model is another")
	}
	at := 0
	for i, h := range r.History {
		if h.Bound == nil {
			continue
		}
		if *h.Bound != bounds[at] || at > 0 && bounds[at] < bounds[at-1]-1e-9*math.Abs(bounds[at]) {
			t.Errorf("record %d: got the bound %v, want %v", i, *h.Bound, bounds[at])
		}
		at++
	}
	if at != len(bounds) || at == 0 {
		t.Errorf("got %d bounds, want %d", at, len(bounds))
	}
	done, err := m.Complete(d.test, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "perplexity", figure(t, r.Outcome, "perplexity"), done.Perplexity, 1e-12)
}

func TestAnInterruptedFitGoesOnToTheSameBits(t *testing.T) {
	model := func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, "model.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, options := range []map[string]string{
		{"sweeps": "9"}, {"sweeps": "9", "learn-alpha": "hierarchical", "learn-eta": "true"}, {"method": "svi", "sweeps": "2", "batch": "150", "learn-alpha": "asymmetric"},
		{"method": "online", "batch": "100", "sweeps": "2"}, {"method": "gibbs", "sweeps": "8"},
	} {
		c := settings(generated, options)
		whole := run(t, c)
		for after := 1; after <= len(whole.History); after++ {
			dir := filepath.Join(t.TempDir(), "run")
			task, err := engine.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			made := 0
			_, err = engine.Start(ctx, c, task, dir, "test", engine.Observer{Sweep: func(engine.Record) {
				if made++; made == after {
					cancel()
				}
			}})
			if !errors.Is(err, rundir.ErrInterrupted) {
				t.Fatalf("%v, after %d: got %v", options, after, err)
			}
			r, err := engine.Resume(t.Context(), dir, task, func(c *engine.Config) { c.Threads = 1 }, engine.Observer{})
			if err != nil || len(r.History) != len(whole.History) || model(dir) != model(whole.Dir) {
				t.Errorf("%v, after %d: another model, or %d sweeps of %d (%v)", options, after, len(r.History), len(whole.History), err)
			}
		}
	}
}

func TestTopicsAreListedByFrequency(t *testing.T) {
	r := run(t, settings(generated, map[string]string{"topics": "4", "sweeps": "12"}))
	m := r.Model.(*Model)
	topics := m.Topics(7)
	sum, seen := 0., map[int]bool{}
	for i, one := range topics {
		sum += one.Weight
		seen[one.Number] = true
		if i > 0 && one.Weight > topics[i-1].Weight {
			t.Errorf("topic %d has the weight %v after %v", one.Number, one.Weight, topics[i-1].Weight)
		}
		if len(one.Words) != 7 || one.Coherence == nil || !(*one.Coherence >= -1 && *one.Coherence <= 1) {
			t.Errorf("got %+v", one)
		}
		for j, w := range one.Words {
			if j > 0 && w.P > one.Words[j-1].P || !slices.Contains(m.Words, w.Word) {
				t.Errorf("topic %d, word %d: got %+v", one.Number, j, w)
			}
		}
	}
	tk.Close(t, "weights", sum, 1, 1e-12)
	if len(topics) != 4 || len(seen) != 4 {
		t.Errorf("got %d topics of %d numbers", len(topics), len(seen))
	}
	names, err := engine.Report(t.Context(), r)
	if err != nil || !slices.Equal(names, []string{"sweeps.png", "topics.png", "documents.png"}) {
		t.Errorf("got %v, %v", names, err)
	}
}

func TestDocumentsAreAssignedAndScored(t *testing.T) {
	r := run(t, settings(generated, map[string]string{"topics": "6", "sweeps": "15"}))
	m := r.Model.(*Model)
	docs, _ := bars(30, rng.New(8))
	path := file(t, "new.dat", ldac(docs)+"0\n")
	got, err := m.Assign(t.Context(), path)
	if err != nil || len(got.Rows) != 31 || len(got.Columns) != 8 {
		t.Fatalf("got %d rows of %v, %v", len(got.Rows), got.Columns, err)
	}
	for i, row := range got.Rows {
		sum, best := 0., row[1].(int)
		for _, v := range row[2:] {
			sum += v.(float64)
			if v.(float64) > row[1+best].(float64) {
				t.Errorf("document %d: topic %d has less than another", i, best)
			}
		}
		tk.Close(t, "proportions", sum, 1, 1e-12)
	}
	s, err := m.Score(t.Context(), path)
	if err != nil || len(s.Log) != 31 || s.Log[30] != 0 {
		t.Fatalf("got %+v, %v", s, err)
	}
	sum := 0.
	for _, l := range s.Log {
		sum += l
	}
	docs.Vocabulary = 25
	done, err := m.Fitted.Complete(docs, topic.Default(6))
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "log-likelihood", sum, done.LogLik, 1e-12)
	// The same documents as text have the same scores.
	m.Words, m.Least = letters(25), 1
	var lines strings.Builder
	for d := range docs.Len() {
		lines.WriteString(spoken(docs, m.Words, d) + "\n")
	}
	said, err := m.Score(t.Context(), file(t, "new.txt", lines.String()))
	if err != nil || !slices.Equal(said.Log, s.Log[:30]) {
		t.Errorf("text has other scores than bags (%v)", err)
	}
}

// Frequencies of the words of many drawn documents are those that the topics expect, within 5 deviations
// that allow for documents of one topic.
func TestDrawnDocumentsHaveTheWordsOfTheTopics(t *testing.T) {
	const n = 3000
	m := run(t, settings(generated, map[string]string{"topics": "5", "sweeps": "12", "learn-alpha": "asymmetric"})).Model.(*Model)
	got, err := m.Sample(t.Context(), n, 3)
	if err != nil || len(got.Rows) != n {
		t.Fatal(err)
	}
	count, words := map[string]float64{}, 0.
	for _, row := range got.Rows {
		all := strings.Fields(row[1].(string))
		if len(all) != 80 {
			t.Fatalf("got %d words, want the mean of training", len(all))
		}
		for _, w := range all {
			count[w]++
			words++
		}
	}
	alpha, p, sum := m.Fitted.Alphas, m.Fitted.Words(), 0.
	for _, a := range alpha {
		sum += a
	}
	for v, w := range m.Words {
		want, spread := 0., 0.
		for k, a := range alpha {
			want += a / sum * p[k*25+v]
			spread = max(spread, p[k*25+v])
		}
		if got := count[w] / words; math.Abs(got-want) > 5*spread/math.Sqrt(n) {
			t.Errorf("%s: got %v, want %v", w, got, want)
		}
	}
	again, _ := m.Sample(t.Context(), 3, 3)
	other, _ := m.Sample(t.Context(), 3, 4)
	if fmt.Sprint(again.Rows) != fmt.Sprint(got.Rows[:3]) || fmt.Sprint(other.Rows) == fmt.Sprint(again.Rows) {
		t.Error("documents do not follow the seed")
	}
}

func TestModelsThatAreDamagedAreRefused(t *testing.T) {
	m := run(t, settings(generated, map[string]string{"topics": "2", "sweeps": "4"})).Model.(*Model)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := load(text)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(again); err != nil || string(b) != string(text) {
		t.Errorf("the model comes back as another (%v)", err)
	}
	for _, bad := range []string{"", "{}", `{"npmi": [1]}`, string(text[:len(text)/2]),
		strings.Replace(string(text), `"npmi":[`, `"npmi":[0,`, 1), strings.Replace(string(text), `"words":[`, `"words":["z",`, 1),
		strings.Replace(string(text), `"length":`, `"length":-`, 1), strings.Replace(string(text), `"Format":"topic"`, `"Format":"other"`, 1)} {
		if _, err := load([]byte(bad)); err == nil {
			t.Errorf("%.40q: loaded", bad)
		}
	}
}

func TestTheSettingsReachTheTopics(t *testing.T) {
	c := settings(generated, map[string]string{"topics": "7", "alpha": "0.3", "eta": "0.2", "learn-alpha": "hierarchical", "learn-eta": "true",
		"tolerance": "0.5", "batch": "9", "delay": "3", "forgetting": "0.9", "sweeps": "30"})
	c.Seed, c.Threads = 5, 6
	got, want := config(c), topic.Default(7)
	want.Alpha, want.Eta, want.LearnAlpha, want.LearnEta, want.Tolerance = .3, .2, topic.Hierarchical, true, .5
	want.Batch, want.Delay, want.Forgetting, want.Sweeps, want.Seed, want.Threads, want.Fresh = 9, 3, .9, 30, 5, 6, 15
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, m := range methods {
		c := settings(generated, map[string]string{"method": m.name})
		if got := config(c); got.Sweeps != m.sweeps || got.Alpha != .1 || got.Fresh > got.Sweeps {
			t.Errorf("%s: got %+v", m.name, got)
		}
	}
	d := topic.Default(20)
	got = config(settings(generated, map[string]string{"topics": "20"}))
	if got.Eta != d.Eta || got.Batch != d.Batch || got.Delay != d.Delay || got.Forgetting != d.Forgetting || got.Tolerance != d.Tolerance || got.Sweeps != d.Sweeps {
		t.Errorf("got the defaults %+v, want %+v", got, d)
	}
}
