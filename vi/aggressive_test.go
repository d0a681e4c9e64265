package vi_test

import (
	"encoding/json"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

// steps makes steps with the losses and returns who moved: g for the guide, o for the others, b for both.
func steps(a *vi.Aggressive, losses ...float64) (who string) {
	for _, l := range losses {
		switch guide, others := a.Turn(); {
		case guide && others:
			who += "b"
		case guide:
			who += "g"
		case others:
			who += "o"
		}
		a.Observe(l)
	}
	return who
}

// tens are n losses of ten steps each.
func tens(means ...float64) (out []float64) {
	for _, m := range means {
		for i := range 10 {
			out = append(out, m+float64(i%2)-.5)
		}
	}
	return out
}

func TestTheGuideMovesAloneUntilTheMeanLossStopsFalling(t *testing.T) {
	var a vi.Aggressive
	const ten = "gggggggggg"
	if got, want := steps(&a, append(tens(5, 4, 3, 3), 9)...), ten+ten+ten+ten+"o"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := steps(&a, append(tens(7, 8), 9, 9)...), ten+ten+"og"; got != want {
		t.Errorf("after a step of the others: got %s, want %s", got, want)
	}
	if a.Guide != 61 || a.Others != 2 {
		t.Errorf("got %d and %d steps, want 61 and 2", a.Guide, a.Others)
	}
}

func TestTheOthersMoveAfterAHundredStepsInAnyCase(t *testing.T) {
	var a vi.Aggressive
	who := steps(&a, append(tens(20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10), 0)...)
	if who[99:102] != "gog" {
		t.Errorf("steps 100 to 102: got %s, want gog", who[99:102])
	}
}

func TestAllMoveOnceTheInformationStopsRising(t *testing.T) {
	var a vi.Aggressive
	a.Epoch(.5)
	a.Epoch(.7)
	if a.Over || steps(&a, 1) != "g" {
		t.Fatal("over while the information rises")
	}
	a.Epoch(.69)
	if !a.Over || steps(&a, 3, 2, 1) != "bbb" || a.Guide != 4 || a.Others != 3 {
		t.Errorf("got %+v, want all to move together", a)
	}
	a.Epoch(5)
	if !a.Over {
		t.Error("aggressive again")
	}
}

// A state that went through a checkpoint goes on as the one that did not.
func TestAggressiveStateGoesThroughJSON(t *testing.T) {
	var a vi.Aggressive
	losses := tens(5, 4.3, 4.1, 4.2, 3, 3, 2.9)
	steps(&a, losses[:33]...)
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var c vi.Aggressive
	if err := json.Unmarshal(b, &c); err != nil || c != a {
		t.Fatalf("got %+v, %v, want %+v", c, err, a)
	}
	if x, y := steps(&a, losses[33:]...), steps(&c, losses[33:]...); x != y || a != c {
		t.Errorf("got %s and %s", x, y)
	}
}
