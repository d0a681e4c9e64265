package option

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestBoundsAreWithinTheRange(t *testing.T) {
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"gamma", "0", true},
		{"gamma", "10", true},
		{"gamma", "10.000001", false},
		{"gamma", "-1e-300", false},
		{"gamma", " 1 ", true},
		{"gamma", "0x1p3", true},
		{"codes", "2", true},
		{"codes", "64", true},
		{"codes", "1", false},
		{"codes", "65", false},
		{"codes", "6.4e1", true},
		{"levels", "2", true},
		{"levels", "99,2", true},
		{"levels", "100", false},
		{"levels", "8,5.5", false},
		{"levels", "", false},
		{"distance", "cosine", true},
		{"distance", "Cosine", false},
		{"distance", "", false},
		{"reset", "false", true},
		{"reset", "TRUE", false},
		{"column", "", true},
		{"column", "price, in €", true},
		{"vocab", "/no/such/file", true}, // whether it is there is for the reader to say
	} {
		o, ok := all.Find(c.name)
		if !ok {
			t.Fatalf("%s is not declared", c.name)
		}
		if err := o.Check(c.value); (err == nil) != c.ok {
			t.Errorf("%s=%q: got %v, want it accepted: %v", c.name, c.value, err, c.ok)
		}
	}
	if _, ok := all.Find("other"); ok {
		t.Error("found an option that is not declared")
	}
}

func TestNumbersThatAreWrittenAreReadToTheBit(t *testing.T) {
	o, r := Option{Name: "x", Kind: Number, Min: -math.MaxFloat64, Max: math.MaxFloat64}, rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		want := math.Float64frombits(r.Uint64())
		if math.IsNaN(want) || math.IsInf(want, 0) {
			continue
		}
		got, err := o.Parse(strconv.FormatFloat(want, 'g', -1, 64))
		if err != nil || len(got) != 1 || got[0] != want {
			t.Fatalf("%v: got %v, %v", want, got, err)
		}
	}
}

// Whatever is typed, a value is read exactly where it passes the check, and numbers lie in the range.
func FuzzValues(f *testing.F) {
	for _, v := range []string{"", "1", "-1", "1e400", "NaN", "8,5", "8,,", "true", "euclid", "9223372036854775808", "\x00", "１"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, o := range all {
			numbers, err := o.Parse(value)
			if checked := o.Check(value); err != nil && checked == nil {
				t.Fatalf("%s=%q: passes the check and cannot be read: %v", o.Name, value, err)
			} else if checked != nil && !strings.HasPrefix(checked.Error(), o.Name+": got "+fmt.Sprintf("%q", value)) {
				t.Fatalf("%s=%q: got %v, want the name and the value", o.Name, value, checked)
			}
			for _, v := range numbers {
				if o.Kind != Switch && !(v >= o.Min && v <= o.Max) {
					t.Fatalf("%s=%q: got %v outside %v to %v", o.Name, value, v, o.Min, o.Max)
				}
			}
		}
	})
}
