package corpus

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode"
)

// Text is a source of documents as text; Text returns io.EOF at the end.
type Text interface {
	// Text is the next document.
	Text() (string, error)
}

// Tokenise splits text into words: runs of letters and digits in lower case, with apostrophes
// within a word, that hold at least one letter and have least to 64 runes.
func Tokenise(text string, least int) []string {
	var words []string
	isWord := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == '’'
	}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !isWord(r) }) {
		w = strings.ToLower(strings.Trim(w, "'’"))
		n := len([]rune(w))
		if n >= max(least, 1) && n <= 64 && strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			words = append(words, w)
		}
	}
	return words
}

// Pruning says which words make the vocabulary. Zero fields prune nothing.
type Pruning struct {
	// MinDocuments is the least number of documents that a word occurs in.
	MinDocuments int
	// MaxShare is the largest share of documents that a word occurs in.
	MaxShare float64
	// MaxWords keeps only the most frequent words.
	MaxWords int
	// MinRunes is the least length of a word.
	MinRunes int
	// Stop are words that are left out.
	Stop []string
}

// Vocabulary counts the words of all documents and returns those that the pruning leaves, most
// frequent first, of equals in the order of the alphabet. It needs memory for the words, not
// for the documents.
func Vocabulary(texts Text, p Pruning, limits Limits) ([]string, error) {
	limits = limits.orDefault()
	if p.MinDocuments < 0 || p.MaxWords < 0 || !(p.MaxShare >= 0 && p.MaxShare <= 1) {
		return nil, fmt.Errorf("corpus: pruning: got %d documents, share %g, %d words, want none below 0 and a share of at most 1", p.MinDocuments, p.MaxShare, p.MaxWords)
	}
	type use struct{ docs, tokens, last int }
	uses, docs := map[string]*use{}, 0
	for {
		text, err := texts.Text()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		docs++
		for _, w := range Tokenise(text, p.MinRunes) {
			u := uses[w]
			if u == nil {
				if len(uses) >= limits.Vocabulary {
					return nil, fmt.Errorf("corpus: text: document %d: got more than %d words, want fewer", docs, limits.Vocabulary)
				}
				u = &use{}
				uses[strings.Clone(w)] = u
			}
			u.tokens++
			if u.last != docs {
				u.docs, u.last = u.docs+1, docs
			}
		}
	}
	for _, w := range p.Stop {
		delete(uses, w)
	}
	var words []string
	for w, u := range uses {
		if u.docs >= p.MinDocuments && (p.MaxShare == 0 || float64(u.docs) <= p.MaxShare*float64(docs)) {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(uses[b].tokens-uses[a].tokens, cmp.Compare(a, b)) })
	if p.MaxWords > 0 {
		words = words[:min(len(words), p.MaxWords)]
	}
	return words, nil
}

// Bags turns texts into bags of the words of a vocabulary; other words are left out.
type Bags struct {
	texts Text
	ids   map[string]int32
	least int
	at    map[int32]int
}

// NewBags reads texts with a vocabulary and the least length of a word that it was made with.
func NewBags(texts Text, words []string, minRunes int) *Bags {
	b := &Bags{texts: texts, ids: map[string]int32{}, least: minRunes, at: map[int32]int{}}
	for i, w := range words {
		b.ids[w] = int32(i)
	}
	return b
}

// Next implements Reader; terms stand in the order of their first use.
func (b *Bags) Next(d *Document) error {
	text, err := b.texts.Text()
	if err != nil {
		return err
	}
	d.Terms, d.Counts, d.Label = d.Terms[:0], d.Counts[:0], 0
	clear(b.at)
	for _, w := range Tokenise(text, b.least) {
		id, ok := b.ids[w]
		if !ok {
			continue
		}
		if i, ok := b.at[id]; ok {
			d.Counts[i]++
			continue
		}
		b.at[id] = len(d.Terms)
		d.Terms, d.Counts = append(d.Terms, id), append(d.Counts, 1)
	}
	return nil
}

// Folder reads each plain file of a tree as a document, in the order of paths.
type Folder struct {
	tree  fs.FS
	paths []string
	limit int
}

// NewFolder lists the files below the root of a tree whose names end in suffix; hidden ones
// are left out.
func NewFolder(tree fs.FS, suffix string, limits Limits) (*Folder, error) {
	f := &Folder{tree: tree, limit: limits.orDefault().Line}
	err := fs.WalkDir(tree, ".", func(path string, e fs.DirEntry, err error) error {
		hidden := path != "." && strings.HasPrefix(e.Name(), ".")
		switch {
		case err != nil:
			return err
		case hidden && e.IsDir():
			return fs.SkipDir
		case !hidden && e.Type().IsRegular() && strings.HasSuffix(path, suffix):
			f.paths = append(f.paths, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("corpus: folder: %w", err)
	}
	return f, nil
}

// Text implements [Text].
func (f *Folder) Text() (string, error) {
	if len(f.paths) == 0 {
		return "", io.EOF
	}
	path := f.paths[0]
	f.paths = f.paths[1:]
	file, err := f.tree.Open(path)
	if err != nil {
		return "", fmt.Errorf("corpus: folder: %w", err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, int64(f.limit)+1))
	if err != nil {
		return "", fmt.Errorf("corpus: folder: %s: %w", path, err)
	}
	if len(b) > f.limit {
		return "", fmt.Errorf("corpus: folder: %s: got more than %d bytes, want fewer", path, f.limit)
	}
	return string(b), nil
}
