package crf

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// fitted is a field of a toy.
func fitted(t testing.TB, data []Sequence, change func(*Config)) *Model {
	t.Helper()
	cfg := small()
	if change != nil {
		change(&cfg)
	}
	m, err := Fit(context.Background(), data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestModelsReadBackBitForBit(t *testing.T) {
	data := toy(rng.New(11), 60)
	for name, change := range map[string]func(*Config){
		"L2": nil, "L1": func(c *Config) { c.L1, c.L2 = .5, 0 }, "cut-off": func(c *Config) { c.MinCount = 5 },
	} {
		m := fitted(t, data, change)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back Model
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if back.Loss != m.Loss || back.Iterations != m.Iterations || back.Reason != m.Reason || back.Weights() != m.Weights() {
			t.Errorf("%s: got %v %d %q with %d weights, want %v %d %q with %d", name,
				back.Loss, back.Iterations, back.Reason, back.Weights(), m.Loss, m.Iterations, m.Reason, m.Weights())
		}
		for _, s := range toy(rng.New(12), 40) {
			a, _ := m.Chain(s.Rows)
			b, err := back.Chain(s.Rows)
			if err != nil || !reflect.DeepEqual(a, b) {
				t.Fatalf("%s: the chains differ (%v)", name, err)
			}
			for i, v := range a.Unary {
				if math.Float64bits(v) != math.Float64bits(b.Unary[i]) && v != 0 {
					t.Errorf("%s: score %d: got %v, want %v", name, i, b.Unary[i], v)
				}
			}
			p, err := m.LogProb(s)
			q, _ := back.LogProb(s)
			tk.Close(t, "log probability", q, p, 0)
			if err != nil || p >= 0 {
				t.Errorf("%s: got log probability %v, %v", name, p, err)
			}
		}
		if again, err := json.Marshal(&back); err != nil || string(again) != string(text) {
			t.Errorf("%s: what is read is not written the same (%v)", name, err)
		}
	}
	if _, err := json.Marshal(&Model{}); err == nil {
		t.Error("a model that is not trained is written")
	}
	for _, s := range []Sequence{{[][]string{{"\xff", "x"}}, []string{"y"}}, {[][]string{{"x", "x"}}, []string{"\xff"}}} {
		m := fitted(t, []Sequence{s}, nil)
		if _, err := json.Marshal(m); err == nil || !strings.Contains(err.Error(), "want UTF-8") {
			t.Errorf("text that JSON cannot hold: got %v", err)
		}
	}
}

// good is a model by hand.
const good = `{"format":"elbo crf","version":1,"labels":["A","B"],"templates":[[{"column":0,"offset":0}]],` +
	`"features":["0\u0000x","0\u0000y"],"start":[0,2,3],"pairs":[0,1,1],"weights":[1,2,3],"transition":[0,1,2,3]}`

func TestBadModelsAreNamed(t *testing.T) {
	var m Model
	if err := json.Unmarshal([]byte(good), &m); err != nil {
		t.Fatal(err)
	}
	c, err := m.Chain([][]string{{"x"}, {"y"}, {"z"}})
	if want := (Chain{2, []float64{1, 2, 0, 3, 0, 0}, []float64{0, 1, 2, 3}}); err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("got %v, %v, want %v", c, err, want)
	}
	for _, bad := range []struct{ old, now, want string }{
		{`elbo crf`, `elbo`, `got format "elbo"`},
		{`"version":1`, `"version":2`, "of version 2"},
		{`["A","B"]`, `["B","A"]`, "labels: got 2"},
		{`["A","B"]`, `["A","A"]`, "labels: got 2"},
		{`["A","B"]`, `[]`, "labels: got 0"},
		{`"column":0`, `"column":-1`, "template 0"},
		{`"offset":0`, `"offset":-4000000`, "template 0"},
		{`[[{"column":0,"offset":0}]]`, `[]`, "templates: got none"},
		{`[0,1,2,3]`, `[0,1,2]`, "transitions: got 3, want 2×2"},
		{`[0,2,3]`, `[0,2]`, "start: got 2 places"},
		{`[0,2,3]`, `[]`, "start: got 0 places"},
		{`[0,2,3]`, `[0,4,3]`, "start: got 3 places"},
		{`[0,2,3]`, `[0,2,2]`, "start: got 3 places"},
		{`[0,2,3]`, `[1,2,3]`, "start: got 3 places"},
		{`[0,2,3]`, `[0,-2,3]`, "start: got 3 places"},
		{`[0,1,1]`, `[0,1,2]`, "pair 2: got label 2, want 0 to 1"},
		{`[0,1,1]`, `[0,-1,1]`, "pair 1: got label -1"},
		{`[1,2,3]`, `[1,2]`, "weights: got 2, want 3"},
		{`[1,2,3]`, `[1,2,1e300]`, "weight 2: got 1e+300"},
		{`[0,1,2,3]`, `[0,1,2,1e300]`, "weight 3: got 1e+300"},
		{`0\u0000y`, `0\u0000x`, `feature 1: got "0\x00x" twice`},
		{`[1,2,3]`, `["1"]`, "cannot unmarshal"},
	} {
		err := json.Unmarshal([]byte(strings.Replace(good, bad.old, bad.now, 1)), &m)
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.HasPrefix(err.Error(), "crf: model: ") || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got %v, want %q", bad.now, err, bad.want)
		}
	}
	if len(m.Labels()) != 2 || m.Features() != 2 {
		t.Error("a refused file changed the model")
	}
}
