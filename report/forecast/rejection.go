package forecast

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// rejection draws the error of the rows kept when the most uncertain are refused.
func rejection(s *scene) (picture, error) {
	c := plot.ChartSpec{XLabel: "most uncertain test rows refused (%)", YLabel: "wrong among the rows kept (%)", X: [2]float64{0, 100}}
	areas := make([]float64, 2)
	for k, line := range []struct {
		name   string
		scores []float64
		color  int
	}{{"by entropy", s.scores[0], 1}, {"by epistemic part", s.scores[2], 2}} {
		r, err := eval.Rejection(line.scores, s.wrong)
		if err != nil {
			return picture{}, err
		}
		areas[k] = r.Area
		end := enough(r.Refused, s.n)
		c.Lines = append(c.Lines, plot.Series{Name: line.name, X: times(r.Refused[:end], 100), Y: times(r.Risk[:end], 100), Color: line.color})
	}
	base := 100 * mean(s.wrong)
	c.Guides = []plot.Series{{Name: "at random", X: []float64{0, 100}, Y: []float64{base, base}}}
	ideal := plot.Series{Name: "all wrong ones first", Color: 4, Dashed: true}
	for k := range 201 {
		kept := 1 - float64(k)/200
		left := max(0, base/100-(1-kept))
		if y := 0.; kept > 0 {
			y = 100 * left / kept
			ideal.X, ideal.Y = append(ideal.X, 100*(1-kept)), append(ideal.Y, y)
		}
	}
	c.Lines = append(c.Lines, ideal)
	top := base
	for _, l := range c.Lines {
		top = max(top, slices.Max(l.Y))
	}
	c.Y = [2]float64{0, 1.05 * top}
	p := picture{specs: []plot.ChartSpec{c}, opt: plot.ChartsOptions{Height: 340}}
	p.caption = "Refuse the rows with the highest entropy and pass them to a person: the curve is the share of wrong ones among those kept. It should fall fast towards the ideal, which refuses every wrong row first; at random nothing is gained. " +
		fmt.Sprintf("The mean along the curve (AURC, smaller is better) is %s by entropy and %s by the epistemic part alone.", percent(areas[0]), percent(areas[1]))
	if s.n >= 50 {
		p.caption += " The curves end where fewer than 20 rows are kept."
	}
	return p, nil
}

// enough is how many points of a curve keep at least 20 rows, of tables with 50 or more: the share
// of wrong ones among fewer is chance.
func enough(refused []float64, n int) int {
	end := len(refused)
	for n >= 50 && end > 1 && (1-refused[end-1])*float64(n) < 19.5 {
		end--
	}
	return end
}

// times scales values.
func times(v []float64, by float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = by * x
	}
	return out
}
