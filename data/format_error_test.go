package data

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestFormatErrorsSayWhatWhereAndWhy(t *testing.T) {
	for _, c := range []struct {
		err  FormatError
		want string
	}{
		{FormatError{Format: "idx", Offset: 4, Field: "count", Msg: "got 3, want 2"}, "data: idx: byte 4: count: got 3, want 2"},
		{FormatError{Format: "idx", Path: "a/b.gz", Offset: 0, Field: "magic", Msg: "got 1, want 2"}, "data: idx: a/b.gz: byte 0: magic: got 1, want 2"},
		{FormatError{Format: "csv", Offset: -1, Field: `row 3, column "x"`, Msg: "got y"}, `data: csv: row 3, column "x": got y`},
		{FormatError{Format: "npz", Offset: -1, Msg: "got y"}, "data: npz: got y"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestFormatErrorsAreFoundThroughWraps(t *testing.T) {
	inner := &FormatError{Format: "idx", Offset: 9, Field: "values", Msg: "got little", Err: io.ErrUnexpectedEOF}
	err := fmt.Errorf("train: %w", fmt.Errorf("open: %w", inner))
	var fe *FormatError
	if !errors.As(err, &fe) || fe.Offset != 9 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v and %v", fe, err)
	}
	if !errors.Is(inFile("p", err), err) || inner.Path != "p" {
		t.Errorf("got path %q, want p", inner.Path)
	}
	// The innermost file is the one at fault: a folder does not take its place.
	if inFile("folder", err); inner.Path != "p" {
		t.Errorf("got path %q, want p still", inner.Path)
	}
	if inFile("p", nil) != nil || inFile("p", io.EOF) != io.EOF {
		t.Error("got other errors changed")
	}
}

// A cut file of any binary format can be told from a damaged one.
func TestCutFilesAreUnexpectedEnds(t *testing.T) {
	for format, b := range map[string][]byte{
		"idx": mkIDX(8, []uint32{2, 2}, nil)[:6], "npy": npzX[:20],
	} {
		if _, err := readSized(format, b, ReadOptions{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %v, want one that is io.ErrUnexpectedEOF", format, err)
		}
	}
}

func TestBytesOfAFileAreQuotedAndCutInErrors(t *testing.T) {
	if got := quote("a\x00\"" + strings.Repeat("b", 100)); got != `"a\x00\"`+strings.Repeat("b", 37)+`"…` {
		t.Errorf("got %s", got)
	}
	names := make([]string, 25)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	if got := list(names); !strings.HasSuffix(got, `"19" and 5 more`) || !strings.HasPrefix(got, `"0", "1"`) {
		t.Errorf("got %s", got)
	}
	if got := list(nil); got != "" {
		t.Errorf("got %q", got)
	}
}
