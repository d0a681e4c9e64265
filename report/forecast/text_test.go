package forecast

import (
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
)

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1.23456: "1.23", -1.23456: "−1.23", 123.456: "123", 12345.6: "12346", -999999: "−999999", 1e7: "1e+07", 1.5e-5: "1.5e−05", .000123: "0.000123",
	} {
		if got := short(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0 %", .004: "0.4 %", .5: "50 %", .0994: "9.9 %", .1: "10 %", .995: "99.5 %", 1: "100 %"} {
		if got := percent(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
	if rows(1) != "1 test row" || rows(12345) != "12,345 test rows" {
		t.Errorf("got %q and %q", rows(1), rows(12345))
	}
}

// scaled is a run of n rows whose deviations are off by a factor.
func scaled(n int, by float64) Input {
	in := numberInput(n, 2)
	for i, p := range in.Predictions {
		in.Predictions[i] = normal(p.Mean, p.Aleatoric*by, p.Epistemic*by)
	}
	return in
}

func TestTheVerdictSaysWhetherToTrustIntervals(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Input
		want []string
	}{
		{"right", scaled(400, 1), []string{"Predicts price ($)", "400 test rows", "itself varies by", "as they should", "19 times in 20"}},
		{"narrow", scaled(400, .4), []string{"too narrow"}},
		{"wide", scaled(400, 3), []string{"too wide"}},
		{"few", scaled(3, 1), []string{"of 3 test rows, too few to judge"}},
		{"one", scaled(1, 1), []string{"on 1 test row. "}},
		{"none", Input{History: history("vi", 2)}, []string{"Not evaluated"}},
	} {
		got := sceneOf(t, c.in).verdict()
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q: want it to contain %q", c.name, got, w)
			}
		}
	}
}

func TestTheVerdictOfClassesComparesWithTheMostFrequent(t *testing.T) {
	in := Input{Classes: []string{"a", "b"}, Y: []float64{0, 0, 0, 1}}
	for _, p := range [][]float64{{.9, .1}, {.2, .8}, {.6, .4}, {.3, .7}} {
		in.Predictions = append(in.Predictions, bnn.Prediction{Probs: p})
	}
	got, want := sceneOf(t, in).verdict(), "Names the class wrongly for 25 % of 4 test rows (1); always naming the most frequent class would for 25 %."
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNamesAreMadeUpWhereThereAreNone(t *testing.T) {
	in := numberInput(3, 1)
	in.Title, in.Target = " ", ""
	if got := sceneOf(t, in).heading(); got != "Forecast of target" {
		t.Errorf("got %q", got)
	}
	dir, _ := written(t, in)
	says(t, page(t, dir), "Forecast of target")
}

func TestWarningsArePartedAtTheirName(t *testing.T) {
	for text, want := range map[string][2]string{
		"too narrow: they hold 80 %": {"too narrow", "they hold 80 %"},
		"no name":                    {"no name", ""},
		": nothing":                  {": nothing", ""},
		"name: ":                     {"name: ", ""},
		"ratio 1:2 is odd":           {"ratio 1:2 is odd", ""},
	} {
		if w := warning(text); w.Name != want[0] || w.Text != want[1] {
			t.Errorf("%q: got %q and %q, want %q", text, w.Name, w.Text, want)
		}
	}
	long := strings.Repeat("word ", 30) + ": and so on"
	if w := warning(long); w.Name != long {
		t.Errorf("a long name is parted: %q", w.Name)
	}
}

// The share of coverage in words is the count of intervals that hold their target.
func TestCoverageInWordsIsCounted(t *testing.T) {
	in := numberInput(200, 2)
	inside := 0
	for i, p := range in.Predictions {
		if math.Abs(in.Y[i]-p.Mean) <= z90*p.SD {
			inside++
		}
	}
	says(t, sceneOf(t, in).coverageText(.9), "hold "+percent(float64(inside)/200)+" of the rows")
}
