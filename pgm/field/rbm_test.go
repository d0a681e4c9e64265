package field

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// anyRBM has up to 7 visible and 6 hidden units of random weights.
func anyRBM(t testing.TB, r *rand.Rand, scale float64) *RBM {
	t.Helper()
	m, err := NewRBM(1+r.IntN(7), 1+r.IntN(6), r.Uint64())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range [][]float64{m.W, m.B, m.C} {
		for i := range x {
			x[i] = scale * r.NormFloat64()
		}
	}
	return m
}

func floats64(x []int) (out []float64) {
	for _, s := range x {
		out = append(out, float64(s))
	}
	return out
}

// Free energies and ln Z against sums over all states of both layers, with the smaller layer
// on either side.
func TestFreeEnergiesAndNormalisersAreSumsOverAllStates(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 35))
	for range 300 {
		m := anyRBM(t, r, 1.5)
		z := 0.
		each(m.Visible, 2, func(v []int) {
			free := 0.
			each(m.Hidden, 2, func(h []int) {
				e := 0.
				for i, x := range v {
					e += float64(x) * m.B[i]
					for j, y := range h {
						e += float64(x*y) * m.W[i*m.Hidden+j]
					}
				}
				for j, y := range h {
					e += float64(y) * m.C[j]
				}
				free += math.Exp(e)
			})
			tk.Close(t, "free energy", m.FreeEnergy(floats64(v)), -math.Log(free), 1e-12)
			z += free
		})
		got, err := m.LogZ(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "ln Z", got, math.Log(z), 1e-12)
	}
}

// ln Z of wide machines: without weights it is a product, and softplus sums do not overflow.
func TestNormalisersOfWideMachines(t *testing.T) {
	m, err := NewRBM(1500, 11, 1)
	if err != nil {
		t.Fatal(err)
	}
	clear(m.W)
	for i := range m.B {
		m.B[i] = float64(i%5-2) * 300
	}
	want := softpluses(m.C)
	for _, b := range m.B {
		want += max(b, 0) + math.Log1p(math.Exp(-math.Abs(b)))
	}
	got, err := m.LogZ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln Z", got, want, 1e-13)
	if m, err = NewRBM(30, 26, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := m.LogZ(t.Context()); err == nil || !strings.Contains(err.Error(), "at most 25") {
		t.Errorf("got %v of 26 units, want a refusal", err)
	}
}

// Annealing of 200 random machines: errors in standard errors as of a normal distribution, and
// none beyond 5 of them.
func TestAnnealingOfRandomMachines(t *testing.T) {
	r, beyond := rand.New(rand.NewPCG(2, 35)), 0
	for i := range 200 {
		m := anyRBM(t, r, 1)
		want, err := m.LogZ(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := Annealing{Runs: 200, Steps: 20, Seed: uint64(i)}
		if i%2 == 0 {
			c.Base = make([]float64, m.Visible)
			for k := range c.Base {
				c.Base[k] = r.NormFloat64()
			}
		}
		got, err := m.Anneal(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		z := math.Abs(got.LogZ-want) / got.StdErr
		if z > 1.96 {
			beyond++
		}
		if z > 5 || got.ESS < 1 || got.ESS > 200.001 {
			t.Errorf("machine %d: got ln Z %v ± %v, want %v; ESS %v", i, got.LogZ, got.StdErr, want, got.ESS)
		}
	}
	t.Logf("%d of 200 beyond 1.96 standard errors", beyond)
	if beyond > 24 { // of Binomial(200, .05) with probability 1e-4
		t.Errorf("got %d of 200 beyond 1.96 standard errors, want about 10", beyond)
	}
}

func TestSamplesOfAMachineHaveItsProbabilities(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 35))
	m := anyRBM(t, r, .7)
	for m.Visible != 4 {
		m = anyRBM(t, r, .7)
	}
	z, err := m.LogZ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := m.Sample(t.Context(), 20000, 40, 5)
	if err != nil {
		t.Fatal(err)
	}
	counts, probs := make([]int, 16), make([]float64, 16)
	each(4, 2, func(v []int) {
		probs[v[0]*8+v[1]*4+v[2]*2+v[3]] = math.Exp(-m.FreeEnergy(floats64(v)) - z)
	})
	for i := 0; i < len(rows); i += 4 {
		counts[int(rows[i]*8+rows[i+1]*4+rows[i+2]*2+rows[i+3])]++
	}
	tk.FitsCounts(t, "rows", counts, probs)
}

// stripes are the 4×4 images of whole rows or whole columns (MacKay 2003, section 43.1), each as
// often.
func stripes() (rows []float64, count int) {
	for _, across := range []bool{true, false} {
		for set := range 16 {
			if !across && (set == 0 || set == 15) {
				continue
			}
			for i := range 16 {
				line := i / 4
				if !across {
					line = i % 4
				}
				rows = append(rows, float64(set>>line&1))
			}
			count++
		}
	}
	return rows, count
}

// Bars and stripes: 30 images of probability 1/30, ln −3.40. Both ways of training come within
// a nat and a half of it, from −11.1 of independent units.
func TestAMachineLearnsBarsAndStripes(t *testing.T) {
	rows, count := stripes()
	for _, persistent := range []bool{true, false} {
		c := DefaultTraining()
		c.Hidden, c.Epochs, c.Batch, c.Persistent, c.Rate, c.Steps = 10, 6000, count, persistent, .1, 3
		tr, err := NewTrainer(rows, 16, c)
		if err != nil {
			t.Fatal(err)
		}
		first, last := 0., 0.
		if err := tr.Train(t.Context(), rows, func(epoch int, off float64) {
			if last = off; epoch == 1 {
				first = off
			}
		}); err != nil {
			t.Fatal(err)
		}
		z, err := tr.Machine.LogZ(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l, err := tr.Machine.LogLik(rows, z)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("persistent %v: %.3f nats, best %.3f; reconstruction %.2f from %.2f", persistent, l, -math.Log(30), last, first)
		if l < -math.Log(30)-1.5 || l > -math.Log(30) || last > first {
			t.Errorf("persistent %v: got %.3f nats an image, want near %.3f", persistent, l, -math.Log(30))
		}
	}
}

// A trainer that was stored and read goes on to the same machine, to the bit.
func TestATrainerGoesOnWhereItWas(t *testing.T) {
	rows, _ := stripes()
	for _, persistent := range []bool{true, false} {
		c := Training{Hidden: 5, Epochs: 9, Batch: 7, Steps: 2, Persistent: persistent, Rate: .1, Momentum: .5, Decay: 1e-3, Seed: 4}
		whole, err := NewTrainer(rows, 16, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := whole.Train(t.Context(), rows, nil); err != nil {
			t.Fatal(err)
		}
		half, err := NewTrainer(rows, 16, c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		err = half.Train(ctx, rows, func(epoch int, _ float64) {
			if epoch == 4 {
				stop()
			}
		})
		if !errors.Is(err, context.Canceled) || half.Done != 4 {
			t.Fatalf("got %v after %d epochs, want that it was stopped after 4", err, half.Done)
		}
		text, err := json.Marshal(half)
		if err != nil {
			t.Fatal(err)
		}
		var again Trainer
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if err := again.Train(t.Context(), rows, nil); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again.Machine, whole.Machine) || again.Done != 9 {
			t.Errorf("persistent %v: got another machine after a restart", persistent)
		}
	}
}

// The mean step of CD-k tends to the gradient of the likelihood with k: here by differences of
// the exact likelihood, over 4,000 chains of 60 sweeps.
func TestTheStepIsTheGradientOfTheLikelihood(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 35))
	m := anyRBM(t, r, .5)
	for m.Visible < 3 || m.Hidden < 2 {
		m = anyRBM(t, r, .5)
	}
	const n = 4000
	row := make([]float64, m.Visible)
	for i := range row {
		row[i] = float64(r.IntN(2))
	}
	rows := make([]float64, 0, n*m.Visible)
	for range n {
		rows = append(rows, row...)
	}
	tr, err := NewTrainer(rows, m.Visible, Training{Hidden: m.Hidden, Epochs: 1, Batch: n, Steps: 60, Rate: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	tr.Machine = m
	lik := func() float64 {
		z, err := m.LogZ(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return -m.FreeEnergy(row) - z
	}
	var want []float64
	for _, x := range [][]float64{m.W, m.B, m.C} {
		for i := range x {
			const h = 1e-5
			was := x[i]
			x[i] = was + h
			up := lik()
			x[i] = was - h
			want = append(want, (up-lik())/(2*h))
			x[i] = was
		}
	}
	if _, err := tr.epoch(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for i, x := range want {
		// means of 4,000 numbers between 0 and 1: at most 5 standard errors of .5/√4000
		tk.Close(t, "slope", tr.Velocity[i], x, 5*.5/math.Sqrt(n))
	}
}

func TestMachinesThatMakeNoSenseAreErrors(t *testing.T) {
	m, err := NewRBM(3, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	rows, good := []float64{0, 1, 0}, DefaultTraining()
	train := func(rows []float64, visible int, change func(*Training)) error {
		c := good
		change(&c)
		_, err := NewTrainer(rows, visible, c)
		return err
	}
	var stored RBM
	for i, err := range []error{
		func() error { _, err := NewRBM(0, 1, 1); return err }(),
		func() error { _, err := NewRBM(1<<20, 1<<20, 1); return err }(),
		func() error { _, err := m.LogLik(nil, 0); return err }(),
		func() error { _, err := m.LogLik(rows[:2], 0); return err }(),
		func() error { _, err := m.Anneal(t.Context(), Annealing{Runs: 1, Steps: 1}); return err }(),
		func() error {
			_, err := m.Anneal(t.Context(), Annealing{Runs: 2, Steps: 1, Base: rows[:1]})
			return err
		}(),
		func() error { _, err := m.Sample(t.Context(), 0, 1, 1); return err }(),
		train(nil, 3, func(*Training) {}),
		train([]float64{0, 1, 2}, 3, func(*Training) {}),
		train([]float64{0, 1, math.NaN()}, 3, func(*Training) {}),
		train(rows, 2, func(*Training) {}),
		train(rows, 3, func(c *Training) { c.Hidden = 0 }),
		train(rows, 3, func(c *Training) { c.Momentum = 1 }),
		train(rows, 3, func(c *Training) { c.Rate = 0 }),
		train(rows, 3, func(c *Training) { c.Decay = math.NaN() }),
		json.Unmarshal([]byte(`{"version":2}`), &stored),
		json.Unmarshal([]byte(`{"version":1,"visible":2,"hidden":1,"w":[1],"b":[1,2],"c":[1]}`), &stored),
		json.Unmarshal([]byte(`{"version":1,"visible":-2,"hidden":-1}`), &stored),
	} {
		if err == nil || !strings.Contains(err.Error(), "field: ") || !strings.Contains(err.Error(), "want") {
			t.Errorf("case %d: got %v, want an error that says what", i, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := m.LogZ(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
	if _, err := m.Anneal(ctx, Annealing{Runs: 2, Steps: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
	if _, err := m.Sample(ctx, 2, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
}
