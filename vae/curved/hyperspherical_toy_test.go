package curved

import (
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
)

// TestACircleFitsTheSphereBetterThanThePlane: with two values a code, data about a closed curve have
// a likelihood under codes that lie on the circle which codes of the plane do not reach: there the
// decoder spends mass on the inside of the ring (Davidson et al. 2018, section 5.2, who see the same
// for codes of few values). The nets are equal, the margin on 1,000 new rows is .5 nats.
func TestACircleFitsTheSphereBetterThanThePlane(t *testing.T) {
	x, test := zoo.Circle(4000, rng.New(1)), zoo.Circle(1000, rng.New(2))
	got := map[string]float64{}
	for _, name := range []string{"vae", "s-vae"} {
		c := vae.Config{Dim: 10, Hidden: []int{64}, Latent: 2, Likelihood: "gaussian", Sigma: zoo.CircleSD}
		n := zoo.Trained(t, name, c, x, 1500, 3e-3, 1)
		r := zoo.NLL(t, n, test, 500)
		t.Logf("%s: −ln p(x) %.3f ± %.3f (rows) ± %.3f (draws)", name, r.NLL, r.DataStdErr, r.StdErr)
		got[name] = r.NLL
	}
	if !(got["s-vae"] < got["vae"]-.5) {
		t.Errorf("−ln p(x): got %.3f on the circle, want .5 below that in the plane, %.3f", got["s-vae"], got["vae"])
	}
}
