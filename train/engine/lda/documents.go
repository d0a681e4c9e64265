package lda

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/topic/corpus"
	"github.com/elbo-go/elbo/train/engine"
)

// generated is the name of the documents that are drawn.
const generated = "bars"

// documents are the collection of a run.
type documents struct {
	name        string
	train, test *corpus.Corpus
	words       []string // nil where they have no names
	fingerprint string
	notes       []string
}

// read reads or draws the documents of a config.
func read(c engine.Config) (*documents, error) {
	d := &documents{name: c.Data}
	if c.Data == generated {
		all, words := bars(600, rng.New(barSeed))
		d.words, d.fingerprint = words, fmt.Sprintf("%s %d", generated, c.Seed)
		return d, d.part(all, c)
	}
	s := source{format: c.Text("format"), field: c.Text("field"), files: engine.NewFiles("documents " + c.Text("format") + " " + c.Text("field"))}
	if s.format == guess {
		s.format = guessed(c.Data)
	}
	format := formatOf(s.format)
	if err := d.vocabulary(c, &s, format); err != nil {
		return nil, err
	}
	all, err := format.read(&s, c.Data)
	if err != nil {
		return nil, err
	}
	if path := c.Text("test"); path != "" {
		if d.test, err = format.read(&s, path); err != nil {
			return nil, err
		}
	}
	if d.words != nil && all.Vocabulary > len(d.words) {
		return nil, fmt.Errorf("lda: %s: got the word number %d, want one of the %d of --vocab", c.Data, all.Vocabulary, len(d.words))
	}
	all.Vocabulary = max(all.Vocabulary, len(d.words))
	if err := d.part(all, c); err != nil {
		return nil, err
	}
	d.fingerprint = s.files.Fingerprint() + fmt.Sprintf(" %d+%d of %d words", d.train.Len(), d.test.Len(), d.train.Vocabulary)
	return d, nil
}

// vocabulary reads the words of bags, or makes those of text.
func (d *documents) vocabulary(c engine.Config, s *source, format format) (err error) {
	if path := c.Text("vocab"); path != "" {
		if format.texts != nil {
			d.notes = append(d.notes, "the words of text are those of --vocab; others are left out")
		}
		err = s.files.Read(path, func(r io.Reader) error {
			d.words, err = corpus.ReadVocabulary(r, corpus.Limits{})
			return err
		})
		s.words = d.words
		return err
	}
	if format.texts == nil {
		d.notes = append(d.notes, "the words have no names; --vocab gives them")
		return nil
	}
	p := corpus.Pruning{MinDocuments: c.Whole("min-docs"), MaxShare: c.Number("max-share"), MaxWords: c.Whole("max-words"), MinRunes: c.Whole("min-letters")}
	if path := c.Text("stop"); path != "" {
		err = s.files.Read(path, func(r io.Reader) error {
			p.Stop, err = corpus.ReadVocabulary(r, corpus.Limits{})
			return err
		})
		if err != nil {
			return err
		}
	}
	s.least = p.MinRunes
	err = format.texts(s, c.Data, func(t corpus.Text) error {
		d.words, err = corpus.Vocabulary(t, p, corpus.Limits{})
		return err
	})
	if err == nil && len(d.words) == 0 {
		err = fmt.Errorf("lda: %s: got no word in %d to %g of the documents, want some; lower --min-docs or raise --max-share", c.Data, p.MinDocuments, p.MaxShare)
	}
	s.words = d.words
	return err
}

// part takes documents without words out and holds some others out.
func (d *documents) part(all *corpus.Corpus, c engine.Config) error {
	var worded []int
	for i := range all.Len() {
		if all.Starts[i] < all.Starts[i+1] {
			worded = append(worded, i)
		}
	}
	if empty := all.Len() - len(worded); empty > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%s documents have no word and are left out", text.Thousands(empty)))
	}
	held := 0
	if d.test == nil {
		held = int(math.Round(c.Number("held-out") * float64(len(worded))))
	}
	if len(worded)-held < 1 {
		return fmt.Errorf("lda: %s: got %d documents with a word, of which %d are held out, want at least one to fit", d.name, len(worded), held)
	}
	order := rng.New(c.Seed).Named("held-out").Perm(len(worded))
	pick := func(at []int) *corpus.Corpus {
		var chosen []int
		for _, i := range slices.Sorted(slices.Values(at)) {
			chosen = append(chosen, worded[i])
		}
		s := all.Subset(chosen)
		s.Vocabulary = all.Vocabulary
		return s
	}
	d.train = pick(order[held:])
	if d.test == nil {
		d.test = pick(order[:held])
	}
	if d.test.Vocabulary > d.train.Vocabulary {
		return fmt.Errorf("lda: test documents: got the word number %d, want one of the %d of the others", d.test.Vocabulary, d.train.Vocabulary)
	}
	d.test.Vocabulary = d.train.Vocabulary
	return nil
}

// String counts documents and words.
func (d *documents) String() string {
	out := fmt.Sprintf("%s: %s documents, %s words in all, a vocabulary of %s", d.name, text.Thousands(d.train.Len()),
		text.Thousands(d.train.Tokens()), text.Thousands(d.train.Vocabulary))
	if d.test.Len() > 0 {
		out += fmt.Sprintf("; %s documents held out", text.Thousands(d.test.Len()))
	}
	return out
}

// guess is the format that the name of a file tells.
const guess = "guess"

// source is what documents are read with.
type source struct {
	format, field string
	files         *engine.Files // sums up what is read; nil sums up nothing
	words         []string      // of text
	least         int           // letters of a word of text
}

// format is a way to write documents.
type format struct {
	name   string
	texts  func(s *source, path string, use func(corpus.Text) error) error // of text, nil for bags
	bags   func(io.Reader) corpus.Reader                                   // of bags
	suffix []string                                                        // of names
}

// formats lists the formats; the first is that of files whose name tells nothing.
var formats = []format{
	{name: "lda-c", bags: func(r io.Reader) corpus.Reader { return corpus.NewLDAC(r, corpus.Limits{}) }},
	{name: "feat", bags: func(r io.Reader) corpus.Reader { return corpus.NewFeat(r, corpus.Limits{}) }, suffix: []string{".feat"}},
	{name: "jsonl", texts: func(s *source, path string, use func(corpus.Text) error) error {
		return s.files.Read(path, func(r io.Reader) error { return use(corpus.NewJSONL(r, s.field, corpus.Limits{})) })
	}, suffix: []string{".jsonl", ".ndjson"}},
	{name: "lines", texts: func(s *source, path string, use func(corpus.Text) error) error {
		return s.files.Read(path, func(r io.Reader) error { return use(newLines(r)) })
	}, suffix: []string{".txt"}},
	{name: "folder", texts: readFolder},
}

// formatNames lists the choices of a format.
func formatNames() []string {
	out := []string{guess}
	for _, f := range formats {
		out = append(out, f.name)
	}
	return out
}

// formatOf is a format by its name.
func formatOf(name string) format {
	return formats[slices.IndexFunc(formats, func(f format) bool { return f.name == name })]
}

// guessed tells the format from a path.
func guessed(path string) string {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return "folder"
	}
	name := strings.TrimSuffix(strings.ToLower(path), ".gz")
	for _, f := range formats {
		if slices.ContainsFunc(f.suffix, func(s string) bool { return strings.HasSuffix(name, s) }) {
			return f.name
		}
	}
	return formats[0].name
}

// read reads the documents of a path.
func (f format) read(s *source, path string) (out *corpus.Corpus, err error) {
	if f.texts != nil {
		err = f.texts(s, path, func(t corpus.Text) error {
			out, err = corpus.ReadAll(corpus.NewBags(t, s.words, s.least), len(s.words), corpus.Limits{})
			return err
		})
		return out, err
	}
	err = s.files.Read(path, func(r io.Reader) error {
		out, err = corpus.ReadAll(f.bags(r), 0, corpus.Limits{})
		return err
	})
	return out, err
}
