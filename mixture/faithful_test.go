package mixture

import (
	"encoding/csv"
	"math"
	"strconv"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// faithful returns Old Faithful's eruptions standardised by the population's standard deviation,
// and the means and deviations.
func faithful(t testing.TB) (x Data, mean, sd []float64) {
	t.Helper()
	rows, err := csv.NewReader(tk.DataFile(t, "small-tables", "faithful.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	x.D = 2
	for _, row := range rows[1:] {
		for _, s := range row[1:] {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			x.X = append(x.X, v)
		}
	}
	if x.N() != 272 {
		t.Fatalf("rows: got %d, want 272", x.N())
	}
	mean, cov := x.moments()
	sd = []float64{math.Sqrt(cov[0]), math.Sqrt(cov[3])}
	for i := range x.X {
		x.X[i] = (x.X[i] - mean[i%2]) / sd[i%2]
	}
	return x, mean, sd
}

// bishop are the settings of Bishop 2006, figure 10.6, with the priors that the figure leaves out.
func bishop() Config {
	c := Default()
	c.Components, c.Alpha, c.Beta, c.Nu, c.Restarts = 6, 1e-3, 1, 2, 20
	c.Mean, c.Scale = []float64{0, 0}, []float64{1, 0, 0, 1}
	return c
}

func TestOldFaithfulKeepsTwoOfSixComponents(t *testing.T) {
	x, mean, sd := faithful(t)
	m, err := Fit(t.Context(), x, bishop())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", m.Bound, -443.2979, 1e-3/443)
	want := []struct{ count, weight, x, y float64 }{{174.86, .643, 4.2876, 79.944}, {97.14, .357, 2.0545, 54.685}}
	for k, w := range want {
		c := m.Components[k]
		tk.Close(t, "count", c.Count, w.count, .005/w.count)
		tk.Close(t, "weight", c.Weight, w.weight, 5e-4)
		tk.Close(t, "eruptions", mean[0]+sd[0]*c.Mean[0], w.x, 5e-5/w.x)
		tk.Close(t, "waiting", mean[1]+sd[1]*c.Mean[1], w.y, 5e-4/w.y)
	}
	for _, c := range m.Components[2:] {
		if c.Count > 1e-6 {
			t.Errorf("a third component: got %v rows, want none", c.Count)
		}
	}
	t.Logf("bound %.6f, counts %.4f %.4f, sweeps %d", m.Bound, m.Components[0].Count, m.Components[1].Count, len(m.History))
}

func TestOldFaithfulDependsOnTheConcentration(t *testing.T) {
	x, _, _ := faithful(t)
	c := bishop()
	c.Alpha = 1
	m, err := Fit(t.Context(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", m.Bound, -453.5011, 1e-4/453)
}

func TestOldFaithfulHasThreeComponentsUnderAWeakPriorOfTheMeans(t *testing.T) {
	x, _, _ := faithful(t)
	c := bishop()
	c.Beta = 1e-3
	m, err := Fit(t.Context(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", m.Bound, -458.1944, 1e-4/458)
	kept := 0
	for _, c := range m.Components {
		if c.Count > .5 {
			kept++
		}
	}
	if kept != 3 {
		t.Errorf("components: got %d, want 3", kept)
	}
}
