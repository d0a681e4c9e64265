package crf

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

const short = "He PRP B-NP\nreckons\tVBZ   B-VP\r\n\n\n. . O\n"

func TestColumnsAreRead(t *testing.T) {
	got, err := ReadColumns(strings.NewReader(short), true, Limits{})
	want := []Sequence{
		{[][]string{{"He", "PRP"}, {"reckons", "VBZ"}}, []string{"B-NP", "B-VP"}},
		{[][]string{{".", "."}}, []string{"O"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	got, err = ReadColumns(strings.NewReader(short), false, Limits{})
	if err != nil || len(got) != 2 || got[0].Labels != nil || got[0].Rows[1][2] != "B-VP" {
		t.Errorf("without labels: got %v, %v", got, err)
	}
	if got, err = ReadColumns(strings.NewReader("\n \n"), true, Limits{}); err != nil || len(got) != 0 {
		t.Errorf("nothing: got %v, %v", got, err)
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	data, err := ReadColumns(strings.NewReader(short), true, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteColumns(&b, data, nil); err != nil {
		t.Fatal(err)
	}
	back, err := ReadColumns(&b, true, Limits{})
	if err != nil || !reflect.DeepEqual(back, data) {
		t.Errorf("got %v, %v, want %v", back, err, data)
	}
	if err := WriteColumns(&b, data, [][]string{{"O", "O"}, {"B-VP"}}); err != nil {
		t.Fatal(err)
	}
	if want := "He PRP B-NP O\nreckons VBZ B-VP O\n\n. . O B-VP\n\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestBadColumnsAreNamedByLine(t *testing.T) {
	limits := Limits{MaxTokens: 5, MaxLength: 3, MaxColumns: 4, MaxLine: 20}
	for text, want := range map[string]string{
		"a b\na b c\n":                       "line 2: columns: got 3, want 2 as above",
		"a b\n\na\n":                         "line 3: columns: got 1, want 2 as above",
		"a\n":                                "line 1: columns: got 1, want 2 to 4",
		"a b c d e\n":                        "line 1: columns: got 5, want 2 to 4",
		"a b\na b\na b\na b\n":               "line 4: got more than 3 tokens without an empty line",
		strings.Repeat("a b\n\n", 6):         "line 11: got more than 5 tokens",
		"a b\n" + strings.Repeat("x", 21):    "line 2: got more than 20 bytes",
		"a b\n" + strings.Repeat("x", 50000): "line 2: got more than 20 bytes",
		"a \xff\n":                           "line 1: got bytes that are not UTF-8",
	} {
		_, err := ReadColumns(strings.NewReader(text), true, limits)
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.HasPrefix(err.Error(), "crf: conll: "+want) {
			t.Errorf("%.20q: got %v, want %q", text, err, want)
		}
	}
	broken := errors.New("broken")
	if _, err := ReadColumns(iotest.ErrReader(broken), true, Limits{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

func TestWhatCannotBeReadBackIsNotWritten(t *testing.T) {
	row := [][]string{{"a"}}
	for want, c := range map[string]struct {
		s Sequence
		p [][]string
	}{
		`got "a b"`:                 {Sequence{[][]string{{"a b"}}, nil}, nil},
		`got ""`:                    {Sequence{row, []string{""}}, nil},
		`got "x\xff"`:               {Sequence{row, nil}, [][]string{{"x\xff"}}},
		"labels: got 2, want 1":     {Sequence{row, []string{"O", "O"}}, nil},
		"predicted labels: got 2":   {Sequence{row, nil}, [][]string{{"O", "O"}}},
		"labellings: got 2, want 1": {Sequence{row, nil}, [][]string{{"O"}, {"O"}}},
	} {
		err := WriteColumns(&bytes.Buffer{}, []Sequence{c.s}, c.p)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// FuzzReadColumns: what is read can be written and read back; nothing panics.
func FuzzReadColumns(f *testing.F) {
	f.Add([]byte(short))
	f.Add([]byte("a\u0085b c\n\x00 \x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		data, err := ReadColumns(bytes.NewReader(text), true, Limits{})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteColumns(&b, data, nil); err != nil {
			t.Fatal(err)
		}
		if back, err := ReadColumns(&b, true, Limits{}); err != nil || !reflect.DeepEqual(back, data) {
			t.Errorf("got %v, %v, want %v", back, err, data)
		}
	})
}
