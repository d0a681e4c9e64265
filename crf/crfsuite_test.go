package crf

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// TestTheMinimumIsThatOfCRFsuite: loss, weights and marginals of python-crfsuite 0.9.12 on sequences
// of its own script, testdata/crfsuite.py. It prints weights to 6 decimals, and ends at ‖∇‖/‖w‖ of
// 1e-12 or where no step is found, so that weights agree to 1e-5 and the flat loss to its 6 decimals.
func TestTheMinimumIsThatOfCRFsuite(t *testing.T) {
	text, err := os.ReadFile("testdata/crfsuite.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Lambda, Loss      float64
		Data              [][][2]string
		Marginals         [][]float64
		Transition, State map[string]float64
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var data []Sequence
	for _, seq := range want.Data {
		var s Sequence
		for _, token := range seq {
			s.Rows, s.Labels = append(s.Rows, token[:1]), append(s.Labels, token[1])
		}
		data = append(data, s)
	}
	cfg := Default()
	cfg.Templates, cfg.AllPairs, cfg.L2 = []Template{{{0, 0}}, {}}, true, want.Lambda
	cfg.ValueTol, cfg.GradTol = 1e-16, 1e-11
	m, err := Fit(context.Background(), data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "loss", m.Loss, want.Loss, 2e-6)
	labels := m.Labels()
	seen := 0
	for i, from := range labels {
		for j, to := range labels {
			tk.Close(t, "transition "+from+to, m.w[len(m.layout.label)+3*i+j], want.Transition[from+to], 1e-5)
			seen++
		}
	}
	for text, f := range m.encoder.ids {
		name := "on"
		if _, word, found := strings.Cut(text, "\x00"); found {
			name = "w=" + word
		}
		for k := m.layout.start[f]; k < m.layout.start[f+1]; k++ {
			pair := name + "/" + labels[m.layout.label[k]]
			tk.Close(t, pair, m.w[k], want.State[pair], 1e-5)
			seen++
		}
	}
	if seen != len(want.State)+len(want.Transition) {
		t.Errorf("got %d weights, want %d", seen, len(want.State)+len(want.Transition))
	}
	c, err := m.Chain(data[len(data)-1].Rows)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Marginals()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range want.Marginals {
		for j, v := range row {
			tk.Close(t, "marginal", p.Node[3*i+j], v, 1e-5)
		}
	}
}
