package field

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// Machines come back to the bit, whatever their numbers.
func TestMachinesComeBackToTheBit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 37))
	for range 100 {
		m := anyRBM(t, r, math.Exp(20*r.NormFloat64()))
		m.W[0], m.B[0] = math.SmallestNonzeroFloat64, -math.MaxFloat64
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var again RBM
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&again, m) {
			t.Errorf("got %+v, want %+v", again, m)
		}
	}
}

// 10,000 corruptions of a stored machine: an error, or a machine that answers.
func TestCorruptMachinesAreErrorsOrMachines(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 37))
	text, err := json.Marshal(anyRBM(t, r, 1))
	if err != nil {
		t.Fatal(err)
	}
	fine := 0
	for range 10000 {
		bad := append([]byte(nil), text...)
		for range 1 + r.IntN(3) {
			switch at := r.IntN(len(bad)); r.IntN(3) {
			case 0:
				bad[at] = byte(r.IntN(256))
			case 1:
				bad = append(bad[:at], bad[at+1:]...)
			default:
				bad = append(bad[:at], append([]byte("0123456789,-[]e."[r.IntN(16):][:1]), bad[at:]...)...)
			}
		}
		var m RBM
		if json.Unmarshal(bad, &m) == nil {
			fine++
			m.FreeEnergy(make([]float64, m.Visible))
		}
	}
	t.Logf("%d of 10000 were machines still", fine)
}

func TestSoftplusesDoNotOverflow(t *testing.T) {
	r, act, want := rand.New(rand.NewPCG(3, 37)), []float64(nil), 0.
	for i := range 2500 {
		a := r.NormFloat64() * math.Pow(10, float64(i%5-2))
		act = append(act, a)
		want += max(a, 0) + math.Log1p(math.Exp(-math.Abs(a)))
	}
	tk.Close(t, "sum", softpluses(act), want, 1e-13)
	tk.Close(t, "sum of zeros", softpluses(make([]float64, 1001)), 1001*math.Ln2, 1e-13)
	tk.Close(t, "sum of none", softpluses(nil), 0, 0)
}

func TestWeightsTurn(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6}
	if got, want := transposed(x, 3), []float64{1, 4, 2, 5, 3, 6}; !reflect.DeepEqual(got, want) || !reflect.DeepEqual(transposed(got, 2), x) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Base rates have the means of the rows, drawn in a little.
func TestBaseRatesAreThoseOfTheRows(t *testing.T) {
	b := BaseRates([]float64{1, 0, 1, 0, 1, 1, 0, 0}, 2)
	tk.Close(t, "3 of 4", sigmoid(b[0]), 3.5/5, 1e-15)
	tk.Close(t, "1 of 4", sigmoid(b[1]), 1.5/5, 1e-15)
}

// A step by hand, of one row, one unit each, no chains that move: momentum and decay.
func TestAStepIsRateTimesSlopeWithMomentumAndDecay(t *testing.T) {
	rows := []float64{1}
	tr, err := NewTrainer(rows, 1, Training{Hidden: 1, Epochs: 4, Batch: 1, Steps: 1, Rate: .2, Momentum: .5, Decay: .1, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	m := tr.Machine
	m.B[0] = 800 // the visible unit of the chain is 1 for certain, as in the row: no slope but decay
	w, v := m.W[0], 0.
	for epoch := range 4 {
		if _, err := tr.epoch(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		tr.Done++
		v = .5*v + .2*(1-float64(epoch)/4)*(-.1*w)
		w += v
		tk.Close(t, "weight", m.W[0], w, 1e-15)
		tk.Close(t, "bias", m.C[0], 0, 0)
	}
}
