package crf

import (
	"fmt"
	"io"
	"slices"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train/engine"
)

// generated is the name of the sentences that are drawn.
const generated = "phrases"

// sentences are the files of a run.
type sentences struct {
	name        string
	columns     int // of what is seen
	train, test []crf.Sequence
	labels      []string // in order
	templates   []crf.Template
	apart       bool // the template file has no transitions
	fingerprint string
	notes       []string
}

// read reads or draws the files of a config.
func read(c engine.Config) (*sentences, error) {
	s, files := &sentences{name: c.Data}, engine.NewFiles("conll")
	if c.Data == generated {
		s.train, s.test = phrases(400, rng.New(phraseSeed).Named("train")), phrases(100, rng.New(phraseSeed).Named("test"))
	} else {
		var err error
		if s.train, err = readColumns(files, c.Data); err != nil {
			return nil, err
		}
	}
	if len(s.train) == 0 {
		return nil, fmt.Errorf("crf: %s: got no sentence, want at least one", c.Data)
	}
	s.columns = len(s.train[0].Rows[0])
	if path := c.Text("test"); path != "" {
		var err error
		if s.test, err = readColumns(files, path); err != nil {
			return nil, err
		}
		if len(s.test) > 0 && len(s.test[0].Rows[0]) != s.columns {
			return nil, fmt.Errorf("crf: %s: got %d columns before the label, want %d as in %s", path, len(s.test[0].Rows[0]), s.columns, c.Data)
		}
	}
	for _, q := range s.train {
		s.labels = append(s.labels, q.Labels...)
	}
	slices.Sort(s.labels)
	s.labels = slices.Compact(s.labels)
	if err := s.features(files, c.Text("templates")); err != nil {
		return nil, err
	}
	s.fingerprint = files.Fingerprint()
	return s, nil
}

// readColumns reads labelled sentences.
func readColumns(files *engine.Files, path string) (out []crf.Sequence, err error) {
	err = files.Read(path, func(r io.Reader) error {
		out, err = crf.ReadColumns(r, true, crf.Limits{})
		return err
	})
	return out, err
}

// features chooses the templates: those of a file, or the usual ones of the number of columns.
func (s *sentences) features(files *engine.Files, path string) (err error) {
	switch {
	case path != "":
		transitions := false
		err = files.Read(path, func(r io.Reader) error {
			s.templates, transitions, err = crf.ReadTemplates(r)
			return err
		})
		s.apart = !transitions
		if err == nil && s.apart {
			s.notes = append(s.notes, path+" has no line B: each token is classified by itself")
		}
	case s.columns == 2:
		s.templates = crf.Chunking()
	default:
		s.templates = append(crf.Window(0, 2), crf.Window(0, 1, 2)[3:]...)
		for j := 1; j < s.columns; j++ {
			s.templates = append(s.templates, crf.Window(j, 2, 2)...)
		}
	}
	for _, t := range s.templates {
		for _, cell := range t {
			if err == nil && cell.Column >= s.columns {
				err = fmt.Errorf("crf: %s: got a template of column %d, want one below %d", path, cell.Column, s.columns)
			}
		}
	}
	return err
}

// String counts sentences and tokens.
func (s *sentences) String() string {
	out := fmt.Sprintf("%s: %s sentences of %s tokens, %d columns, %d labels", s.name, text.Thousands(len(s.train)), text.Thousands(tokens(s.train)), s.columns, len(s.labels))
	if len(s.test) > 0 {
		out += fmt.Sprintf("; %s sentences to test", text.Thousands(len(s.test)))
	}
	return out
}

// tokens counts tokens.
func tokens(data []crf.Sequence) (n int) {
	for _, s := range data {
		n += len(s.Rows)
	}
	return n
}

const phraseSeed = 0x9a5e

// phrases draws n sentences from a small grammar: noun phrases of a determiner, adjectives and a noun,
// verb phrases, prepositional and adverbial ones, with the chunks as labels. Some words are of two
// kinds, which only their neighbours tell apart.
func phrases(n int, key rng.Key) (out []crf.Sequence) {
	r := key.Rand()
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	for range n {
		var s crf.Sequence
		add := func(word, tag, label string) {
			s.Rows, s.Labels = append(s.Rows, []string{word, tag}), append(s.Labels, label)
		}
		noun := func() {
			mark := "B-NP"
			next := func(word, tag string) { add(word, tag, mark); mark = "I-NP" }
			if r.Float64() < .8 {
				next(pick("the", "a", "this", "every", "no"), "DT")
			}
			for r.Float64() < .4 {
				next(pick("old", "quick", "green", "light", "calm", "last"), "JJ")
			}
			next(pick("dog", "river", "plan", "light", "work", "stone", "run", "price"), "NN")
		}
		noun()
		for range 1 + r.IntN(2) {
			mark := "B-VP"
			if r.Float64() < .3 {
				add(pick("will", "may", "should"), "MD", mark)
				mark = "I-VP"
			}
			add(pick("plan", "see", "run", "work", "light", "hold", "price"), "VB", mark)
			if r.Float64() < .7 {
				noun()
			}
			if r.Float64() < .4 {
				add(pick("in", "on", "over", "by"), "IN", "B-PP")
				noun()
			}
			if r.Float64() < .2 {
				add(pick("quickly", "now", "calmly"), "RB", "B-ADVP")
			}
		}
		add(".", ".", "O")
		for i := range s.Rows { // a tagger that errs
			if r.Float64() < .05 {
				s.Rows[i][1] = pick("NN", "VB", "JJ")
			}
		}
		out = append(out, s)
	}
	return out
}
