package elbo

import "testing"

// A field left zero takes what the model usually has: β 4 of beta-vae, a capacity of 25 nats of
// disentangled-beta-vae. What is set is kept.
func TestZeroFieldsTakeWhatTheModelUsuallyHas(t *testing.T) {
	for _, c := range []struct {
		given          Config
		beta, capacity float64
	}{
		{Config{}, 1, 0},
		{Config{Model: "beta-vae"}, 4, 0},
		{Config{Model: "beta-vae", Beta: .25}, .25, 0},
		{Config{Model: "disentangled-beta-vae"}, 1, 25},
		{Config{Model: "disentangled-beta-vae", Capacity: 3}, 1, 3},
	} {
		got := withDefaults(c.given)
		if got.Beta != c.beta || got.Capacity != c.capacity {
			t.Errorf("%q: got β %v and capacity %v, want %v and %v", c.given.Model, got.Beta, got.Capacity, c.beta, c.capacity)
		}
		if err := got.Validate(); err != nil {
			t.Errorf("%q: %v", c.given.Model, err)
		}
	}
}
