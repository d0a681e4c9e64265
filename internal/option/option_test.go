package option

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// all has an option of every kind.
var all = Set{
	{Name: "gamma", Usage: "a number", Default: "1.5", Kind: Number, Max: 10, Small: "1"},
	{Name: "codes", Usage: "a whole number", Default: "8", Kind: Whole, Min: 2, Max: 64},
	{Name: "levels", Usage: "a list", Default: "8,5", Kind: List, Min: 2, Max: 99},
	{Name: "distance", Usage: "a choice", Default: "euclid", Kind: Choice, Choices: []string{"euclid", "cosine"}},
	{Name: "reset", Usage: "a switch", Default: "true", Kind: Switch},
	{Name: "column", Usage: "a text", Kind: Text},
	{Name: "vocab", Usage: "a path", Kind: Path},
}

func TestDefaultsAreValidAndFillWhatIsNotGiven(t *testing.T) {
	given := map[string]string{"gamma": "3e-1", "levels": "4, 3", "column": "a, b"}
	v := all.Filled(given)
	if err := all.Check(v); err != nil {
		t.Fatal(err)
	}
	if len(given) != 3 || len(v) != len(all) {
		t.Errorf("got %d values of %d given, want %d of 3", len(v), len(given), len(all))
	}
	for name, want := range map[string][]float64{"gamma": {.3}, "codes": {8}, "levels": {4, 3}, "reset": {1}, "distance": nil, "vocab": nil} {
		if got := all.Numbers(v, name); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if got := Set(nil).Filled(given); len(got) != 3 {
		t.Errorf("nothing declared: got %v, want what was given", got)
	}
}

func TestWrongValuesAreNamed(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"gama", "1", "got the setting gama, want one of gamma, codes, levels, distance, reset, column, vocab"},
		{"gamma", "ten", `gamma: got "ten", want a number from 0 to 10`},
		{"gamma", "NaN", "want a number"},
		{"gamma", "Inf", "want a number"},
		{"gamma", "-1", "want a number from 0 to 10"},
		{"codes", "2.5", `codes: got "2.5", want a whole number from 2 to 64`},
		{"codes", "", "want a whole number"},
		{"levels", "8,,5", "want whole numbers from 2 to 99, parted by commas"},
		{"distance", "manhattan", `distance: got "manhattan", want one of euclid, cosine`},
		{"reset", "yes", `reset: got "yes", want true or false`},
	} {
		err := all.Check(map[string]string{c.name: c.value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%q: got %v, want %q", c.name, c.value, err, c.want)
		}
	}
	if err := Set(nil).Check(map[string]string{"a": "1"}); err == nil || !strings.Contains(err.Error(), "want none of its own") {
		t.Errorf("got %v", err)
	}
}

func TestUsageSaysChoicesAndDefault(t *testing.T) {
	var got []string
	for _, o := range all {
		got = append(got, o.Described())
	}
	want := []string{"a number (default 1.5)", "a whole number (default 8)", "a list (default 8,5)", "a choice: euclid, cosine (default euclid)",
		"a switch (default true)", "a text", "a path"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s := all.Small(); len(s) != 1 || s["gamma"] != "1" {
		t.Errorf("small: got %v", s)
	}
	if s := all[1:].Small(); s != nil {
		t.Errorf("small of none: got %v", s)
	}
}

func TestReadingWhatIsNotDeclaredIsAMistakeOfTheProgram(t *testing.T) {
	for _, f := range []func(){
		func() { all.Numbers(nil, "delta") },
		func() { all.Numbers(map[string]string{"codes": "x"}, "codes") },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || fmt.Sprint(r) == "" {
					t.Error("read without a panic")
				}
			}()
			f()
		}()
	}
}
