package paper

import "testing"

// One epoch is enough for finite scalars to use 99 % of their 1,000 codes on MNIST: they have no codebook
// that could fall out of use (Mentzer et al. 2024, section 3).
func TestPaperFSQInOneEpoch(t *testing.T) {
	long(t)
	s, all := opened(t)
	c := coded(t, "fsq-8555-one-epoch", coder("fsq-vae", 1, map[string]string{"levels": "8,5,5,5"}), s)
	if !all {
		t.Skip("fewer rows than the figure is of")
	}
	if c.Values != 1000 || c.Usage < .99 {
		t.Errorf("after one epoch: got %.1f %% of %d codes in use, want at least 99 %% of 1,000", 100*c.Usage, c.Values)
	}
}
