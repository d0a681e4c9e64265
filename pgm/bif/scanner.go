package bif

import (
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/pgm"
)

// scanner cuts the text into words. Blanks and commas part words; { } ( ) [ ] , | ; are words;
// // and /* begin comments where a word could begin.
type scanner struct {
	text   string
	at     int
	line   int
	failed error
}

const marks = "{}()[],|;"

// next is the next word, or empty at the end of the file.
func (s *scanner) next() string {
	s.blanks()
	if s.at >= len(s.text) {
		return ""
	}
	start, c := s.at, s.text[s.at]
	if strings.IndexByte(marks, c) >= 0 {
		s.at++
		return s.text[start:s.at]
	}
	if c == '"' {
		end := strings.IndexByte(s.text[start+1:], '"')
		if end < 0 {
			s.at, s.failed = len(s.text), s.fault("string", "no closing quotation mark", "one")
			return ""
		}
		s.at = start + end + 2
		word := s.text[start+1 : s.at-1]
		s.line += strings.Count(word, "\n")
		return word
	}
	for s.at < len(s.text) && !blank(s.text[s.at]) && strings.IndexByte(marks, s.text[s.at]) < 0 {
		s.at++
	}
	return s.text[start:s.at]
}

func blank(c byte) bool { return c <= ' ' }

// blanks passes over blanks and comments.
func (s *scanner) blanks() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case blank(rest[0]):
			if rest[0] == '\n' {
				s.line++
			}
			s.at++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			s.at += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			if end < 0 {
				s.failed = s.fault("comment", "no end of it", "*/")
				end = len(rest) - 2
			}
			s.line += strings.Count(rest[:end+2], "\n")
			s.at += end + 2
		default:
			return
		}
	}
}

// expect reads words that have to stand here.
func (s *scanner) expect(field string, words ...string) error {
	for _, want := range words {
		if got := s.next(); got != want {
			return s.fault(field, quoted(got), quoted(want))
		}
	}
	return nil
}

// fault is the error at this line.
func (s *scanner) fault(field, got, want string) error {
	if s.failed != nil {
		return s.failed
	}
	return &pgm.FormatError{Format: "bif", Line: s.line, Field: field, Got: got, Want: want}
}

// quoted shows a word, shortened, or says that the file ended.
func quoted(word string) string {
	if word == "" {
		return "the end of the file"
	}
	if len(word) > 40 {
		word = word[:40] + "…"
	}
	return strconv.Quote(word)
}

// isName says that a word is no mark.
func isName(word string) bool { return word != "" && !strings.ContainsAny(word, marks) }
