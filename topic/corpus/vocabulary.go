package corpus

import (
	"bytes"
	"io"
)

// ReadVocabulary reads the words of the terms, one a line; what follows the first blank of a
// line, such as a frequency, is left out.
func ReadVocabulary(r io.Reader, limits Limits) ([]string, error) {
	l := newLines(r, "vocabulary", limits)
	var words []string
	for {
		line, err := l.next()
		if err == io.EOF {
			return words, nil
		}
		if err != nil {
			return nil, err
		}
		if len(words) >= l.limits.Vocabulary {
			return nil, l.fail("words", "got more than %d, want fewer", l.limits.Vocabulary)
		}
		words = append(words, string(bytes.Fields(line)[0]))
	}
}
