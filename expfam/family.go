package expfam

import (
	"errors"
	"fmt"
	"math"
)

// ErrParameters is what the errors of natural parameters outside a family's domain wrap.
var ErrParameters = errors.New("expfam: natural parameters")

// Family is an exponential family with constant base measure.
type Family interface {
	// Name is the field's word for the family.
	Name() string
	// Len is the length of η and u.
	Len() int
	// Expect returns A(η) and sets u, unless it is nil, to ⟨u⟩ = ∇A(η). Natural parameters
	// outside the domain are an error that wraps ErrParameters.
	Expect(u, eta []float64) (logNormaliser float64, err error)
	// Stats sets u to u(x). A value x that the family cannot take is an error.
	Stats(u, x []float64) error
}

// Entropy is H[p] = A(η) − η·⟨u⟩.
func Entropy(f Family, eta []float64) (float64, error) {
	u := make([]float64, f.Len())
	a, err := f.Expect(u, eta)
	if err != nil {
		return 0, err
	}
	return a - inner(eta, u), nil
}

// KL is KL(q ‖ p) = (η_q − η_p)·⟨u⟩_q − A(η_q) + A(η_p).
func KL(f Family, q, p []float64) (float64, error) {
	u := make([]float64, f.Len())
	aq, err := f.Expect(u, q)
	if err != nil {
		return 0, err
	}
	ap, err := f.Expect(nil, p)
	if err != nil {
		return 0, err
	}
	kl := ap - aq
	for i, v := range u {
		kl += (q[i] - p[i]) * v
	}
	return kl, nil
}

// LogProb is ln p(x | η) = η·u(x) − A(η).
func LogProb(f Family, eta, x []float64) (float64, error) {
	u := make([]float64, f.Len())
	if err := f.Stats(u, x); err != nil {
		return 0, err
	}
	return CrossLogProb(f, eta, u)
}

// CrossLogProb is E ln p(x | η) = η·⟨u⟩ − A(η) for any law of x with expected statistics u.
func CrossLogProb(f Family, eta, u []float64) (float64, error) {
	a, err := f.Expect(nil, eta)
	if err != nil {
		return 0, err
	}
	return inner(eta, u) - a, nil
}

// Point is the law of a value that is known: ⟨u⟩ = u(x). Its entropy counts as 0, so that a
// point's part of a bound is ln p(x).
type Point struct {
	Of    Family    // whose statistics are taken
	Value []float64 // x
}

// Expect sets u to u(x) and returns 0.
func (p Point) Expect(u []float64) (float64, error) { return 0, p.Of.Stats(u, p.Value) }

// inner is x·y.
func inner(x, y []float64) (s float64) {
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

// bad is the error of parameters outside the domain.
func bad(f Family, format string, args ...any) error {
	return fmt.Errorf("%w of %s: %s", ErrParameters, f.Name(), fmt.Sprintf(format, args...))
}

// sized checks a length and that all values are finite.
func sized(f Family, eta []float64) error {
	if len(eta) != f.Len() {
		return bad(f, "got %d values, want %d", len(eta), f.Len())
	}
	for i, v := range eta {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return bad(f, "value %d: got %v, want a finite number", i, v)
		}
	}
	return nil
}

// value is the error of an x that the family cannot take.
func value(f Family, x []float64, want string) error {
	return fmt.Errorf("expfam: value of %s: got %v, want %s", f.Name(), x, want)
}

// put copies the values to u unless it is nil.
func put(u []float64, values ...float64) {
	if u != nil {
		copy(u, values)
	}
}
