package lda

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/polygamma"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/train/engine"
)

// tokens lists the words of a document in the order of its entries.
func tokens(terms, counts []int32) (out []int) {
	for i, v := range terms {
		for range counts[i] {
			out = append(out, int(v))
		}
	}
	return out
}

// The figures are those of a computation of their definitions, word by word.
func TestFiguresAreThoseOfTheirDefinitions(t *testing.T) {
	c := settings(generated, map[string]string{"topics": "3", "sweeps": "6"})
	r := run(t, c)
	m, d := r.Model.(*Model), opened(t, c)
	// The unigram: frequencies of the training words, one added to each.
	freq, total := make([]float64, 25), 25.
	for i, v := range d.train.Terms {
		freq[v] += float64(d.train.Counts[i])
		total += float64(d.train.Counts[i])
	}
	p, theta := m.Fitted.Words(), 0.
	unigram, topics, scored := 0., 0., 0.
	for i := range d.test.Len() {
		words := tokens(d.test.Doc(i).Terms, d.test.Doc(i).Counts)
		// γ_k = α + Σ φ over the words at even positions, φ ∝ exp(ψ(γ_k)) exp(E ln β).
		share := converged(m, words)
		for at, v := range words {
			if at%2 == 0 {
				continue
			}
			scored++
			unigram += math.Log((freq[v] + 1) / total)
			theta = 0
			for k := range 3 {
				theta += share[k] * p[k*25+v]
			}
			topics += math.Log(theta)
		}
	}
	tk.Close(t, "unigram", figure(t, r.Outcome, "unigram perplexity"), math.Exp(-unigram/scored), 1e-12)
	tk.Close(t, "topics", figure(t, r.Outcome, "perplexity"), math.Exp(-topics/scored), 1e-4) // where γ stands still
}

// converged are the expected proportions given the words at even positions.
func converged(m *Model, words []int) []float64 {
	beta := m.Fitted.Expect(1).Beta
	gamma := make([]float64, 3)
	for k := range gamma {
		gamma[k] = m.Fitted.Alpha + float64((len(words)+1)/2)/3
	}
	for range 2000 {
		next := slices.Repeat([]float64{m.Fitted.Alpha}, 3)
		for at := 0; at < len(words); at += 2 {
			phi, sum := [3]float64{}, 0.
			for k := range phi {
				phi[k] = math.Exp(polygamma.Digamma(gamma[k])) * beta[words[at]*3+k]
				sum += phi[k]
			}
			for k := range phi {
				next[k] += phi[k] / sum
			}
		}
		gamma = next
	}
	sum := gamma[0] + gamma[1] + gamma[2]
	return []float64{gamma[0] / sum, gamma[1] / sum, gamma[2] / sum}
}

func TestCoherenceCountsDocuments(t *testing.T) {
	c := settings(generated, map[string]string{"topics": "3", "sweeps": "6"})
	r := run(t, c)
	m, d := r.Model.(*Model), opened(t, c)
	n := float64(d.train.Len())
	in := make([][]bool, 25)
	for v := range in {
		in[v] = make([]bool, d.train.Len())
	}
	for i := range d.train.Len() {
		for _, v := range d.train.Doc(i).Terms {
			in[v][i] = true
		}
	}
	count := func(vs ...int) (c float64) {
		for i := range d.train.Len() {
			all := true
			for _, v := range vs {
				all = all && in[v][i]
			}
			if all {
				c++
			}
		}
		return c
	}
	mean := 0.
	for k, ids := range m.Fitted.Top(10) {
		sum, pairs := 0., 0.
		for a := range ids {
			for b := range a {
				both := count(ids[a], ids[b]) / n
				sum += math.Log(both/(count(ids[a])/n*count(ids[b])/n)) / -math.Log(both)
				pairs++
			}
		}
		tk.Close(t, fmt.Sprintf("topic %d", k+1), m.NPMI[k], sum/pairs, 1e-12)
		mean += m.NPMI[k] / 3
	}
	tk.Close(t, "mean", figure(t, r.Outcome, "coherence"), mean, 1e-12)
}

func TestHeldOutDocumentsAreScoredNowAndThen(t *testing.T) {
	for every, want := range map[string]string{"3": "--x--x--x-", "0": "----------", "1": "xxxxxxxxxx", "20": "----------"} {
		r := run(t, settings(generated, map[string]string{"topics": "3", "sweeps": "10", "tolerance": "0", "evaluate": every}))
		got := ""
		for _, h := range r.History {
			got += map[bool]string{true: "x", false: "-"}[h.HeldOut != nil]
		}
		if got != want {
			t.Errorf("every %s: got %s, want %s", every, got, want)
		}
	}
	// How often they are scored does not change the fit.
	a := run(t, settings(generated, map[string]string{"topics": "3", "sweeps": "10", "evaluate": "1"})).Model.(*Model)
	b := run(t, settings(generated, map[string]string{"topics": "3", "sweeps": "10", "evaluate": "0"})).Model.(*Model)
	if !slices.Equal(a.Fitted.Lambda, b.Fitted.Lambda) {
		t.Error("scores change the fit")
	}
}

func TestThreadsDoNotChangeTheFit(t *testing.T) {
	for _, method := range methodNames() {
		var first []float64
		for _, threads := range []int{1, 2, 5} {
			c := settings(generated, map[string]string{"topics": "4", "sweeps": "4", "method": method, "batch": "100"})
			c.Threads = threads
			lambda := run(t, c).Model.(*Model).Fitted.Lambda
			if first == nil {
				first = lambda
			}
			if !slices.Equal(lambda, first) {
				t.Errorf("%s: %d threads give other topics", method, threads)
			}
		}
	}
}

func TestSnapshotsOfOtherFitsAreRefused(t *testing.T) {
	d := opened(t, settings(generated, nil))
	j := &job{docs: d, config: config(settings(generated, map[string]string{"topics": "3", "sweeps": "4"}))}
	none := func(engine.Record, func() (engine.Snapshot, error)) error { return nil }
	big := make([]float64, 75)
	for i := range big {
		big[i] = 1
	}
	for _, m := range methods {
		for want, from := range map[string]*engine.Snapshot{
			"snapshot":      {State: []byte("?")},
			"snapshot: got": {State: []byte(`{"sweep": -1, "Step": -1}`), Arrays: map[string][]float64{"lambda": big, "gamma": big}},
			"snapshot: ":    {State: []byte(`{"alpha": 0.1, "eta": 0.05, "Alpha": 0.1, "Eta": 0.05}`), Arrays: map[string][]float64{"lambda": big[1:]}},
		} {
			if m.name == "gibbs" && strings.HasPrefix(string(from.State), "{") {
				from = &engine.Snapshot{State: []byte("3"), Arrays: map[string][]float64{"counts": big[2:]}}
			}
			_, err := m.fit(t.Context(), j, from, none)
			says(t, err, want)
		}
	}
	_, err := methods[3].fit(t.Context(), j, &engine.Snapshot{State: []byte("3"), Arrays: map[string][]float64{"counts": big, "topics": {0}}}, none)
	says(t, err, "got 1 topics after 3 sweeps")
}

// The rows of the heat map are proportions of documents, in the order of their largest topic, and its
// columns the topics by frequency.
func TestTheHeatMapShowsProportions(t *testing.T) {
	c := settings(generated, map[string]string{"topics": "5", "sweeps": "12"})
	m, j := run(t, c).Model.(*Model), &job{docs: opened(t, c), config: config(c)}
	topics := m.Topics(3)
	spec, err := m.heat(j, topics)
	if err != nil || len(spec.Values) != mostDocuments || len(spec.Columns) != 5 {
		t.Fatalf("got %d rows of %v, %v", len(spec.Values), spec.Columns, err)
	}
	before := 0
	for i, row := range spec.Values {
		sum := 0.
		for _, v := range row {
			sum += v
		}
		tk.Close(t, "row", sum, 1, 1e-12)
		if at := largest(row); at < before {
			t.Errorf("row %d: topic %d after %d", i, at, before)
		} else {
			before = at
		}
	}
	for i, one := range topics {
		if spec.Columns[i] != fmt.Sprint(one.Number) {
			t.Errorf("column %d: got %s, want %d", i, spec.Columns[i], one.Number)
		}
	}
}

// Proportions of a document that was drawn from one topic are almost all of that topic.
func TestProportionsFindTheTopicOfADocument(t *testing.T) {
	m := run(t, settings(generated, map[string]string{"topics": "10", "sweeps": "60"})).Model.(*Model)
	r, p := rng.New(3).Rand(), m.Fitted.Words()
	for k := range 10 {
		var b strings.Builder
		counts := map[int]int{}
		for range 400 {
			u, v := r.Float64(), 0
			for v < 24 && u >= p[k*25+v] {
				u -= p[k*25+v]
				v++
			}
			counts[v]++
		}
		fmt.Fprint(&b, len(counts))
		for v, n := range counts {
			fmt.Fprintf(&b, " %d:%d", v, n)
		}
		got, err := m.Assign(t.Context(), file(t, "one.dat", b.String()+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if best := got.Rows[0][1].(int); best != k+1 || got.Rows[0][1+best].(float64) < .8 {
			t.Errorf("topic %d: got %v", k+1, got.Rows[0])
		}
	}
}

// On the AP collection 25 topics are more than 25 % below the unigram, and five less so.
func TestTopicsOfThePressPredictHeldOutWords(t *testing.T) {
	if testing.Short() {
		t.Skip("fits for some seconds")
	}
	tk.DataFile(t, "ap-lda", "ap.dat.gz")
	dir := filepath.Join(tk.DataDir(t), "ap-lda")
	perplexity := map[string]float64{}
	for k, share := range map[string]float64{"5": 1, "25": .75} {
		r := run(t, settings(filepath.Join(dir, "ap.dat.gz"), map[string]string{"vocab": filepath.Join(dir, "vocab.txt"), "topics": k, "method": "svi", "sweeps": "4"}))
		p, u := figure(t, r.Outcome, "perplexity"), figure(t, r.Outcome, "unigram perplexity")
		t.Logf("%s topics: perplexity %.1f, of the unigram %.1f", k, p, u)
		if p > share*u {
			t.Errorf("%s topics: got %v, want below %v", k, p, share*u)
		}
		perplexity[k] = p
		if topics := r.Model.(*Model).Topics(5); len(topics[0].Words[0].Word) == 0 || topic.Default(5).Topics != 5 {
			t.Errorf("got %+v", topics[0])
		}
	}
	if perplexity["25"] >= perplexity["5"] {
		t.Errorf("got %v, want less with more topics", perplexity)
	}
}

// Figures that cannot be had are left out with a reason, and topics that predict worse than frequencies
// are told.
func TestWarningsSayWhatIsWrong(t *testing.T) {
	// Documents of two words that are drawn at random: thirty topics learn the noise.
	var b strings.Builder
	r := rng.New(3).Rand()
	for range 60 {
		i := r.IntN(40)
		fmt.Fprintf(&b, "2 %d:1 %d:1\n", i, (i+1+r.IntN(39))%40)
	}
	got := run(t, settings(file(t, "a.dat", b.String()), map[string]string{"topics": "30", "sweeps": "30", "alpha": "0.01", "eta": "0.01", "held-out": "0.3"}))
	if w := got.Outcome.Warnings; len(w) != 1 || w[0].Name != "topics predict worse than frequencies" || w[0].Remedy != "Lower --topics." {
		t.Errorf("got %+v", w)
	}
	got = run(t, settings(file(t, "a.dat", "1 0:1\n1 1:1\n1 0:1\n1 2:1\n"), map[string]string{"topics": "2", "sweeps": "3", "held-out": "0.5"}))
	if w := got.Outcome.Warnings; len(w) != 1 || w[0].Name != "no held-out figure" {
		t.Errorf("documents of one word: got %+v", w)
	}
	for _, h := range got.History {
		if h.HeldOut != nil {
			t.Errorf("got the held-out figure %v of documents of one word", *h.HeldOut)
		}
	}
}

func TestSharesLeaveThePriorOut(t *testing.T) {
	m := &Model{Fitted: &topic.Model{Topics: 2, Vocabulary: 3, Eta: .5, Alpha: 1, Lambda: []float64{1.5, .5, 2.5, .5, .5, 1.5}}}
	if got := m.shares(); !slices.Equal(got, []float64{.75, .25}) {
		t.Errorf("got %v, want 3 and 1 of 4 words", got)
	}
	for i := range m.Fitted.Lambda {
		m.Fitted.Lambda[i] = .5
	}
	if got := m.shares(); !slices.Equal(got, []float64{0, 0}) {
		t.Errorf("no words: got %v", got)
	}
}
