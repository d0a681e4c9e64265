package vi_test

import (
	"strings"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

// Three evaluations in a row below a fifth are a warning, once; one above begins anew.
func TestACodebookThatStaysScarceIsAWarning(t *testing.T) {
	var m vi.Monitor
	var due []int
	for i, usage := range []float64{.1, .19, .5, .1, .1, .1, .1, .2, .05, .05, .05} {
		for _, w := range m.ObserveCodes(usage) {
			due = append(due, i)
			if w.Name != "codebook-collapse" || !strings.Contains(w.Detail, " %") || !strings.Contains(w.Remedy, "--codes") {
				t.Errorf("got %+v", w)
			}
		}
	}
	if len(due) != 2 || due[0] != 5 || due[1] != 10 {
		t.Errorf("warnings after evaluations %v, want 5 and 10", due)
	}
}
