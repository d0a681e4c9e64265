package option

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// What Check lets through, Parse reads as what was written, within the bounds.
func TestNumbersReadBackAsTheyWereWritten(t *testing.T) {
	r := rng.New(1).Rand()
	number := Option{Name: "x", Kind: Number, Min: -5, Max: 5}
	whole := Option{Name: "n", Kind: Whole, Min: -5, Max: 5}
	list := Option{Name: "l", Kind: List, Min: 0, Max: 9}
	for range 1000 {
		x := 20*r.Float64() - 10
		v, err := number.Parse(strconv.FormatFloat(x, 'g', -1, 64))
		if inside := math.Abs(x) <= 5; inside != (err == nil) || inside && v[0] != x {
			t.Fatalf("%v: got %v, %v", x, v, err)
		}
		n := r.IntN(21) - 10
		v, err = whole.Parse(fmt.Sprint(n))
		if inside := n >= -5 && n <= 5; inside != (err == nil) || inside && v[0] != float64(n) {
			t.Fatalf("%v: got %v, %v", n, v, err)
		}
		var texts []string
		var want []float64
		for range 1 + r.IntN(4) {
			k := r.IntN(10)
			texts, want = append(texts, strings.Repeat(" ", r.IntN(2))+fmt.Sprint(k)), append(want, float64(k))
		}
		if v, err = list.Parse(strings.Join(texts, ",")); err != nil || !slices.Equal(v, want) {
			t.Fatalf("%q: got %v, %v", texts, v, err)
		}
	}
}

// Texts that a stranger may have written are errors or values, never a panic, and an error names option
// and value.
func TestNoTextPanics(t *testing.T) {
	r := rng.New(2).Rand()
	letters := []rune("0123456789.,-+eE NaIinftrueals\x00é")
	for range 5000 {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		for _, o := range all {
			if err := o.Check(b.String()); err != nil && !strings.HasPrefix(err.Error(), fmt.Sprintf("%s: got %q, want", o.Name, b.String())) {
				t.Fatalf("%s: %q: got %v", o.Name, b.String(), err)
			}
		}
	}
}

func TestTheLimitsThemselvesAreAllowed(t *testing.T) {
	for _, o := range all {
		for _, v := range []float64{o.Min, o.Max} {
			if o.Kind != Number && o.Kind != Whole && o.Kind != List {
				continue
			}
			if err := o.Check(fmt.Sprint(v)); err != nil {
				t.Errorf("%s at its limit: %v", o.Name, err)
			}
			out := v + 1
			if v == o.Min {
				out = v - 1
			}
			if err := o.Check(fmt.Sprint(out)); err == nil {
				t.Errorf("%s: %v beyond the limit %v was allowed", o.Name, out, v)
			}
		}
	}
}

// The first wrong value by name is told, so that messages do not change from call to call.
func TestTheSameMistakeIsToldEveryTime(t *testing.T) {
	wrong := map[string]string{"reset": "maybe", "codes": "x", "gamma": "y", "zeta": "1"}
	for range 20 {
		if err := all.Check(wrong); err == nil || !strings.HasPrefix(err.Error(), "codes: ") {
			t.Fatalf("got %v", err)
		}
	}
}

func TestAnOptionIsFoundByItsName(t *testing.T) {
	for i, o := range all {
		if got, ok := all.Find(o.Name); !ok || got.Usage != all[i].Usage {
			t.Errorf("%s: got %+v", o.Name, got)
		}
	}
	if _, ok := all.Find("Gamma"); ok {
		t.Error("found a name in other letters")
	}
}
