package mixture

import (
	"testing"

	"github.com/elbo-go/elbo/expfam"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestDivergencesAreThoseOfTheFamilies(t *testing.T) {
	x, c := drawn(200, 3, 3, 21), Default()
	c.Components, c.Alpha = 3, .4
	q, p, _ := sweeper(t, x, c)
	f, dir := expfam.NormalWishart{D: 3}, expfam.Dirichlet{K: 3}
	want, err := expfam.KL(dir, dir.Natural(q.w.a), dir.Natural([]float64{.4, .4, .4}))
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		kl, err := expfam.KL(f, f.Natural(q.mean[3*k:3*k+3], q.beta[k], q.scale[9*k:9*k+9], q.nu[k]),
			f.Natural(p.mean, p.beta, p.scale, p.nu))
		if err != nil {
			t.Fatal(err)
		}
		want += kl
	}
	tk.Close(t, "KL", q.kl(p), want, 1e-11)
}
