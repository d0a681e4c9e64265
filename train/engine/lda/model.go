package lda

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
	"github.com/elbo-go/elbo/train/engine"
)

// coherent is the number of words of a topic whose coherence is measured.
const coherent = 10

// Model is the topics with the words that they are of.
type Model struct {
	// Words are the vocabulary, nil where the words have no names.
	Words []string
	// Least is the least length of a word of text.
	Least int
	// Length is the mean length of the training documents.
	Length float64
	// NPMI is the coherence of each topic over the training documents.
	NPMI []float64
	// Fitted are the fitted topics.
	Fitted *topic.Model
}

// stored is a model as JSON.
type stored struct {
	Words  []string     `json:"words,omitempty"`
	Least  int          `json:"min_letters"`
	Length float64      `json:"length"`
	NPMI   []float64    `json:"npmi"`
	Fitted *topic.Model `json:"topics"`
}

// newModel measures the coherence of fitted topics.
func newModel(t *topic.Model, d *documents, least int) (*Model, error) {
	m := &Model{Words: d.words, Least: least, Fitted: t, Length: float64(d.train.Tokens()) / float64(d.train.Len())}
	if t.Vocabulary < 2 {
		m.NPMI = make([]float64, t.Topics) // there are no pairs of words
		return m, nil
	}
	var err error
	m.NPMI, err = topic.Coherence(t.Top(coherent), d.train)
	return m, err
}

// MarshalJSON writes the model; numbers keep every bit.
func (m *Model) MarshalJSON() ([]byte, error) { return json.Marshal(stored(*m)) }

// UnmarshalJSON reads a model that MarshalJSON wrote.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("lda: model: %w", err)
	}
	if s.Fitted == nil || len(s.NPMI) != s.Fitted.Topics || s.Words != nil && len(s.Words) != s.Fitted.Vocabulary || !(s.Length >= 0) {
		return fmt.Errorf("lda: model: got %d words and %d coherences, want those of the topics", len(s.Words), len(s.NPMI))
	}
	*m = Model(s)
	return nil
}

// word names a word.
func (m *Model) word(id int) string {
	if m.Words == nil {
		return fmt.Sprintf("word %d", id)
	}
	return m.Words[id]
}

// shares are the parts of all words that belong to the topics, by λ without η.
func (m *Model) shares() []float64 {
	t := m.Fitted
	out, sum := make([]float64, t.Topics), 0.
	for i, l := range t.Lambda {
		out[i%t.Topics] += max(l-t.Eta, 0)
	}
	for _, s := range out {
		sum += s
	}
	for k := range out {
		if sum > 0 {
			out[k] /= sum
		}
	}
	return out
}

// Topics lists the topics, the most frequent first. Their numbers are those of [Model.Assign].
func (m *Model) Topics(n int) (out []engine.Topic) {
	t, shares := m.Fitted, m.shares()
	p := t.Words()
	for k, ids := range t.Top(n) {
		one := engine.Topic{Number: k + 1, Weight: shares[k], Coherence: &m.NPMI[k]}
		for _, v := range ids {
			one.Words = append(one.Words, engine.Word{Word: m.word(v), P: p[k*t.Vocabulary+v]})
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b engine.Topic) int { return cmp.Compare(b.Weight, a.Weight) })
	return out
}

// read reads new documents of any format; words that the topics do not know are left out of text, and
// are an error in bags.
func (m *Model) read(path string) (*corpus.Corpus, error) {
	f := formatOf(guessed(path))
	if f.texts != nil && m.Words == nil {
		return nil, fmt.Errorf("lda: %s: got text for topics of words without names, want bags of words as in training", path)
	}
	c, err := f.read(&source{field: "text", words: m.Words, least: m.Least}, path)
	if err != nil {
		return nil, err
	}
	if c.Vocabulary > m.Fitted.Vocabulary {
		return nil, fmt.Errorf("lda: %s: got the word number %d, want one of %d as in training", path, c.Vocabulary-1, m.Fitted.Vocabulary)
	}
	return c, nil
}

// proportions infers the topics of documents, D×K.
func (m *Model) proportions(docs *corpus.Corpus, threads int) ([]float64, error) {
	k := m.Fitted.Topics
	gamma := make([]float64, docs.Len()*k)
	if docs.Len() == 0 {
		return gamma, nil
	}
	c := topic.Default(k)
	c.Inner, c.InnerTolerance, c.Threads = 200, 1e-4, threads
	if _, err := m.Fitted.Expect(threads).Infer(docs, gamma, c); err != nil {
		return nil, err
	}
	for d := range docs.Len() {
		row, sum := gamma[d*k:(d+1)*k], 0.
		for _, g := range row {
			sum += g
		}
		for i := range row {
			row[i] /= sum
		}
	}
	return gamma, nil
}

// Assign gives the expected proportions of the topics of each document of a path.
func (m *Model) Assign(_ context.Context, path string) (*engine.Table, error) {
	docs, err := m.read(path)
	if err != nil {
		return nil, err
	}
	theta, err := m.proportions(docs, 0)
	if err != nil {
		return nil, err
	}
	k := m.Fitted.Topics
	t := &engine.Table{Columns: []string{"document", "topic"}}
	for i := range k {
		t.Columns = append(t.Columns, fmt.Sprintf("topic_%d", i+1))
	}
	for d := range docs.Len() {
		row := theta[d*k : (d+1)*k]
		best := 0
		for i, p := range row {
			if p > row[best] {
				best = i
			}
		}
		cells := []any{d, best + 1}
		for _, p := range row {
			cells = append(cells, p)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t, nil
}

// Score returns ln p of the words at odd positions of each document given those at even ones.
func (m *Model) Score(_ context.Context, path string) (*engine.Scores, error) {
	docs, err := m.read(path)
	if err != nil {
		return nil, err
	}
	logs, _, err := m.Fitted.Scorer(0).Score(docs, 0)
	if err != nil {
		return nil, err
	}
	return &engine.Scores{Item: "document", What: "ln p(odd words | even words)", Log: logs}, nil
}

// Sample draws documents of the mean length of those of training, by expected topics.
func (m *Model) Sample(_ context.Context, n int, seed uint64) (*engine.Table, error) {
	t, r := m.Fitted, rng.New(seed).Named("sample").Rand()
	alpha, p := t.Alphas, t.Words()
	if alpha == nil {
		alpha = slices.Repeat([]float64{t.Alpha}, t.Topics)
	}
	pick := func(weights []float64, sum float64) int {
		u := r.Float64() * sum
		for i, w := range weights {
			if u -= w; u < 0 {
				return i
			}
		}
		return len(weights) - 1
	}
	out := &engine.Table{Columns: []string{"document", "text"}}
	for d := range n {
		theta, sum := make([]float64, t.Topics), 0.
		for k, a := range alpha {
			theta[k] = rng.Gamma(r, a)
			sum += theta[k]
		}
		var words []string
		for range max(1, int(math.Round(m.Length))) {
			k := pick(theta, sum)
			words = append(words, m.word(pick(p[k*t.Vocabulary:(k+1)*t.Vocabulary], 1)))
		}
		out.Rows = append(out.Rows, []any{d, strings.Join(words, " ")})
	}
	return out, nil
}

// judge measures a model.
func judge(m *Model, j *job) (o engine.Outcome, err error) {
	add := func(name string, value float64, unit, text string) {
		o.Figures = append(o.Figures, engine.Figure{Name: name, Value: value, Unit: unit, Text: text})
	}
	t, d := m.Fitted, j.docs
	mean := 0.
	for _, v := range m.NPMI {
		mean += v / float64(len(m.NPMI))
	}
	verdict := fmt.Sprintf("%d topics of %s documents", t.Topics, text.Thousands(d.train.Len()))
	if done, err := t.Complete(d.test, j.config); err == nil {
		alone, err := topic.Unigram(d.train, d.test)
		if err != nil {
			return o, err
		}
		add("perplexity", done.Perplexity, "", fmt.Sprintf("of %s words at odd positions of %s held-out documents, given those at even ones", text.Thousands(done.Tokens), text.Thousands(d.test.Len())))
		add("unigram perplexity", alone.Perplexity, "", fmt.Sprintf("of the same words by their frequencies; topics are %.1f %% below", 100*(1-done.Perplexity/alone.Perplexity)))
		verdict += fmt.Sprintf("; held-out perplexity %.1f, %.1f %% below the unigram's", done.Perplexity, 100*(1-done.Perplexity/alone.Perplexity))
		if done.Perplexity > alone.Perplexity {
			o.Warnings = append(o.Warnings, engine.Warning{Name: "topics predict worse than frequencies", Text: "The documents may be too few or too short for as many topics.", Remedy: "Lower --topics."})
		}
	} else {
		o.Warnings = append(o.Warnings, engine.Warning{Name: "no held-out figure", Text: "No held-out document has two words.", Remedy: "Raise --held-out, or name documents with --test."})
	}
	add("coherence", mean, "NPMI", fmt.Sprintf("mean over topics of that of their %d likeliest words in the training documents; from −1 to 1", coherent))
	add("topics", float64(t.Used(1)), "", fmt.Sprintf("hold at least one word, of %d", t.Topics))
	o.Verdict = verdict + "."
	return o, nil
}
