package regress

import (
	"encoding/json"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestStoredClassifiersPredictTheSame(t *testing.T) {
	x := mat.NewDense(4, 1, []float64{-2, -1, 1, 3})
	labels := []float64{0, 1, 0, 1}
	l, err := FitLogistic(ctx, x, labels, Default())
	if err != nil {
		t.Fatal(err)
	}
	p, err := FitProbit(ctx, x, labels, Config{Fixed: 2})
	if err != nil {
		t.Fatal(err)
	}
	var l2 Logistic
	var p2 Probit
	for _, c := range []struct{ from, to any }{{l, &l2}, {p, &p2}} {
		text, err := json.Marshal(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, c.to); err != nil {
			t.Fatal(err)
		}
	}
	a, v, _ := l.Predict([]float64{.7})
	b, u, err := l2.Predict([]float64{.7})
	if err != nil || a != b || v != u {
		t.Errorf("logistic: got %g ± %g (%v), want %g ± %g", b, u, err, a, v)
	}
	a, v, _ = p.Predict([]float64{.7})
	b, u, err = p2.Predict([]float64{.7})
	if err != nil || a != b || v != u || p2.Precision(0) != 2 {
		t.Errorf("probit: got %g ± %g (%v), want %g ± %g", b, u, err, a, v)
	}
}

func TestStoredModelsThatCannotPredictAreRefused(t *testing.T) {
	const good = `{"version":1,"mean":[1,2],"cov":[1,0,0,1],"alpha":[{"shape":1,"rate":1}],"group":[0,0],"noise":{"shape":2,"rate":1}}`
	for _, v := range []any{new(Linear), new(Logistic), new(Probit)} {
		if err := json.Unmarshal([]byte(good), v); err != nil {
			t.Fatal(err)
		}
		for _, swap := range [][2]string{
			{`"version":1`, `"version":2`}, {`[1,2]`, `[1]`}, {`[1,2]`, `[]`}, {`[1,0,0,1]`, `[1,0,0]`}, {`[1,0,0,1]`, `[1,0,0,-1]`},
			{`[0,0]`, `[0,1]`}, {`[0,0]`, `[0,-1]`}, {`[0,0]`, `[0]`}, {`"shape":1,`, `"shape":0,`}, {`[1,2]`, `7`},
			{`"version":1`, `"version":1,"fixed":-1`},
		} {
			bad := strings.Replace(good, swap[0], swap[1], 1)
			if bad == good {
				t.Fatalf("%s is not in the text", swap[0])
			}
			if json.Unmarshal([]byte(bad), v) == nil {
				t.Errorf("%T takes %s", v, bad)
			}
		}
	}
	if json.Unmarshal([]byte(strings.Replace(good, `"shape":2`, `"shape":-2`, 1)), new(Linear)) == nil {
		t.Error("a noise without a density is taken")
	}
}
