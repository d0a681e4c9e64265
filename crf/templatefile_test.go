package crf

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestTemplatesOfAFile(t *testing.T) {
	const text = "# words\nU00:%x[-2,0]\nU01:%x[-1,0]/%x[0,1]  # a pair\n\nU02\nB\n"
	got, transitions, err := ReadTemplates(strings.NewReader(text))
	want := []Template{{{0, -2}}, {{0, -1}, {1, 0}}, nil}
	if err != nil || !transitions || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, %v, want %v", got, transitions, err, want)
	}
	if _, transitions, err := ReadTemplates(strings.NewReader("U:%x[0,0]")); err != nil || transitions {
		t.Errorf("got %v, %v", transitions, err)
	}
}

func TestTemplateFilesThatAreNoneAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "crf: templates: got none",
		"B\n":                             "crf: templates: got none",
		"U:%x[0,0]\nX:%x[0,0]":            "templates: line 2: got \"X:%x[0,0]\", want a line that begins with U or B",
		"U:%x[0]":                         "line 1: got \"U:%x[0]\", want cells",
		"U:%y[0,0]":                       "want cells",
		"B:%x[0,0]":                       "transitions do not depend on cells",
		"U:%x[99999,0]":                   "crf: template 0",
		"U:%x[0,99999]":                   "crf: template 0",
		"U:%x[0,99999999999999999999999]": "want %x[offset,column]",
		strings.Repeat("U\n", 1001):       "line 1001: got more than 1000",
		strings.Repeat("U", 100_000):      "crf: templates: ",
	} {
		_, _, err := ReadTemplates(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
	if _, _, err := ReadTemplates(strings.NewReader("X")); !errors.As(err, new(*FormatError)) {
		t.Errorf("got %v, want a FormatError", err)
	}
}

// Seeded corruptions of a good file are errors or templates, never a panic.
func TestNoCorruptTemplateFilePanics(t *testing.T) {
	const good = "U00:%x[-2,0]\nU01:%x[-1,0]/%x[0,1]\nB\n"
	r := rng.New(4).Rand()
	for range 10_000 {
		b := []byte(good)
		for range 1 + r.IntN(4) {
			switch i := r.IntN(len(b)); r.IntN(3) {
			case 0:
				b[i] = byte(r.IntN(256))
			case 1:
				b = append(b[:i], b[i+1:]...)
			default:
				b = append(b[:i], append([]byte{good[r.IntN(len(good))]}, b[i:]...)...)
			}
		}
		if ts, _, err := ReadTemplates(strings.NewReader(string(b))); err == nil && len(ts) == 0 {
			t.Fatalf("%q: got neither templates nor an error", b)
		}
	}
}

// The templates of chunking as a file make the same features.
func TestChunkingAsAFile(t *testing.T) {
	var text strings.Builder
	for i, tpl := range Chunking() {
		text.WriteString("U" + string(rune('a'+i)) + ":")
		for _, c := range tpl {
			text.WriteString("%x[" + itoa(c.Offset) + "," + itoa(c.Column) + "]/")
		}
		text.WriteString("\n")
	}
	got, _, err := ReadTemplates(strings.NewReader(text.String()))
	if err != nil || !reflect.DeepEqual(got, Chunking()) {
		t.Errorf("got %v, %v", got, err)
	}
}

// itoa prints a small number.
func itoa(n int) string {
	if n < 0 {
		return "-" + itoa(-n)
	}
	return string(rune('0' + n))
}
