package lda

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// longestLine bounds a document of a text file with a document a line.
const longestLine = 16 << 20

// lines gives each line of a text as a document.
type lines struct {
	scan *bufio.Scanner
	line int
}

func newLines(r io.Reader) *lines {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), longestLine)
	return &lines{scan: s}
}

// Text implements [corpus.Text]; blank lines are no documents.
func (l *lines) Text() (string, error) {
	for l.scan.Scan() {
		l.line++
		if s := l.scan.Text(); strings.TrimSpace(s) != "" {
			return s, nil
		}
	}
	if err := l.scan.Err(); errors.Is(err, bufio.ErrTooLong) {
		return "", fmt.Errorf("lda: line %d: got more than %d bytes, want fewer", l.line+1, longestLine)
	} else if err != nil {
		return "", fmt.Errorf("lda: line %d: %w", l.line+1, err)
	}
	return "", io.EOF
}

// readFolder reads the files of a folder as documents.
func readFolder(s *source, path string, use func(corpus.Text) error) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return fmt.Errorf("lda: %s: got a file, want a folder of text files", path)
	}
	f, err := corpus.NewFolder(os.DirFS(path), "", corpus.Limits{})
	if err != nil {
		return err
	}
	if err := use(&summed{f, s}); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// summed hands texts on and sums them up.
type summed struct {
	from corpus.Text
	s    *source
}

// Text implements [corpus.Text].
func (t *summed) Text() (string, error) {
	text, err := t.from.Text()
	if err == nil && t.s.files != nil {
		t.s.files.Add(text)
	}
	return text, err
}

const barSeed = 0xba55

// bars draws n documents of 80 words on a grid of 5×5: each of ten topics has the words of a row or a
// column (Griffiths & Steyvers 2004, figure 2), and a document is of few topics.
func bars(n int, key rng.Key) (*corpus.Corpus, []string) {
	const side = 5
	var words []string
	for i := range side {
		for j := range side {
			words = append(words, fmt.Sprintf("row%d-col%d", i+1, j+1))
		}
	}
	r, c := key.Rand(), &corpus.Corpus{Vocabulary: side * side}
	for range n {
		share, counts := [2 * side]float64{}, [side * side]int32{}
		sum := 0.
		for k := range share {
			e := r.ExpFloat64()
			share[k] = e * e * e // few large ones
			sum += share[k]
		}
		for range 80 {
			u, k := r.Float64()*sum, 0
			for k < len(share)-1 && u >= share[k] {
				u -= share[k]
				k++
			}
			at := r.IntN(side)
			if k < side {
				counts[k*side+at]++
			} else {
				counts[at*side+k-side]++
			}
		}
		var d corpus.Document
		for v, count := range counts {
			if count > 0 {
				d.Terms, d.Counts = append(d.Terms, int32(v)), append(d.Counts, count)
			}
		}
		c.Add(d)
	}
	return c, words
}
