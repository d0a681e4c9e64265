package hmm

import (
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
)

// The columns of a series in another order have the same fit.
func TestTheOrderOfColumnsSaysNothing(t *testing.T) {
	text := walk(120)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var turned strings.Builder
	for _, line := range lines {
		cells := strings.Split(line, ",")
		for i, j := 0, len(cells)-1; i < j; i, j = i+1, j-1 {
			cells[i], cells[j] = cells[j], cells[i]
		}
		turned.WriteString(strings.Join(cells, ",") + "\n")
	}
	options := map[string]string{"states": "2"}
	var bounds []float64
	for _, s := range []string{text, turned.String()} {
		path := csvFile(t, s)
		r := run(t, settings(path, options))
		bounds = append(bounds, r.Outcome.Figures[0].Value)
		scores, err := r.Model.(engine.Scorer).Score(t.Context(), path)
		if err != nil || len(scores.Log) == 0 {
			t.Fatalf("got %v scores, %v", scores, err)
		}
	}
	tk.Close(t, "bound", bounds[1], bounds[0], 1e-6)
}
