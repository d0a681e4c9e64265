package message

import (
	"math"

	"github.com/elbo-go/elbo/expfam"
)

// Prior is a member of an exponential family with known parameters, or any factor that is
// exponential in the statistics of one variable:
//
//	f(x) = exp(η·u(x) − A(η)).
type Prior struct {
	// Family is that of x.
	Family expfam.Family
	// Eta is η; several of them, one after the other, are for the factors of a plate in turn.
	Eta []float64
	// Raw leaves out A(η), so that η need not be that of a density.
	Raw bool
}

// Slots implements Factor.
func (f Prior) Slots() []Slot { return []Slot{{Name: "x", Family: f.Family}} }

// at is η of factor i.
func (f Prior) at(i int) []float64 {
	if n := f.Family.Len(); len(f.Eta) > n {
		return f.Eta[i*n : (i+1)*n]
	}
	return f.Eta
}

// check is what a plate of n priors can be refused for.
func (f Prior) check(n int) string {
	size := f.Family.Len()
	if len(f.Eta) != size && len(f.Eta) != n*size {
		return "got a number of parameters that is neither that of one factor nor of all"
	}
	_, logits := f.Family.(expfam.Categorical)
	for i := range len(f.Eta) / size {
		if err := f.density(f.at(i), logits); err != "" {
			return err
		}
	}
	return ""
}

// density says why η are no parameters of a density, or no parameters at all.
func (f Prior) density(eta []float64, logits bool) string {
	possible := !logits
	for _, v := range eta {
		if math.IsNaN(v) || math.IsInf(v, 1) || math.IsInf(v, -1) && !logits {
			return "got a parameter that is no number"
		}
		possible = possible || !math.IsInf(v, -1)
	}
	if !possible {
		return "got a probability of 0 for all classes"
	}
	if _, err := logNormaliser(f.Family, eta); err != nil && !f.Raw {
		return err.Error()
	}
	return ""
}

// logNormaliser is A(η); a categorical family may have logits of −∞.
func logNormaliser(f expfam.Family, eta []float64) (float64, error) {
	if _, logits := f.(expfam.Categorical); logits {
		return logSum(eta), nil
	}
	return f.Expect(nil, eta)
}

// shift is −α A(η), or 0 where it is left out.
func (f Prior) shift(eta []float64, alpha float64) float64 {
	if f.Raw {
		return 0
	}
	a, err := logNormaliser(f.Family, eta)
	if err != nil {
		return math.NaN()
	}
	return -alpha * a
}

// Average implements Averager: the message is η.
func (f Prior) Average(to []float64, _ int, s *Site) { copy(to, f.at(s.I)) }

// Energy implements Averager: η·⟨u⟩ − A(η).
func (f Prior) Energy(s *Site) float64 {
	eta := f.at(s.I)
	e := f.shift(eta, 1)
	for k, u := range s.In[0].U {
		if u != 0 {
			e += eta[k] * u
		}
	}
	return e
}

// Powers implements Powered.
func (Prior) Powers() bool { return true }

// Send implements Sender: the message is αη.
func (f Prior) Send(to []float64, _ int, s *Site) error {
	for k, v := range f.at(s.I) {
		to[k] = s.Alpha * v
	}
	return nil
}

// SendMax implements Maximiser.
func (f Prior) SendMax(to []float64, slot int, s *Site) error { return f.Send(to, slot, s) }

// LogZ implements Sender: A(η_x + αη) − αA(η).
func (f Prior) LogZ(s *Site) (float64, error) {
	eta, sum := f.at(s.I), make([]float64, f.Family.Len())
	if x := s.In[0].Value; x != nil {
		if err := f.Family.Stats(sum, x); err != nil {
			return 0, err
		}
		return s.Alpha*dot(eta, sum) + f.shift(eta, s.Alpha), nil
	}
	for k, v := range s.In[0].Eta {
		sum[k] = v + s.Alpha*eta[k]
	}
	a, err := logNormaliser(f.Family, sum)
	return a + f.shift(eta, s.Alpha), err
}

// dot is x·y, where 0·∞ = 0.
func dot(x, y []float64) (sum float64) {
	for i, v := range x {
		if v != 0 && y[i] != 0 {
			sum += v * y[i]
		}
	}
	return sum
}

// logSum is ln Σ eˣ.
func logSum(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	if math.IsInf(top, 0) {
		return top
	}
	sum := 0.
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}
