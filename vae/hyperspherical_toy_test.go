package vae

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// circleSD is the noise about the curve of [circleRows].
const circleSD = .1

// circleRows are points of a closed curve in ten dimensions with noise: x = A tanh(2Bu) + .1ε for u
// uniform on the circle, with matrices of normal numbers that are the same for all keys.
func circleRows(n int, key rng.Key) []float32 {
	const wide, dim = 20, 10
	a, b := make([]float32, dim*wide), make([]float32, wide*2)
	rng.New(77).Named("a").Normal(a)
	rng.New(77).Named("b").Normal(b)
	angle, x := make([]float32, n), make([]float32, n*dim)
	key.Named("angle").Uniform(angle)
	key.Named("noise").Normal(x)
	for i, u := range angle {
		sin, cos := math.Sincos(2 * math.Pi * float64(u))
		var hidden [wide]float64
		for k := range hidden {
			hidden[k] = math.Tanh(2 * (float64(b[2*k])*cos + float64(b[2*k+1])*sin))
		}
		for j := range dim {
			v := circleSD * float64(x[i*dim+j])
			for k, h := range hidden {
				v += float64(a[j*wide+k]) * h / math.Sqrt(wide)
			}
			x[i*dim+j] = float32(v)
		}
	}
	return x
}

// TestACircleFitsTheSphereBetterThanThePlane: with two values a code, data about a closed curve have
// a likelihood under codes that lie on the circle which codes of the plane do not reach: there the
// decoder spends mass on the inside of the ring (Davidson et al. 2018, section 5.2, who see the same
// for codes of few values). The nets are equal, the margin on 1,000 new rows is .5 nats.
func TestACircleFitsTheSphereBetterThanThePlane(t *testing.T) {
	x, test := circleRows(4000, rng.New(1)), circleRows(1000, rng.New(2))
	got := map[string]float64{}
	for _, name := range []string{"vae", "s-vae"} {
		c := Config{Dim: 10, Hidden: []int{64}, Latent: 2, Likelihood: "gaussian", Sigma: circleSD}
		n := trained(t, name, c, x, 1500, 3e-3, 1)
		r := nll(t, n, test, 500)
		t.Logf("%s: −ln p(x) %.3f ± %.3f (rows) ± %.3f (draws)", name, r.NLL, r.DataStdErr, r.StdErr)
		got[name] = r.NLL
	}
	if !(got["s-vae"] < got["vae"]-.5) {
		t.Errorf("−ln p(x): got %.3f on the circle, want .5 below that in the plane, %.3f", got["s-vae"], got["vae"])
	}
}
