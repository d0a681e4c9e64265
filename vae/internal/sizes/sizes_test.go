package sizes

import (
	"slices"
	"testing"
)

// Stored runs have networks of these sizes.
func TestSizesAreThoseOfStoredRuns(t *testing.T) {
	if !slices.Equal(PriorHidden, []int{64, 64}) {
		t.Errorf("networks of flow priors: got widths %v, want 64, 64", PriorHidden)
	}
}
