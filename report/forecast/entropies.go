package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// entropies draws histograms of the entropy and its parts, of right and of wrong rows.
func entropies(s *scene) (picture, error) {
	p := picture{opt: plot.ChartsOptions{Cols: 3, Width: 330, Height: 270}}
	p.caption = "The entropy of the predicted classes and its parts: what the classes share even for known weights (aleatoric), and what the weights disagree about (epistemic). " +
		fmt.Sprintf("No entropy exceeds ln %d = %s nats. ", len(s.Classes), short(math.Log(float64(len(s.Classes))))) +
		"Wrong rows should lie to the right of right ones."
	wrong := 0
	for _, w := range s.wrong {
		wrong += int(w)
	}
	for j, title := range []string{"Total", "Aleatoric", "Epistemic"} {
		p.specs = append(p.specs, s.entropyChart(title, s.scores[j], wrong))
	}
	if wrong == 0 || wrong == s.n {
		return p, nil
	}
	flags := make([]bool, s.n)
	for i, w := range s.wrong {
		flags[i] = w == 1
	}
	var areas [3]float64
	for j := range areas {
		var err error
		if areas[j], err = eval.AUROC(s.scores[j], flags); err != nil {
			return p, err
		}
	}
	p.caption += fmt.Sprintf(" A wrong row lies above a right one with probability %s, %s and %s (AUROC; one half is chance).",
		percent(areas[0]), percent(areas[1]), percent(areas[2]))
	return p, nil
}

// entropyChart draws one part; each group adds up to 100 %.
func (s *scene) entropyChart(title string, scores []float64, wrong int) plot.ChartSpec {
	var groups [2][]float64
	for i, v := range scores {
		groups[int(s.wrong[i])] = append(groups[int(s.wrong[i])], v)
	}
	top := math.Max(slices.Max(scores), 1e-6)
	at := make([]float64, min(20, max(6, int(math.Sqrt(float64(s.n)))))+1)
	for k := range at {
		at[k] = top * float64(k) / float64(len(at)-1)
	}
	at[len(at)-1] = top
	c := plot.ChartSpec{Title: title, XLabel: "nats", YLabel: "share of each group (%)"}
	for k, name := range []string{fmt.Sprintf("right (%d)", s.n-wrong), fmt.Sprintf("wrong (%d)", wrong)} {
		if len(groups[k]) == 0 {
			continue
		}
		b := histogram(groups[k], at, 100/float64(len(groups[k])))
		b.Name, b.Color, b.Shade = name, 1+2*k, .4
		c.Bars = append(c.Bars, b)
	}
	return c
}
