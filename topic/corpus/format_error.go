package corpus

import "fmt"

// FormatError tells what is wrong in a file of documents and where.
type FormatError struct {
	// Format is the format that the bytes were read as: lda-c, feat, jsonl, text, vocabulary.
	Format string
	// Line is the line, from 1, or the document where the format has no lines.
	Line int
	// Field is what was being read.
	Field string
	// Msg says what was found and what was wanted.
	Msg string
}

// Error implements error: "corpus: lda-c: line 3: count: got 0, want at least 1".
func (e *FormatError) Error() string {
	return fmt.Sprintf("corpus: %s: line %d: %s: %s", e.Format, e.Line, e.Field, e.Msg)
}
